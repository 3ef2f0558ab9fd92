"""The views a newcomer sees first: in the default schema, named for the question they answer.

Each row says which country by name, what is counted, in which unit, how old the figure is, and
which source and release it is from. Codes stand beside the names, to join with the other schemas.
Columns are described in :data:`Entry.columns`, in the order of the view.
"""

from __future__ import annotations

from fcm_migration.publish.change_views import CHANGES_ENTRY
from fcm_migration.publish.entry import (
    AGE,
    AS_OF,
    CODES,
    DESTINATION,
    DESTINATION_CODE,
    FREQUENCY,
    FROM,
    INDICATOR,
    ORIGIN,
    ORIGIN_CODE,
    ROUTE,
    SCHEMA,
    SERIES,
    SOURCE,
    UNIT,
    WHO,
    Entry,
)
from fcm_migration.publish.entry_sql import (
    CORRIDORS,
    EMERGING,
    FORECASTS,
    NEWEST,
    NOWCASTS,
    POLICIES,
    SOURCES,
    YEARS,
)
from fcm_migration.publish.place_views import PER
from fcm_migration.publish.recognition import RECOGNITION_ENTRY

__all__ = [
    "AGE",
    "AS_OF",
    "DESTINATION",
    "DESTINATION_CODE",
    "ENTRIES",
    "FREQUENCY",
    "ORIGIN",
    "ORIGIN_CODE",
    "SCHEMA",
    "SERIES",
    "SOURCE",
    "UNIT",
    "Entry",
]

_RATE = f"The same for every {PER:,} inhabitants; only of persons in a whole year."
_INTERVAL = {
    "median": "Half of such forecasts are meant to lie below the figure.",
    "lower_80": "Lower end of the interval that is meant to hold 8 figures in 10.",
    "upper_80": "Upper end of the interval that is meant to hold 8 figures in 10.",
}

ENTRIES = (
    Entry(
        "newest_figures",
        "What is the newest complete figure of each kind in each of the five countries, and how "
        "old is it? One row for each country and indicator, all origins together. Different "
        "indicators count different things and must not be added or ranked. Rates of one "
        "indicator may be compared where countries count alike: brief.not_compared and "
        "meta.indicators say where they do not.",
        {
            "destination": DESTINATION,
            "what_is_counted": INDICATOR,
            "value": "The figure.",
            "unit": UNIT,
            "period_start": "First day of the period.",
            "frequency": FREQUENCY,
            "age_months": AGE,
            "per_100k_inhabitants": _RATE,
            "rounding": "The publisher rounds to multiples of this; 1 is exact.",
            **FROM,
            "destination_iso3": DESTINATION_CODE,
            "indicator": "Code of what is counted.",
        },
        NEWEST,
    ),
    Entry(
        "year_to_date",
        "How does the calendar year so far compare with the same months of the year before? One "
        "row for each country and indicator published by month, up to the last complete month.",
        {
            "destination": DESTINATION,
            "what_is_counted": INDICATOR,
            "year": "Calendar year of the last complete month.",
            "value": "Sum of its months from January to last_month.",
            "value_year_before": "Sum of the same months of the year before; null where one is "
            "missing, or the figures were counted in another way (meta.series_breaks).",
            "change_pct": "Change on the year before, in per cent.",
            "unit": UNIT,
            "months_counted": "Months added up.",
            "last_month": "First day of the last complete month.",
            "age_months": AGE,
            **FROM,
            "destination_iso3": DESTINATION_CODE,
            "indicator": "Code of what is counted.",
        },
        YEARS,
    ),
    Entry(
        "whats_emerging",
        "What stands out in the newest figures, the weightiest first? One row an episode of the "
        "five countries, headlined alerts only. Rows older than a year come last: they are the "
        "newest their source has, not news.",
        {
            "headline": "The alert in one or two sentences.",
            "weight": "Order for a reader: the score times the logarithm of the size of the "
            "movement; see trend.current.",
            "destination": DESTINATION,
            "origin": ORIGIN,
            "direction": "surge or drop.",
            "tier": "strong, or alert for those less certain.",
            "period": "First day of the period.",
            "frequency": FREQUENCY,
            "age_months": AGE,
            "observed": "The figure.",
            "mean_of_year_before": "Mean of the periods of the year before.",
            "unit": UNIT,
            "is_provisional": "True while the publisher usually still revises such a figure.",
            "newer_period": "First day of a newer period with a figure, mostly incomplete.",
            "newer_value": "Its figure.",
            "newer_is_partial": "True where that period is not complete.",
            **FROM,
            **CODES,
            "series_id": SERIES,
            "alert_id": "Key of trend.alerts, which explains the alert.",
        },
        EMERGING,
    ),
    Entry(
        "forecasts",
        "What may the next months, quarters or years bring, and how far can that be trusted? One "
        "row a series and period of the five countries, totals first. Periods that are over "
        "(target_is_over) come last: the source has not been refreshed since.",
        {
            **WHO,
            "target_period": "First day of the period forecast.",
            "frequency": FREQUENCY,
            **_INTERVAL,
            "lower_50": "Lower end of the interval meant to hold every second figure.",
            "upper_50": "Upper end of the interval meant to hold every second figure.",
            "lower_95": "Lower end of the interval meant to hold 19 figures in 20.",
            "upper_95": "Upper end of the interval meant to hold 19 figures in 20.",
            "unit": UNIT,
            "last_period": "First day of the last complete period known.",
            "last_value": "Its figure.",
            "age_months": AGE,
            "target_is_over": "True where the period forecast was over when the edition was made.",
            "held_8_in_10": "Share of past forecasts of this kind whose 8-in-10 interval held the "
            "figure; near 0.8 is right.",
            "scored_forecasts": "How many past forecasts that share rests on.",
            "beats_benchmark": "True where past forecasts were better than the simplest method.",
            "words": "The row in sentences.",
            **FROM,
            **ROUTE,
            "place": "Place in the publisher's words; all for all together.",
            "population_group": "Group of people; all for all together.",
            **CODES,
            "series_id": SERIES,
        },
        FORECASTS,
    ),
    Entry(
        "nowcasts",
        "What will the period come to that is running, or is over but not published yet? One row "
        "a series and period of the five countries; those that are partly counted first.",
        {
            **WHO,
            "target_period": "First day of the period.",
            "frequency": FREQUENCY,
            **_INTERVAL,
            "unit": UNIT,
            "counted_so_far": "What is counted of the period already; null where nothing is.",
            "counted_to_date": "Last day counted.",
            "covered_pct": "Share of the period that is counted, in per cent.",
            "age_months": "Whole months from the end of the last complete period to the day the "
            "edition was made.",
            "words": "How the nowcast was made.",
            **FROM,
            **ROUTE,
            **CODES,
            "series_id": SERIES,
        },
        NOWCASTS,
    ),
    Entry(
        "policy_effects",
        "What followed a policy, and can it be told from what happens by itself? One row a policy, "
        "series and window. Only the verdict identified says that the change stands out from "
        "placebo dates; it does not say that the policy alone caused it.",
        {
            "policy_date": "Day the policy began.",
            **WHO,
            "verdict": "identified, none found, not identified or not testable.",
            "change_pct": "Change beyond what was expected, in per cent.",
            "change_lower_pct": "Lower end of its 95% interval.",
            "change_upper_pct": "Upper end of its 95% interval.",
            "observed_mean": "Mean of the periods after the policy.",
            "expected_mean": "Mean expected, had nothing moved.",
            "unit": UNIT,
            "periods_after": "Periods after the policy that are judged.",
            "frequency": FREQUENCY,
            "p_value": "Share of placebo dates with a change as large, either way.",
            "placebos_as_large": "Placebo dates with a change as large.",
            "placebos": "Placebo dates tried.",
            "age_months": AGE,
            "explanation": "The finding in sentences.",
            **FROM,
            **ROUTE,
            **CODES,
            "policy_id": "Key of meta.policy_events, which describes the policy and its evidence.",
            "series_id": SERIES,
        },
        POLICIES,
    ),
    Entry(
        "corridors",
        "Where do most people come from, and what has changed in a year? One row an origin and "
        "destination of each source, the largest first, with the forecast of the next period.",
        {
            **WHO,
            "last_12_months": "Figure of the last twelve months known.",
            "twelve_months_before": "Figure of the twelve months before them.",
            "unit": UNIT,
            "change_pct": "Change between the two, in per cent.",
            "share_of_destination_pct": "Share of all origins into the destination, in per cent.",
            "rank_level": "Rank by the last twelve months within source and route.",
            "window_end": "First day of the last period of the twelve months.",
            "age_months": AGE,
            "next_period": "First day of the next period.",
            "next_median": "Forecast of the next period: median.",
            "next_lower_80": "Lower end of its 8-in-10 interval.",
            "next_upper_80": "Upper end of its 8-in-10 interval.",
            "unknown_periods": "Periods of the last twelve months without a known figure: the sum "
            "is then too low.",
            **FROM,
            **ROUTE,
            **CODES,
            "series_id": SERIES,
        },
        CORRIDORS,
    ),
    RECOGNITION_ENTRY,
    CHANGES_ENTRY,
    Entry(
        "sources",
        "Which sources are there, how fresh is each, and under which licence? One row a source.",
        {
            "source_id": "Name of the source in every table.",
            "title": "What it holds.",
            "publisher": "Who publishes it.",
            "as_of_date": "Day of the newest release held; null where none was obtained.",
            "obtained": "How the release came: download, inbox (by hand) or bundled.",
            "newest_period_end": "Last day of the newest complete period.",
            "freshness": "fresh, stale, discontinued or never obtained.",
            "freshness_words": "The same in a sentence.",
            "age_days": "Days from the newest period's end to the day the edition was made.",
            "failed_expectations": "Warnings of the checks on its tables.",
            "licence_title": "Licence of the figures.",
            "attribution": "How to cite it.",
            "landing_url": "Page of the publisher.",
        },
        SOURCES,
    ),
)
