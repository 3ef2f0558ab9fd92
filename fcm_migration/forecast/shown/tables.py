"""The table of series whose forecast is not shown."""

from __future__ import annotations

from fcm_migration.catalog.columns import FREQUENCY, SERIES_ID, SOURCE_ID
from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.tables import ORIGIN_DATE

NOT_SHOWN = Table(
    "forecast",
    "not_shown",
    "Series whose forecast is not shown, because the last figure is too old, with the reason.",
    "series",
    (
        SERIES_ID,
        SOURCE_ID,
        FREQUENCY,
        ORIGIN_DATE,
        Column("last_figure_date", "date", "Last day of the last observed period."),
        Column("newest_release_date", "date", "Day of the newest release of its source."),
        Column(
            "age_months",
            "integer",
            "Whole calendar months between last_figure_date and newest_release_date.",
            unit="months",
            minimum=0,
        ),
        Column(
            "most_months",
            "integer",
            "Largest age_months at which forecasts of series of this frequency are shown.",
            unit="months",
            minimum=0,
        ),
        Column("reason", "string", "Why it is not shown, in words."),
    ),
    ("series_id",),
    caveats=(
        "These series stay in forecast.quantiles and in all pools, fits and scores; only "
        "forecast.published leaves them out.",
    ),
)

TABLES = (NOT_SHOWN,)
