"""The tables of year totals: what a year will come to, and how good such totals were."""

from __future__ import annotations

from fcm_migration.catalog.columns import AS_OF, INDICATOR, SERIES_ID, SOURCE_ID, UNIT
from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.scores import COVERAGE_COLUMNS, INTERVAL_LEVELS
from fcm_migration.forecast.tables import ORIGIN_DATE
from fcm_migration.forecast.year_totals.settings import CALENDAR, FISCAL

PUBLISHED, INDEPENDENT, RATIO = "published", "independent_months", "last_year_ratio"
ALL_SERIES = "all"
YEAR_KIND = Column(
    "year_kind",
    "string",
    "calendar: January to December; us_fiscal: October to September, named by the calendar year "
    "in which it ends.",
    allowed=(CALENDAR, FISCAL),
)

YEAR_TOTALS = Table(
    "forecast",
    "year_totals",
    "What a year will come to, given what is counted of it: quantiles of its total.",
    "series, kind of year and quantile",
    (
        SERIES_ID,
        YEAR_KIND,
        SOURCE_ID,
        INDICATOR,
        UNIT,
        Column("total_year", "integer", "The year, by its name.", minimum=1990, maximum=2100),
        Column("first_month_date", "date", "First day of the first month of the year."),
        Column("last_month_date", "date", "First day of the last month of the year."),
        ORIGIN_DATE,
        Column(
            "months_counted",
            "integer",
            "Complete months of the year that are published.",
            unit="months",
            minimum=0,
            maximum=11,
        ),
        Column(
            "counted_so_far",
            "integer",
            "What is published of the year, days of the running month included.",
            unit="see unit",
            minimum=0,
        ),
        Column(
            "counted_to_date", "date", "Last day counted; null where nothing is.", nullable=True
        ),
        Column(
            "previous_total",
            "integer",
            "Total of the year before; null where a month of it is not known.",
            unit="see unit",
            nullable=True,
            minimum=0,
        ),
        Column(
            "previous_so_far",
            "integer",
            "The same complete months of the year before; null likewise.",
            unit="see unit",
            nullable=True,
            minimum=0,
        ),
        Column("has_nowcast", "boolean", "True where the running month is that of the nowcast."),
        Column("quantile", "number", "Probability level.", minimum=0, maximum=1),
        Column(
            "value",
            "integer",
            "Quantile of the total of the whole year, in the unit of this row.",
            unit="see unit",
            minimum=0,
        ),
        AS_OF,
    ),
    ("series_id", "year_kind", "quantile"),
    caveats=(
        "A forecast, never a figure of the publisher. forecast.year_total_scores says how good.",
        "The months to come are those of forecast.published; how they move together is learnt "
        "from past errors. Do not add up the ends of monthly intervals: that gives an interval "
        "that is too wide.",
        "Extrapolations of the published past: they know nothing of policy to come.",
    ),
    period="first_month_date",
)

YEAR_TOTAL_SCORES = Table(
    "forecast",
    "year_total_scores",
    "How good totals of a year were at past origins, by how many months remained.",
    "series or all together, kind of year, months remaining and method",
    (
        Column(
            "scored_series",
            "string",
            "Identity of the series, or all: every series of this kind of year together.",
        ),
        YEAR_KIND,
        Column("months_from", "integer", "Fewest months remaining.", "months", minimum=1),
        Column("months_to", "integer", "Most months remaining.", "months", maximum=12),
        Column(
            "total_method",
            "string",
            "published: as forecast.year_totals is made; independent_months: the same without "
            "correlation of months; last_year_ratio: counted so far times last year's total over "
            "what was counted by then, its spread from its own errors in earlier years.",
            allowed=(PUBLISHED, INDEPENDENT, RATIO),
        ),
        Column("cases", "integer", "Totals scored.", unit="cases", minimum=1),
        Column("first_origin_date", "date", "First origin scored."),
        Column("last_origin_date", "date", "Last origin scored."),
        Column(
            "wis",
            "number",
            "Mean weighted interval score (50, 80, 95%), in the unit of the series; null for all.",
            unit="see index",
            nullable=True,
        ),
        Column("log_wis", "number", "The same of log(1 + total)."),
        Column(
            "relative_log_wis",
            "number",
            "log_wis divided by that of last_year_ratio on the same cases; below 1 is better.",
            nullable=True,
        ),
        *(
            Column(name, "number", f"Share of totals inside the {percent} % interval.", "share")
            for name, percent in zip(COVERAGE_COLUMNS, INTERVAL_LEVELS, strict=True)
        ),
    ),
    ("scored_series", "year_kind", "months_from", "months_to", "total_method"),
    caveats=(
        "Each origin is the end of a month: no nowcast of a running month takes part.",
        "The past is today's release, not the release of each origin.",
        "A year's cases share its course: a few years are few independent cases.",
    ),
)

TABLES = (YEAR_TOTALS, YEAR_TOTAL_SCORES)
