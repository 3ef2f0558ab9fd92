"""SQL of the views of the default schema, declared in ``entry_views``."""

# ruff: noqa: S608  (every piece is a constant of this module or of the catalogue)
from __future__ import annotations

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.derive import quote_literal
from fcm_migration.publish.days import EDITION_DAY, last_day, period_length
from fcm_migration.publish.place_views import MOST_YEARS_OLDER, NEVER_ARRIVED, PER

NO_INHABITANTS = ", ".join(quote_literal(name) for name in NEVER_ARRIVED)
# A break of one of these kinds between two figures makes their difference no movement.
OTHER_COUNT = "('unit', 'definition', 'coverage')"
OF_THE_FIVE = ", ".join(quote_literal(code) for code in FIVE)


def age(start: str, frequency: str) -> str:
    """Return the SQL of the whole months from a period's end to the day of the edition."""
    return f"date_sub('month', {last_day(start, period_length(frequency))}, {EDITION_DAY})"


NEWEST = f"""
        SELECT t.destination_name AS destination, i.title AS what_is_counted, t.value, t.unit,
               t.period_start, t.frequency, {age("t.period_start", "t.frequency")} AS age_months,
               round({PER} * t.value / p.population_persons, 3) AS per_100k_inhabitants,
               t.rounding, t.source_id, t.as_of_date, t.destination_iso3, t.indicator
        FROM mart.totals_named t
        CROSS JOIN meta.edition e
        JOIN meta.indicators i USING (indicator)
        LEFT JOIN (
            SELECT *, max(year) OVER (PARTITION BY country_code) AS last FROM mart.population
        ) p ON p.country_code = t.destination_iso3 AND t.unit = 'persons' AND t.frequency = 'A'
            AND month(t.period_start) = 1 AND t.indicator NOT IN ({NO_INHABITANTS})
            AND p.year = least(year(t.period_start), p.last)
            AND p.year >= year(t.period_start) - {MOST_YEARS_OLDER}
        WHERE t.destination_iso3 IN ({OF_THE_FIVE}) AND t.frequency IN ('M', 'Q', 'A')
          AND NOT t.is_partial AND t.value IS NOT NULL
        QUALIFY row_number() OVER (
            PARTITION BY t.destination_iso3, t.indicator
            ORDER BY {last_day("t.period_start", period_length("t.frequency"))} DESC,
                     strpos('MQA', t.frequency)) = 1
        ORDER BY destination, age_months, what_is_counted
"""
YEARS = f"""
        WITH months AS (
            SELECT destination_iso3, indicator, route, unit, source_id, as_of_date,
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
        ), otherwise AS (
            SELECT DISTINCT m.destination_iso3, m.indicator
            FROM months m JOIN meta.series_breaks k
                ON k.series_id = concat_ws('/', m.source_id, m.indicator, m.destination_iso3,
                                           'total', m.route, 'all', 'all', 'M')
            WHERE k.break_kind IN {OTHER_COUNT}
              AND (k.break_first_date BETWEEN date_trunc('year', m.last_month) - INTERVAL 11 MONTH
                                          AND m.last_month
                   OR k.break_last_date BETWEEN date_trunc('year', m.last_month) - INTERVAL 1 YEAR
                                            AND m.last_month - INTERVAL 1 MONTH)
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
            AND (n.destination_iso3, n.indicator) NOT IN (FROM otherwise)
        LEFT JOIN meta.countries c ON c.country_code = n.destination_iso3
        WHERE n.year = year(n.last_month) AND n.months_counted = month(n.last_month)
        ORDER BY destination, age_months, what_is_counted
"""
EMERGING = """
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
FORECASTS = f"""
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
NOWCASTS = f"""
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
POLICIES = f"""
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
CORRIDORS = f"""
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
SOURCES = """
        SELECT s.source_id, o.title, o.publisher, s.as_of_date, s.obtained, s.newest_period_end,
               s.freshness, s.freshness_words, s.age_days, s.failed_expectations, o.licence_title,
               o.attribution, o.landing_url
        FROM meta.status s JOIN meta.sources o USING (source_id)
        ORDER BY s.source_id
"""
