"""SQL of the views of the schema ``brief`` on the year so far, displacement, signs and counting."""

# ruff: noqa: S608  (every piece is a constant of this package or of the catalogue)
from __future__ import annotations

from fcm_migration.publish.brief_words import (
    EARLIER,
    SAID,
    age_words,
    day_words,
    number,
    period_words,
    unit_words,
    values_of,
    within_break,
)
from fcm_migration.publish.days import EDITION_DAY, last_day, period_length
from fcm_migration.publish.entry_sql import OF_THE_FIVE, OTHER_COUNT

YEARS_BESIDE = 5  # years before the running one that it is compared with
YEAR_SO_FAR = f"""
    SELECT m.destination, m.what, year(s.period_start) AS year, s.period_start,
           month(s.period_start) AS month, s.value,
           CAST(sum(s.value) OVER year_so_far AS BIGINT) AS year_to_date, m.unit, m.unit_words,
           m.source_id,
           m.as_of_date, m.destination_iso3, m.indicator, m.series_id
    FROM brief.main_series m JOIN mart.series s USING (series_id)
    ANTI JOIN meta.series_breaks k
        ON k.series_id = m.series_id AND k.break_kind IN {OTHER_COUNT}
        AND {within_break("s.period_start")} <> {within_break("m.period_start")}
    WHERE m.frequency = 'M'
      AND year(s.period_start) >= year(m.period_start) - {YEARS_BESIDE}
      AND s.period_start <= m.period_start
    WINDOW year_so_far AS (PARTITION BY m.series_id, year(s.period_start) ORDER BY s.period_start)
    -- a year with a month that is not known ends before it
    QUALIFY count(s.value) OVER year_so_far = month(s.period_start)
    ORDER BY m.destination, s.period_start
"""
YEAR_TOTAL = f"""
    WITH expected AS (
        SELECT series_id, total_year, months_counted, last_month_date,
               any_value(counted_so_far) AS counted_so_far,
               any_value(counted_to_date) AS counted_to_date,
               any_value(previous_total) AS previous_total,
               max(value) FILTER (round(quantile, 3) = 0.1) AS lower_80,
               max(value) FILTER (round(quantile, 3) = 0.5) AS median,
               max(value) FILTER (round(quantile, 3) = 0.9) AS upper_80
        FROM forecast.year_totals WHERE year_kind = 'calendar'
        GROUP BY ALL
    ), share AS (
        -- what part of a whole year had come by the same month
        SELECT s.series_id, min(100.0 * s.year_to_date / w.year_to_date) AS least,
               max(100.0 * s.year_to_date / w.year_to_date) AS most, count(*) AS years
        FROM brief.year_so_far s
        JOIN brief.year_so_far w ON w.series_id = s.series_id AND w.year = s.year AND w.month = 12
        JOIN expected t ON t.series_id = s.series_id AND t.months_counted = s.month
        WHERE w.year_to_date > 0
        GROUP BY ALL
    )
    SELECT m.destination, m.what, t.total_year, t.months_counted, t.counted_so_far,
           t.counted_to_date, {day_words("t.counted_to_date")} AS counted_to_words,
           t.previous_total, t.median, t.lower_80, t.upper_80,
           t.last_month_date + INTERVAL 1 MONTH <= {EDITION_DAY} AS year_is_over,
           round(h.least, 1) AS least_share_pct, round(h.most, 1) AS most_share_pct,
           h.years AS share_years, m.unit, m.unit_words, m.age_months, m.age_words, m.source_id,
           m.as_of_date, m.destination_iso3, m.indicator, m.series_id
    FROM brief.main_series m JOIN expected t USING (series_id) CROSS JOIN meta.edition e
    LEFT JOIN share h USING (series_id)
    ORDER BY m.destination
"""
OTHER_YEARLY = f"""
    SELECT c.country_name AS destination, said.what, year(t.period_start) AS year, t.period_start,
           t.value, t.unit, {unit_words("t.unit")} AS unit_words, t.source_id, t.as_of_date,
           t.destination_iso3, t.indicator
    FROM mart.totals t
    JOIN meta.indicators i USING (indicator)
    JOIN meta.countries c ON c.country_code = t.destination_iso3
    JOIN ({SAID}) said ON said.indicator = t.indicator
        AND said.destination_iso3 = t.destination_iso3 AND said.route = t.route
    WHERE t.frequency = 'A' AND NOT t.is_partial AND t.value IS NOT NULL AND i.kind = 'flow'
      AND t.unit = 'persons' AND t.destination_iso3 IN ({OF_THE_FIVE})
      AND t.source_id NOT LIKE 'unhcr%'
    ORDER BY destination, t.indicator, year
"""


def _share(value: str) -> str:
    return f"""CASE WHEN {value} <= 0 THEN 'none' WHEN {value} > 1 THEN 'more than all'
        ELSE format('{{:.0f}}%', 100 * {value}) END"""


def _rounded(value: str) -> str:
    """Return the SQL of an estimate as it is said: to hundreds, tens or ones by its size."""
    digits = f"CASE WHEN {value} >= 5000 THEN -2 WHEN {value} >= 500 THEN -1 ELSE 0 END"
    return number(f"round({value}, {digits})")


def _between(one: str, other: str) -> str:
    """Return the SQL of "1,200 to 1,500", the smaller first, as numbers of people and not signs."""
    low, high = f"least(abs({one}), abs({other}))", f"greatest(abs({one}), abs({other}))"
    return f"'about ' || {_rounded(low)} || ' to ' || {_rounded(high)}"


def _lost(one: str, other: str, less: str, more: str) -> str:
    return f"""CASE WHEN {one} >= 0 AND {other} >= 0 THEN {_between(one, other)} || ' {less}'
        WHEN {one} <= 0 AND {other} <= 0 THEN {_between(one, other)} || ' {more}'
        ELSE 'about as many as' END"""


_MOVED = """lower(left(said.what, 1)) || substr(said.what, 2)"""
DISPLACEMENT = f"""
    WITH receivers AS (
        SELECT r.policy_id, r.series_id, r.periods_after, r.counted,
               string_agg({_MOVED}, ' and ' ORDER BY said.what) AS received
        FROM (SELECT policy_id, series_id, periods_after, counted,
                     unnest(string_split(receivers, '|')) AS receiver
              FROM trend.displacement WHERE receivers <> '') r
        JOIN mart.series_index x ON x.series_id = r.receiver
        JOIN ({SAID}) said ON said.indicator = x.indicator
            AND said.destination_iso3 = x.destination_iso3 AND said.route = x.route
        GROUP BY ALL
    )
    SELECT c.country_name AS destination, d.policy_date,
           {day_words("d.policy_date")} AS policy_date_words, v.policy_words, said.what,
           r.received AS where_it_could_appear, d.counted = 'identified' AS is_own_rise_told,
           CASE WHEN r.received IS NULL OR d.displaced_lower_80 IS NULL
                THEN 'The figures do not allow a range.'
                ELSE said.what || ' were '
                     || {_lost("d.loss_level", "d.loss_trend", "fewer than", "more than")}
                     || ' expected from ' || {period_words("d.effect_first_period", "x.frequency")}
                     || ' to ' || {period_words("d.effect_last_period", "x.frequency")} || '; '
                     || r.received || ' were '
                     || {_lost("d.gain_level", "d.gain_trend", "more than", "fewer than")}
                     || ' expected. With 8 chances in 10, between '
                     || {_share("d.displaced_lower_80")} || ' and '
                     || {_share("d.displaced_upper_80")} || ' of what fell appeared there.' END
               AS sentence,
           CASE d.verdict WHEN 'identified' THEN 'Can be told from chance'
                WHEN 'partly identified' THEN 'Can be told from chance only in part'
                WHEN 'not identified' THEN 'Cannot be told from chance'
                ELSE 'Cannot be tested' END AS verdict_words,
           CASE WHEN d.reasons <> ''
                THEN concat_ws(' ',
                    CASE WHEN contains(d.reasons, 'growing before')
                         THEN 'Where it could appear, figures were growing before the policy.' END,
                    CASE WHEN d.counted <> 'identified'
                         THEN 'Routes are counted whose own rise cannot be told from chance.' END,
                    CASE WHEN NOT contains(d.reasons, 'growing before') AND d.counted = 'identified'
                         THEN upper(left(d.reasons, 1)) || substr(d.reasons, 2) || '.' END) END
               AS reason_words,
           d.periods_after, d.treated_observed, d.receiving_observed, d.loss_level, d.loss_trend,
           d.gain_level, d.gain_trend, round(100 * d.displaced_lower_80, 1) AS displaced_lower_pct,
           round(100 * d.displaced_upper_80, 1) AS displaced_upper_pct, d.unit, d.verdict,
           d.source_id, d.as_of_date, d.destination_iso3, d.indicator, d.policy_id, d.series_id
    FROM trend.displacement d
    JOIN mart.series_index x USING (series_id)
    JOIN meta.countries c ON c.country_code = d.destination_iso3
    JOIN (SELECT policy_id, min(policy_words) AS policy_words FROM meta.policy_events
          GROUP BY policy_id) v USING (policy_id)
    JOIN ({SAID}) said ON said.indicator = d.indicator
        AND said.destination_iso3 = d.destination_iso3 AND said.route = x.route
    LEFT JOIN receivers r USING (policy_id, series_id, periods_after, counted)
    QUALIFY d.periods_after = max(d.periods_after) OVER (PARTITION BY d.policy_id)
    ORDER BY destination, d.policy_date DESC, d.policy_id, d.series_id, is_own_rise_told DESC
"""
# proxy, what it is called, its value, what it is compared with, where it would count
SIGNS = values_of(
    (
        ("persons_per_boat", "People in each boat", "{v} people a boat", "{v} a year before",
         "{p}% more than a year before"),
        ("bunched_days", "Arrivals on few days", "{v}% on the busiest 5% of days",
         "{v}% a year before", "a share {p}% larger than a year before"),
        ("dominant_region", "Origins that changed their main region",
         "{v}% of all had origins that did", "", "{p}% or more"),
        ("dominant_sector", "The sector that gained or lost most", "{v}% of all were counted there",
         "{v}% a year before", "a change of {p} points or more"),
        ("first_appearances", "New nationalities appearing together", "{v} within three months",
         "{v} in three months before, on average", "{p} or more within three months"),
    )
)  # fmt: skip


def _figure(value: str) -> str:
    """Return the SQL of a figure with one decimal, without one where it is a whole number."""
    return f"replace(format('{{:,.1f}}', {value}), '.0', '')"


FACILITATION = f"""
    WITH newest AS (
        SELECT f.* FROM trend.facilitation_proxies f
        WHERE f.counts_in_level AND f.destination_iso3 IN ({OF_THE_FIVE})
        QUALIFY row_number() OVER (PARTITION BY f.destination_iso3, f.route, f.proxy
                                   ORDER BY f.period DESC, f.frequency DESC, f.source_id) = 1
    )
    SELECT c.country_name AS destination,
           row_number() OVER (
               PARTITION BY f.destination_iso3
               ORDER BY f.is_present IS NOT true, f.proxy = 'first_appearances', f.period DESC,
                        f.route, f.proxy, f.source_id) AS place,
           s.sign, CASE f.route WHEN 'all' THEN 'All routes'
                   WHEN 'english_channel' THEN 'English Channel' WHEN 'sea' THEN 'By sea'
                   ELSE upper(left(f.route, 1)) || replace(substr(f.route, 2), '_', ' ') END
               AS where_words,
           replace(s.said, '{{v}}', {_figure("f.proxy_value")}) AS value_words,
           CASE WHEN f.compared_value IS NOT NULL AND s.compared <> ''
                THEN replace(s.compared, '{{v}}', {_figure("f.compared_value")}) END
               AS compared_words,
           replace(s.counts, '{{p}}', {
    _figure("CASE f.threshold_kind WHEN 'ratio' THEN 100 * (f.threshold - 1) ELSE f.threshold END")
}) AS would_count_words,
           CASE WHEN f.is_present IS NULL THEN 'Cannot be judged' WHEN f.is_present THEN 'Yes'
                ELSE 'No' END AS present_words,
           f.period AS period_start, {period_words("f.period", "f.frequency")} AS period,
           f.frequency, f.is_present, f.proxy_value, f.compared_value, f.value_unit AS unit,
           f.threshold, f.threshold_kind, f.proxy_level, f.proxies_judged, f.other_explanations,
           date_sub('month', {last_day("f.period", period_length("f.frequency"))}, {EDITION_DAY})
               AS age_months,
           {
    age_words(
        f"date_sub('month', {last_day('f.period', period_length('f.frequency'))}, {EDITION_DAY})"
    )
} AS age_words,
           f.source_id, f.as_of_date, f.destination_iso3, f.route, f.proxy
    FROM newest f
    CROSS JOIN meta.edition e
    JOIN (VALUES {SIGNS}) s(proxy, sign, said, compared, counts) USING (proxy)
    JOIN meta.countries c ON c.country_code = f.destination_iso3
    ORDER BY destination, place
"""
NOT_COMPARED = f"""
    WITH apart AS (
        SELECT n.destination, n.what_is_counted, n.period_start,
               {period_words("n.period_start", "n.frequency")} AS period, n.frequency,
               max(b.period_start) AS period_before,
               string_agg(DISTINCT k.words, ' ' ORDER BY k.words) AS words, n.unit, n.source_id,
               n.as_of_date, n.destination_iso3, n.indicator
        FROM main.newest_figures n
        JOIN mart.totals b ON {EARLIER}
        JOIN meta.series_breaks k
            ON k.series_id = concat_ws('/', b.source_id, b.indicator, b.destination_iso3, 'total',
                                       b.route, 'all', 'all', b.frequency)
            AND k.break_kind IN {OTHER_COUNT}
            AND {within_break("b.period_start")} <> {within_break("n.period_start")}
        WHERE n.destination_iso3 IN ({OF_THE_FIVE})
        GROUP BY ALL
    )
    -- compared after all where a year between is counted as the newest one is
    SELECT a.* FROM apart a
    ANTI JOIN (SELECT destination_iso3, indicator FROM brief.main_series
               WHERE value_year_before IS NOT NULL
               UNION SELECT destination_iso3, indicator FROM brief.protection
               WHERE value_before IS NOT NULL) p USING (destination_iso3, indicator)
    ORDER BY a.destination, a.indicator
"""
COUNTING_CHANGES = f"""
    SELECT c.country_name AS destination, k.break_id, k.break_kind,
           k.break_first_date AS first_date, k.break_last_date AS last_date,
           CASE WHEN k.break_first_date IS NULL THEN 'Until ' || {day_words("k.break_last_date")}
                WHEN k.break_last_date IS NULL THEN 'From ' || {day_words("k.break_first_date")}
                ELSE {day_words("k.break_first_date")} || ' to '
                     || {day_words("k.break_last_date")} END AS when_words,
           k.words, string_agg(DISTINCT i.title, '; ' ORDER BY i.title) AS what_is_counted,
           string_agg(DISTINCT x.indicator, ', ' ORDER BY x.indicator) AS indicators,
           string_agg(DISTINCT x.source_id, ', ' ORDER BY x.source_id) AS source_ids,
           x.destination_iso3
    FROM meta.series_breaks k
    JOIN mart.series_index x USING (series_id)
    JOIN meta.indicators i USING (indicator)
    JOIN meta.countries c ON c.country_code = x.destination_iso3
    WHERE x.destination_iso3 IN ({OF_THE_FIVE}) AND x.origin_iso3 = 'total'
      AND (k.break_first_date IS NOT NULL OR k.break_last_date IS NOT NULL)
    GROUP BY ALL
    ORDER BY destination, first_date DESC, k.break_id
"""
