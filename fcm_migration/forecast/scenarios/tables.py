"""The scenario tables: forecasts as they would be under a declared what-if, and what each moved.

What is assumed stands in ``meta.scenarios``; the forecasts themselves in ``forecast.quantiles``.
"""

from __future__ import annotations

from fcm_migration.catalog.columns import SERIES_ID
from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.tables import HORIZON
from fcm_migration.marts.reviewed import SCENARIO_ID

ROLES = ("acts", "receives", "contains")
OUTCOMES = (
    "applied",
    "no series",
    "no forecast",
    "no receiver",
    "no level to hold",
    "parts overlap",
)

SCENARIO_FORECASTS = Table(
    "forecast",
    "scenarios",
    "What the published forecast would be under each declared scenario, beside the forecast.",
    "scenario, series, period ahead and quantile",
    (
        SCENARIO_ID,
        SERIES_ID,
        Column(
            "scenario_role",
            "string",
            "acts: the scenario names the series; receives: what is displaced appears here; "
            "contains: a total that changes with its parts.",
            allowed=ROLES,
        ),
        HORIZON,
        Column("target_period", "date", "First day of the month forecast."),
        Column("quantile", "number", "Probability level.", minimum=0, maximum=1),
        Column(
            "baseline_value",
            "integer",
            "Published forecast quantile, in the unit of mart.series_index.",
            unit="see unit",
            minimum=0,
        ),
        Column(
            "scenario_value",
            "integer",
            "The same quantile if the scenario came true, on the publisher's rounding grid.",
            unit="see unit",
            minimum=0,
        ),
    ),
    ("scenario_id", "series_id", "horizon", "quantile"),
    caveats=(
        "Not a forecast: nothing says how likely a scenario is. Assumptions: meta.scenarios.",
        "Series that are part of what moves but cut another way (families, sectors) are not moved.",
    ),
)

SCENARIO_MATCHES = Table(
    "meta",
    "scenario_matches",
    "Whether each scenario found the series it names, and what it moved.",
    "scenario",
    (
        SCENARIO_ID,
        Column(
            "scenario_outcome",
            "string",
            "applied, or why not: no series of that name, none of them with a forecast that is "
            "shown (see forecast.not_shown), none to receive "
            "what is displaced, no figure of a year before to hold, parts that overlap in a total.",
            allowed=OUTCOMES,
        ),
        Column("acting_series", "integer", "Series moved as named.", "series", minimum=0),
        Column("receiving_series", "integer", "Series that receive.", "series", minimum=0),
        Column("containing_series", "integer", "Totals moved along.", "series", minimum=0),
        Column(
            "series_without_forecast",
            "integer",
            "Series named by the scenario that have no forecast, or one that is not shown.",
            unit="series",
            minimum=0,
        ),
    ),
    ("scenario_id",),
)

TABLES = (SCENARIO_FORECASTS, SCENARIO_MATCHES)
