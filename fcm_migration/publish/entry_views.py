"""The views a newcomer sees first: in the default schema, named for the question they answer.

Each row says which country by name, what is counted, in which unit, how old the figure is, and
which source and release it is from. Codes stand beside the names, to join with the other schemas.
Columns are described in :data:`Entry.columns`, in the order of the view.
"""

# ruff: noqa: S608  (every piece is a constant of this module or of the catalogue)
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.derive import quote_literal
from fcm_migration.publish.days import EDITION_DAY, last_day, period_length
from fcm_migration.publish.place_views import PER

SCHEMA = "main"
OF_THE_FIVE = ", ".join(quote_literal(code) for code in FIVE)


@dataclass(frozen=True)
class Entry:
    """A view of the default schema.

    Attributes:
        name: its name.
        comment: the question it answers, and what must be known to read it.
        columns: what each column says, by name, in order.
        sql: its SELECT, written by us and never made from data.
    """

    name: str
    comment: str
    columns: Mapping[str, str]
    sql: str


def age(start: str, frequency: str) -> str:
    """Return the SQL of the whole months from a period's end to the day of the edition."""
    return f"date_sub('month', {last_day(start, period_length(frequency))}, {EDITION_DAY})"


DESTINATION = "Country people come to, in common English."
ORIGIN = "Country people come from, in common English; all origins together where it says so."
DESTINATION_CODE = "ISO 3166-1 alpha-3 code of the country people come to."
ORIGIN_CODE = "ISO 3166-1 alpha-3 code of the country people come from; total for all together."
INDICATOR = "What is counted; meta.indicators defines each."
UNIT = "Persons, events or cases: never add or compare figures of different units."
AGE = "Whole months from the end of the period to the day the edition was made."
SOURCE = "Source of the figure; the view sources describes it."
AS_OF = "Day of the release the figure is from."
FREQUENCY = "M month, Q quarter, A year."
SERIES = "Key of the series, to join with mart.series, forecast.quantiles and trend.alerts."

_NEWEST = f"""
        SELECT t.destination_name AS destination, i.title AS what_is_counted, t.value, t.unit,
               t.period_start, t.frequency, {age("t.period_start", "t.frequency")} AS age_months,
               p.per_100k_inhabitants, t.rounding, t.source_id, t.as_of_date,
               t.destination_iso3, t.indicator
        FROM mart.totals_named t
        CROSS JOIN meta.edition e
        JOIN meta.indicators i USING (indicator)
        LEFT JOIN mart.totals_per_100k p ON p.indicator = t.indicator
            AND p.destination_iso3 = t.destination_iso3 AND p.made_of = t.frequency
            AND t.frequency = 'A' AND p.year = year(t.period_start)
        WHERE t.destination_iso3 IN ({OF_THE_FIVE}) AND t.frequency IN ('M', 'Q', 'A')
          AND NOT t.is_partial AND t.value IS NOT NULL
        QUALIFY row_number() OVER (
            PARTITION BY t.destination_iso3, t.indicator
            ORDER BY {last_day("t.period_start", period_length("t.frequency"))} DESC,
                     strpos('MQA', t.frequency)) = 1
        ORDER BY destination, age_months, what_is_counted
"""
_YEARS = f"""
        WITH months AS (
            SELECT destination_iso3, indicator, unit, source_id, as_of_date,
                   year(period_start) AS year, month(period_start) AS month, value,
                   max(period_start) OVER (PARTITION BY destination_iso3, indicator) AS last_month
            FROM mart.totals
            WHERE frequency = 'M' AND NOT is_partial AND value IS NOT NULL
              AND destination_iso3 IN ({OF_THE_FIVE})
        ), years AS (
            SELECT m.destination_iso3, m.indicator, m.unit, m.year, m.last_month,
                   CAST(sum(m.value) AS BIGINT) AS value, count(*) AS months_counted,
                   min(m.source_id) AS source_id, max(m.as_of_date) AS as_of_date
            FROM months m JOIN meta.indicators i USING (indicator)
            WHERE i.kind = 'flow' AND m.month <= month(m.last_month)
            GROUP BY ALL
        )
        SELECT c.country_name AS destination, i.title AS what_is_counted, n.year, n.value,
               b.value AS value_year_before,
               round(100.0 * (n.value - b.value) / nullif(b.value, 0), 1) AS change_pct,
               n.unit, n.months_counted, n.last_month,
               {age("n.last_month", "'M'")} AS age_months,
               n.source_id, n.as_of_date, n.destination_iso3, n.indicator
        FROM years n
        CROSS JOIN meta.edition e
        JOIN meta.indicators i USING (indicator)
        LEFT JOIN years b ON b.destination_iso3 = n.destination_iso3
            AND b.indicator = n.indicator AND b.year = n.year - 1
            AND b.months_counted = n.months_counted
        LEFT JOIN meta.countries c ON c.country_code = n.destination_iso3
        WHERE n.year = year(n.last_month) AND n.months_counted = month(n.last_month)
        ORDER BY destination, age_months, what_is_counted
"""
_EMERGING = """
        SELECT a.headline, a.weight, d.country_name AS destination, o.country_name AS origin,
               a.direction, a.tier, a.period, a.frequency, a.age_months, a.observed,
               a.expected AS mean_of_year_before, a.unit, a.is_provisional, a.newer_period,
               a.newer_value, a.newer_is_partial, a.source_id, i.as_of_date, a.destination_iso3,
               a.origin_iso3, a.indicator, a.series_id, a.alert_id
        FROM (FROM trend.current UNION ALL BY NAME FROM trend.last_known) a
        JOIN mart.series_index i USING (series_id)
        LEFT JOIN meta.countries d ON d.country_code = a.destination_iso3
        LEFT JOIN meta.countries o ON o.country_code = a.origin_iso3
        ORDER BY a.age_months > 12, a.weight DESC, a.alert_id
"""
_FORECASTS = f"""
        SELECT d.country_name AS destination, o.country_name AS origin, i.title AS what_is_counted,
               f.target_period, f.frequency, f.median, f.lower_80, f.upper_80, f.lower_50,
               f.upper_50, f.lower_95, f.upper_95, f.unit, f.last_period, f.last_value,
               f.age_months, f.target_is_over, f.coverage_80 AS held_8_in_10,
               f.scored_forecasts, f.beats_benchmark, f.words, f.source_id, f.as_of_date, f.route,
               f.place, f.population_group, f.destination_iso3, f.origin_iso3, f.indicator,
               f.series_id
        FROM forecast.published f
        JOIN meta.indicators i USING (indicator)
        LEFT JOIN meta.countries d ON d.country_code = f.destination_iso3
        LEFT JOIN meta.countries o ON o.country_code = f.origin_iso3
        WHERE f.destination_iso3 IN ({OF_THE_FIVE})
        ORDER BY f.target_is_over, f.origin_iso3 <> 'total', destination, what_is_counted, origin,
                 f.series_id, f.target_period
"""
_NOWCASTS = f"""
        FROM (
        SELECT d.country_name AS destination, o.country_name AS origin, i.title AS what_is_counted,
               n.target_period, n.frequency,
               max(n.value) FILTER (n.quantile = 0.5) AS median,
               max(n.value) FILTER (n.quantile = 0.1) AS lower_80,
               max(n.value) FILTER (n.quantile = 0.9) AS upper_80, n.unit, n.counted_so_far,
               n.counted_to_date, round(100 * n.share_covered, 0) AS covered_pct,
               {age("s.last_period", "s.frequency")} AS age_months, n.words, n.source_id,
               n.as_of_date, s.route, s.destination_iso3, s.origin_iso3, n.indicator, n.series_id
        FROM forecast.nowcast n
        CROSS JOIN meta.edition e
        JOIN mart.series_index s USING (series_id)
        JOIN meta.indicators i ON i.indicator = n.indicator
        LEFT JOIN meta.countries d ON d.country_code = s.destination_iso3
        LEFT JOIN meta.countries o ON o.country_code = s.origin_iso3
        WHERE s.destination_iso3 IN ({OF_THE_FIVE})
        GROUP BY ALL)
        ORDER BY counted_so_far IS NULL, destination, what_is_counted, origin, series_id,
                 target_period
"""
_POLICIES = f"""
        SELECT p.policy_date, d.country_name AS destination, o.country_name AS origin,
               i.title AS what_is_counted, p.verdict, p.change_pct, p.change_lower_pct,
               p.change_upper_pct, p.observed_mean, p.expected_mean, p.unit, p.periods_after,
               p.frequency, p.p_value, p.placebos_as_large, p.placebos,
               {age("p.effect_last_period", "p.frequency")} AS age_months, p.explanation,
               p.source_id, p.as_of_date, p.route, p.destination_iso3, p.origin_iso3, p.indicator,
               p.policy_id, p.series_id
        FROM trend.policy_effects p
        CROSS JOIN meta.edition e
        JOIN meta.indicators i USING (indicator)
        LEFT JOIN meta.countries d ON d.country_code = p.destination_iso3
        LEFT JOIN meta.countries o ON o.country_code = p.origin_iso3
        ORDER BY p.policy_date DESC, p.policy_id, p.series_id, p.periods_after
"""
_CORRIDORS = f"""
        SELECT d.country_name AS destination, o.country_name AS origin, i.title AS what_is_counted,
               c.level AS last_12_months, c.level_year_before AS twelve_months_before, c.unit,
               CASE WHEN c.level_year_before > 0
                    THEN round(100.0 * (c.level - c.level_year_before) / c.level_year_before, 1)
                    END AS change_pct,
               round(100 * c.destination_share, 1) AS share_of_destination_pct, c.rank_level,
               c.window_end, {age("c.window_end", "c.frequency")} AS age_months, c.next_period,
               c.median AS next_median, c.lower_80 AS next_lower_80, c.upper_80 AS next_upper_80,
               c.unknown_periods, c.source_id, c.as_of_date, c.route, c.destination_iso3,
               c.origin_iso3, c.indicator, c.series_id
        FROM trend.corridors c
        CROSS JOIN meta.edition e
        JOIN meta.indicators i USING (indicator)
        LEFT JOIN meta.countries d ON d.country_code = c.destination_iso3
        LEFT JOIN meta.countries o ON o.country_code = c.origin_iso3
        WHERE c.is_newest AND c.destination_iso3 IN ({OF_THE_FIVE})
        ORDER BY destination, what_is_counted, c.source_id, c.route <> 'all', c.route,
                 c.rank_level, c.series_id
"""
_SOURCES = """
        SELECT s.source_id, o.title, o.publisher, s.as_of_date, s.obtained, s.newest_period_end,
               s.freshness, s.freshness_words, s.age_days, s.failed_expectations, o.licence_title,
               o.attribution, o.landing_url
        FROM meta.status s JOIN meta.sources o USING (source_id)
        ORDER BY s.source_id
"""
_RATE = f"The same for every {PER:,} inhabitants; only of persons in a whole year."
_INTERVAL = {
    "median": "Half of such forecasts are meant to lie below the figure.",
    "lower_80": "Lower end of the interval that is meant to hold 8 figures in 10.",
    "upper_80": "Upper end of the interval that is meant to hold 8 figures in 10.",
}
_WHO = {"destination": DESTINATION, "origin": ORIGIN, "what_is_counted": INDICATOR}
_CODES = {
    "destination_iso3": DESTINATION_CODE,
    "origin_iso3": ORIGIN_CODE,
    "indicator": "Code of what is counted.",
}
_FROM = {"source_id": SOURCE, "as_of_date": AS_OF}
_ROUTE = {"route": "Route, border or office; all for all together."}

ENTRIES = (
    Entry(
        "newest_figures",
        "What is the newest complete figure of each kind in each of the five countries, and how "
        "old is it? One row for each country and indicator, all origins together. The figures "
        "count different things and must not be added or ranked.",
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
            **_FROM,
            "destination_iso3": DESTINATION_CODE,
            "indicator": "Code of what is counted.",
        },
        _NEWEST,
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
            "missing.",
            "change_pct": "Change on the year before, in per cent.",
            "unit": UNIT,
            "months_counted": "Months added up.",
            "last_month": "First day of the last complete month.",
            "age_months": AGE,
            **_FROM,
            "destination_iso3": DESTINATION_CODE,
            "indicator": "Code of what is counted.",
        },
        _YEARS,
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
            **_FROM,
            **_CODES,
            "series_id": SERIES,
            "alert_id": "Key of trend.alerts, which explains the alert.",
        },
        _EMERGING,
    ),
    Entry(
        "forecasts",
        "What may the next months, quarters or years bring, and how far can that be trusted? One "
        "row a series and period of the five countries, totals first. Periods that are over "
        "(target_is_over) come last: the source has not been refreshed since.",
        {
            **_WHO,
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
            **_FROM,
            **_ROUTE,
            "place": "Place in the publisher's words; all for all together.",
            "population_group": "Group of people; all for all together.",
            **_CODES,
            "series_id": SERIES,
        },
        _FORECASTS,
    ),
    Entry(
        "nowcasts",
        "What will the period come to that is running, or is over but not published yet? One row "
        "a series and period of the five countries; those that are partly counted first.",
        {
            **_WHO,
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
            **_FROM,
            **_ROUTE,
            **_CODES,
            "series_id": SERIES,
        },
        _NOWCASTS,
    ),
    Entry(
        "policy_effects",
        "What followed a policy, and can it be told from what happens by itself? One row a policy, "
        "series and window. Only the verdict identified says that the change stands out from "
        "placebo dates; it does not say that the policy alone caused it.",
        {
            "policy_date": "Day the policy began.",
            **_WHO,
            "verdict": "identified, none found, not identified or not testable.",
            "change_pct": "Change beyond what was expected, in per cent.",
            "change_lower_pct": "Lower end of its 95 % interval.",
            "change_upper_pct": "Upper end of its 95 % interval.",
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
            **_FROM,
            **_ROUTE,
            **_CODES,
            "policy_id": "Key of meta.policy_events, which describes the policy and its evidence.",
            "series_id": SERIES,
        },
        _POLICIES,
    ),
    Entry(
        "corridors",
        "Where do most people come from, and what has changed in a year? One row an origin and "
        "destination of each source, the largest first, with the forecast of the next period.",
        {
            **_WHO,
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
            **_FROM,
            **_ROUTE,
            **_CODES,
            "series_id": SERIES,
        },
        _CORRIDORS,
    ),
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
        _SOURCES,
    ),
)
