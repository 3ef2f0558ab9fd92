"""The nowcast tables: totals of periods begun or not yet published, and how good they were."""

from __future__ import annotations

from fcm_migration.catalog.columns import (
    AS_OF,
    FREQUENCY,
    INDICATOR,
    SERIES_ID,
    SOURCE_ID,
    UNIT,
)
from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.scores import COVERAGE_COLUMNS, INTERVAL_LEVELS

MONTH_TASK = "uk_small_boats_month"
WEEK_TASK = "uk_small_boats_week"
HALF_TASK = "unhcr_year_from_half"
UNPUBLISHED_TASK = "not_yet_published"
# sources that nowcasts read beside the marts
SMALL_BOATS = "uk_small_boats"
SMALL_BOATS_PAGE = "uk_small_boats_daily_page"
APPLICATIONS = "unhcr_asylum_applications"
TASKS = (MONTH_TASK, WEEK_TASK, HALF_TASK, UNPUBLISHED_TASK)

# Each method explained in a sentence, published beside every figure made by it.
METHODS = {
    "pro_rata": "Counted so far, and the days to come at the mean pace of the period's own days; "
    "spread from what followed like days in past years.",
    "last_28_days": "Counted so far, and the days to come at the mean pace of the last 28 days; "
    "spread from what followed like days in past years.",
    "last_56_days": "Counted so far, and the days to come at the mean pace of the last 56 days; "
    "spread from what followed like days in past years.",
    "last_year": "Counted so far, and the days to come at the pace of the same days a year ago, "
    "ten days more on either side; spread from what followed like days in past years.",
    "last_56_days_and_last_year": "Counted so far, and the days to come at the geometric mean of "
    "the pace of the last 56 days and that of the same days a year ago; spread from what followed "
    "like days in past years.",
    "twice_half": "Twice the half-year; spread from how whole years stood to their half-years in "
    "earlier releases, by size, all countries of asylum pooled, their median taken out.",
    "learnt_ratio": "The half-year times how whole years stood to their half-years in earlier "
    "releases, by size, all countries of asylum pooled.",
    "last_year_total": "The year before as a whole; where it has none, twice the half-year.",
    "published_forecast": "The published forecast of forecast.quantiles for a period that is over "
    "but has no complete figure yet; no other model. Not below what is counted.",
}
PUBLISHED = "published"
TASK = Column(
    "nowcast_task",
    "string",
    "uk_small_boats_month, uk_small_boats_week: the running month or week out of the days "
    "published so far; unhcr_year_from_half: the whole year out of January to June; "
    "not_yet_published: a period that is over and has no complete figure yet.",
    allowed=TASKS,
)
METHOD = Column(
    "nowcast_method",
    "string",
    "Short name of the method; words has it in a sentence. published, in the scores, is the "
    "method that would have been chosen then.",
    allowed=(*METHODS, PUBLISHED),
)

NOWCAST = Table(
    "forecast",
    "nowcast",
    "Quantiles of totals of periods begun, half reported, or over and not yet published.",
    "series, period and quantile",
    (
        SERIES_ID,
        TASK,
        SOURCE_ID,
        INDICATOR,
        UNIT,
        FREQUENCY,
        Column("target_period", "date", "First day of the period whose total is meant."),
        Column("quantile", "number", "Probability level.", minimum=0, maximum=1),
        Column(
            "value",
            "integer",
            "Quantile of the whole period's total, in the unit of this row.",
            unit="see unit",
            minimum=0,
        ),
        Column(
            "counted_so_far",
            "integer",
            "What is published of the period; null where nothing is.",
            unit="see unit",
            nullable=True,
            minimum=0,
        ),
        Column(
            "counted_to_date",
            "date",
            "Last day of the period that is published; null where not known or none is.",
            nullable=True,
        ),
        Column(
            "share_covered",
            "number",
            "Days of the period published, as a share of its days; null where not known.",
            unit="share",
            nullable=True,
            minimum=0,
            maximum=1,
        ),
        METHOD,
        Column("words", "string", "The method, in a sentence."),
        Column(
            "scored_stage",
            "string",
            "Stage of forecast.nowcast_scores under which such nowcasts are scored; null for "
            "not_yet_published.",
            nullable=True,
        ),
        AS_OF,
    ),
    ("series_id", "target_period", "quantile"),
    caveats=(
        "An estimate, never a figure of the publisher; forecast.nowcast_scores says how good.",
        "Crossings depend on weather and days without any are common: intervals of a month are "
        "wide until its last days.",
        "not_yet_published is scored in forecast.scores, being its forecasts.",
    ),
    period="target_period",
)

NOWCAST_SCORES = Table(
    "forecast",
    "nowcast_scores",
    "How good nowcasts were, by how much of the period was known, against simple rules.",
    "task, indicator, stage, method and kind of past",
    (
        TASK,
        INDICATOR,
        UNIT,
        Column("stage", "string", "How much was known, and of what."),
        METHOD,
        Column(
            "vintage_basis",
            "string",
            "real releases: each case saw what a publisher's release held then; today's release "
            "cut: the newest release, cut at each day.",
            allowed=("real releases", "today's release cut"),
        ),
        Column("vintages", "string", "The releases used, in words."),
        Column("cases", "integer", "Nowcasts scored.", unit="cases", minimum=1),
        Column("first_target_period", "date", "First period scored."),
        Column("last_target_period", "date", "Last period scored."),
        Column("wis", "number", "Mean weighted interval score (50, 80, 95%).", unit="see index"),
        Column(
            "relative_wis",
            "number",
            "Mean WIS divided by the simple rule's (pro_rata; twice_half); below 1 is better; "
            "null where that made no error.",
            nullable=True,
        ),
        Column(
            "relative_log_wis",
            "number",
            "The same on log(1 + count), so that large figures do not decide alone.",
            nullable=True,
        ),
        *(
            Column(name, "number", f"Share of targets inside the {percent}% interval.", "share")
            for name, percent in zip(COVERAGE_COLUMNS, INTERVAL_LEVELS, strict=True)
        ),
        Column(
            "is_published", "boolean", "True for the method chosen now at this stage of its task."
        ),
    ),
    ("nowcast_task", "indicator", "stage", "nowcast_method", "vintage_basis"),
    caveats=(
        "The simple rules have intervals calibrated alike; with none their scores would be worse.",
        "A mean of few figures may stand on one of them: see cases.",
    ),
)

CORRIDOR, TOTAL = "corridor", "destination_total"
OFFSET = 5  # persons; UNHCR rounds small counts to 5
RATIOS = Table(
    "meta",
    "unhcr_half_year_ratios",
    "How whole years stood to their half-years in UNHCR's releases.",
    "year, scope, size band and probability",
    (
        Column("figures_year", "integer", "The year counted.", minimum=2000, maximum=2100),
        Column(
            "scope",
            "string",
            "corridor: one origin into one country of asylum; destination_total: all origins.",
            allowed=(CORRIDOR, TOTAL),
        ),
        Column("half_from", "integer", "Smallest half-year of the band.", "persons", minimum=1),
        Column("probability", "number", "Probability level.", minimum=0, maximum=1),
        Column("pairs", "integer", "Corridors or countries learnt from.", "pairs", minimum=1),
        Column("log_ratio", "number", f"Quantile of log((whole + {OFFSET}) / (half + {OFFSET}))."),
        Column("half_release_date", "date", "Release that held January to June."),
        Column("whole_release_date", "date", "First release that held the whole year."),
    ),
    ("figures_year", "scope", "half_from", "probability"),
)

TABLES = (NOWCAST, NOWCAST_SCORES)
# Reviewed reference files: what UNHCR's earlier releases showed, for homes that hold one release.
RATIOS_FILE = "unhcr_half_year_ratios.csv"
SCORES_FILE = "unhcr_half_year_scores.csv"
REFERENCE_FILES = {RATIOS_FILE: RATIOS, SCORES_FILE: NOWCAST_SCORES}
