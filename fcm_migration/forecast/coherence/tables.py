"""The table of coherent forecasts."""

from __future__ import annotations

from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.scores import INTERVAL_LEVELS
from fcm_migration.forecast.tables import HORIZON, QUANTILES

KINDS = ("whole", "part", "remainder")
DIMENSIONS = ("destination_iso3", "origin_iso3", "route", "place", "population_group")


ENDS = tuple(
    Column(
        f"{end}_{percent}",
        "integer",
        f"{end.capitalize()} end of the {percent} % interval.",
        unit="see unit",
        minimum=0,
    )
    for percent in INTERVAL_LEVELS
    for end in ("lower", "upper")
)
COHERENT = Table(
    "forecast",
    "coherent",
    "Point forecasts that add up exactly, from parts to totals, with intervals.",
    "sum (whole_id by dimension), member of the sum and period ahead",
    (
        Column(
            "hierarchy",
            "string",
            "Source, indicator and frequency whose series are made to add up; the topmost series "
            "where these have several hierarchies.",
        ),
        Column("whole_id", "string", "Series (series_id) that the members of this sum add up to."),
        Column(
            "dimension",
            "string",
            "What the whole is broken down by; one whole may be broken down by several.",
            allowed=DIMENSIONS,
        ),
        Column(
            "node_id",
            "string",
            "Member of the sum: a series_id, or for the remainder whole_id/remainder/dimension.",
        ),
        Column(
            "node_kind",
            "string",
            "whole: whole_id itself; part: a series it contains; remainder: what it counts beyond "
            "its forecast parts (withheld, rounded away or without a series), never the count of "
            "any origin, route, place or group.",
            allowed=KINDS,
        ),
        QUANTILES.column("origin_date"),
        HORIZON,
        QUANTILES.column("target_period"),
        Column(
            "base_value",
            "integer",
            "Median published in forecast.quantiles; of a remainder, its mean of the last quarter.",
            unit="see unit",
            minimum=0,
        ),
        Column(
            "value",
            "integer",
            "Coherent point forecast: parts and remainder sum to the whole, and a series has one "
            "value wherever it stands.",
            unit="see unit",
            minimum=0,
        ),
        *ENDS,
        Column(
            "is_shown",
            "boolean",
            "True where the forecast of the whole is shown (see forecast.not_shown); keep only "
            "these rows for forecasts. All parts of a sum stay in, so that they add up, also a "
            "part whose own forecast is not shown.",
        ),
    ),
    ("whole_id", "dimension", "node_id", "horizon"),
    caveats=(
        "Includes sums of series that ended years ago; is_shown leaves them out.",
        "Only value adds up. Ends of intervals do not and must not: a quantile of a sum is not the "
        "sum of quantiles.",
        "A whole stands beside its parts, once for each dimension it is broken down by: sum within "
        "one dimension and one node_kind.",
        "forecast.quantiles holds the forecasts of each series alone, which do not add up.",
    ),
)

TABLES = (COHERENT,)
