"""SQL of the views of the schema ``brief`` on protection, policies, records and sources."""

# ruff: noqa: S608  (every piece is a constant of this package or of the catalogue)
from __future__ import annotations

from fcm_migration.publish.brief_sql import OLD_NEWS
from fcm_migration.publish.brief_words import (
    SAID,
    WITH_COMPARABLE,
    age_words,
    change_on,
    day_words,
    number,
    period_words,
    unit_words,
    values_of,
    with_article,
)
from fcm_migration.publish.days import EDITION_DAY, last_day, period_length
from fcm_migration.publish.entry_sql import OF_THE_FIVE, OTHER_COUNT

# indicator, of which it is a part, what it is called beside a figure
ITEMS = (
    ("asylum_applications_new", "", "New asylum applications"),
    ("asylum_decisions_total", "", "Asylum decisions"),
    ("asylum_decisions_recognized", "", "Decisions recognising a refugee"),
    (
        "asylum_decisions_recognized",
        "asylum_decisions_total",
        "Share of all decisions, reviews and closed files included",
    ),
    ("asylum_seekers_pending", "", "People awaiting an asylum decision"),
    ("resettlement_arrivals", "", "Refugees resettled"),
    ("asylum_initial_decisions", "", "People given an initial decision"),
    ("asylum_initial_protection", "", "People granted protection at initial decision"),
    (
        "asylum_initial_protection",
        "asylum_initial_decisions",
        "Share granted protection at initial decision",
    ),
    ("asylum_awaiting_decision", "", "People awaiting an initial decision"),
    ("refugees_resettled", "", "People resettled or relocated"),
    ("protection_grants", "", "Onshore protection visas granted"),
    ("protection_on_hand", "", "Onshore protection applications on hand"),
    ("claims_finalized", "", "Claims finalised"),
    ("claims_accepted", "", "Claims accepted"),
    ("claims_accepted", "claims_finalized", "Share of finalised claims accepted"),
    ("claims_pending", "", "Claims pending"),
)
_ITEMS = values_of((f"{n:02}", *item) for n, item in enumerate(ITEMS))
PROTECTION = f"""
    WITH figures AS (
        SELECT k.number, k.item, k.indicator, k.whole, n.destination, n.destination_iso3,
               n.value AS part_value, w.value AS of_value, b.value AS part_before,
               wb.value AS of_before, b.period_start AS period_before, n.unit,
               n.period_start, n.frequency, n.age_months, n.source_id, n.as_of_date
        FROM (VALUES {_ITEMS}) k(number, indicator, whole, item)
        JOIN main.newest_figures n USING (indicator)
        LEFT JOIN mart.totals w ON w.indicator = k.whole
            AND w.destination_iso3 = n.destination_iso3 AND w.frequency = n.frequency
            AND w.period_start = n.period_start AND w.unit = n.unit AND NOT w.is_partial
        {WITH_COMPARABLE}
        LEFT JOIN mart.totals wb ON wb.indicator = k.whole
            AND wb.destination_iso3 = n.destination_iso3 AND wb.frequency = n.frequency
            AND wb.period_start = b.period_start AND wb.unit = n.unit AND NOT wb.is_partial
        WHERE k.whole = '' OR w.value > 0
        QUALIFY row_number() OVER (PARTITION BY k.number, n.destination_iso3
                                   ORDER BY b.period_start DESC) = 1
    ), shares AS (
        SELECT *, whole <> '' AS is_share,
               CASE WHEN whole = '' THEN part_value
                    ELSE round(100.0 * part_value / of_value, 1) END AS value,
               CASE WHEN whole = '' THEN part_before
                    WHEN of_before > 0 THEN round(100.0 * part_before / of_before, 1)
                    END AS value_before
        FROM figures
    )
    SELECT s.destination, {with_article("s.destination_iso3", "s.destination")}
               AS destination_words,
           row_number() OVER (PARTITION BY s.destination_iso3 ORDER BY s.number) AS place,
           s.item, s.value, CASE WHEN s.is_share THEN 'per cent' ELSE s.unit END AS unit,
           CASE WHEN s.is_share THEN 'per cent' ELSE {unit_words("s.unit")} END AS unit_words,
           CASE WHEN s.is_share THEN format('{{:.0f}}%', s.value) ELSE {number("s.value")} END
               AS value_words,
           s.period_start, {period_words("s.period_start", "s.frequency")} AS period, s.frequency,
           s.value_before, s.period_before,
           CASE WHEN s.is_share THEN format('{{:.0f}}%', s.value_before) || ' in '
                                      || {period_words("s.period_before", "s.frequency")}
                ELSE {
    change_on("s.value", "s.value_before", period_words("s.period_before", "s.frequency"))
} END AS change_words,
           CASE WHEN s.is_share THEN s.part_value END AS part_value, s.of_value, s.age_months,
           {age_words("s.age_months")} AS age_words, s.source_id, s.as_of_date,
           s.destination_iso3, s.indicator
    FROM shares s
    ORDER BY s.destination, place
"""
_BY_YEAR = {
    "applications": "asylum_applications_new",
    "decisions": "asylum_decisions_total",
    "recognised": "asylum_decisions_recognized",
    "awaiting": "asylum_seekers_pending",
    "resettled": "resettlement_arrivals",
}
_PIVOT = ", ".join(
    f"max(value) FILTER (indicator = '{indicator}') AS {name}"
    for name, indicator in _BY_YEAR.items()
)
PROTECTION_YEARS = f"""
    SELECT c.country_name AS destination, y.*,
           round(100.0 * y.recognised / nullif(y.decisions, 0), 1) AS recognised_pct,
           (SELECT string_agg(DISTINCT k.words, ' ' ORDER BY k.words) FROM meta.series_breaks k
            WHERE k.break_kind IN {OTHER_COUNT} AND year(k.break_first_date) = y.year
              AND k.series_id = 'unhcr_asylum_decisions/asylum_decisions_total/'
                                || y.destination_iso3 || '/total/all/all/all/A'
           ) AS counted_otherwise_from, 'persons' AS unit
    FROM (SELECT t.destination_iso3, year(t.period_start) AS year, {_PIVOT},
                 max(t.as_of_date) AS as_of_date
          FROM mart.totals t
          WHERE t.frequency = 'A' AND NOT t.is_partial AND t.unit = 'persons'
            AND t.destination_iso3 IN ({OF_THE_FIVE})
            AND t.indicator IN ({", ".join(f"'{name}'" for name in _BY_YEAR.values())})
          GROUP BY ALL) y
    JOIN meta.countries c ON c.country_code = y.destination_iso3
    ORDER BY destination, year
"""
# a movement of this share between the periods before a policy, the way it went on after it
BEGAN = 0.25
POLICIES = f"""
    WITH tested AS (
        SELECT p.*, p.verdict <> 'not testable' AS is_tested
        FROM trend.policy_effects p
        -- nationalities of the same route to which no policy applied are a check of the method
        WHERE p.verdict NOT LIKE 'none expected%'
        QUALIFY row_number() OVER (
            PARTITION BY p.policy_id, p.indicator, p.origin_iso3, p.route, p.place
            ORDER BY p.as_of_date DESC, p.periods_after DESC, p.series_id) = 1
    ), chosen AS (
        SELECT t.*, o.country_name AS origin_name, v.policy_words, said.of_whom,
               said.what || CASE WHEN t.origin_iso3 = 'total' THEN '' ELSE replace(said.of_whom,
                   '{{origin}}', {with_article("t.origin_iso3", "o.country_name")}) END AS what,
               CASE t.frequency WHEN 'M' THEN 'month' WHEN 'Q' THEN 'quarter' ELSE 'year' END
                   AS one,
               (SELECT s.value FROM mart.series s WHERE s.series_id = t.series_id
                  AND s.period_start = t.before_first_period) AS first_before,
               (SELECT max_by(s.value, s.period_start) FROM mart.series s
                WHERE s.series_id = t.series_id AND s.period_start >= t.before_first_period
                  AND s.period_start < t.effect_first_period
                  AND s.period_start <= t.policy_date) AS last_before
        FROM tested t
        JOIN (SELECT policy_id, min(policy_words) AS policy_words FROM meta.policy_events
              GROUP BY policy_id) v USING (policy_id)
        JOIN ({SAID}) said ON said.indicator = t.indicator
            AND said.destination_iso3 = t.destination_iso3 AND said.route = t.route
        LEFT JOIN meta.countries o ON o.country_code = t.origin_iso3
        QUALIFY t.is_tested OR NOT bool_or(t.is_tested) OVER (PARTITION BY t.policy_id)
    )
    SELECT d.country_name AS destination,
           row_number() OVER (PARTITION BY c.destination_iso3
               ORDER BY c.policy_date DESC, c.policy_id, c.verdict = 'identified' DESC,
                        c.indicator, c.route, c.origin_iso3) AS place,
           c.policy_date, {day_words("c.policy_date")} AS policy_date_words, c.policy_words,
           CASE WHEN c.origin_iso3 = 'total' THEN 'All origins' ELSE c.origin_name END AS origin,
           c.what, c.before_mean, c.observed_mean, c.expected_mean, c.unit,
           {unit_words("c.unit")} || ' a ' || c.one AS unit_words,
           c.change_pct, c.change_lower_pct, c.change_upper_pct,
           c.effect_first_period, c.effect_last_period, c.periods_after,
           CASE c.verdict WHEN 'identified' THEN 'Can be told from chance'
                WHEN 'not identified' THEN 'Cannot be told from chance'
                WHEN 'none found' THEN 'No change was found'
                ELSE 'Cannot be tested' END AS verdict_words,
           CASE WHEN NOT c.is_tested OR c.placebos_as_large IS NULL
                THEN 'The figures do not allow a test.'
                WHEN c.placebos_as_large = 0
                THEN 'So large a change, either way, followed none of ' || {number("c.placebos")}
                     || ' dates when nothing was decided.'
                ELSE 'So large a change, either way, followed ' || {number("c.placebos_as_large")}
                     || ' of ' || {number("c.placebos")} || ' dates when nothing was decided.'
                END AS chance_words,
           CASE WHEN c.verdict = 'identified' AND c.first_before > 0
                 AND sign(c.last_before - c.first_before) = sign(c.change_pct)
                 AND abs(1.0 * c.last_before / c.first_before - 1) >= {BEGAN}
                THEN 'The ' || CASE WHEN c.change_pct < 0 THEN 'fall' ELSE 'rise' END
                     || ' had begun before: from ' || {number("c.first_before")} || ' to '
                     || {number("c.last_before")} || ' ' || {unit_words("c.unit")} || ' a '
                     || c.one || '. Do not call all of it the policy''s effect.' END
               AS began_before_words,
           c.verdict, c.p_value, c.placebos_as_large, c.placebos, c.frequency, c.source_id,
           c.as_of_date, c.destination_iso3, c.origin_iso3, c.indicator, c.route, c.policy_id,
           c.series_id
    FROM chosen c JOIN meta.countries d ON d.country_code = c.destination_iso3
    ORDER BY destination, place
"""
FORECAST_RECORD = f"""
    SELECT m.destination, m.what, f.horizon, f.target_period,
           {period_words("f.target_period", "f.frequency")} AS target_words, f.median,
           f.lower_80, f.upper_80, f.unit, {unit_words("f.unit")} AS unit_words,
           f.target_is_over, f.scored_forecasts,
           CAST(round(f.coverage_80 * f.scored_forecasts) AS BIGINT) AS held,
           f.record_since, round(100 * (f.relative_wis - 1), 0) AS error_beside_naive_pct,
           f.frequency, f.counted_so_far, f.counted_to_date,
           m.source_id, m.as_of_date, m.destination_iso3, m.indicator, m.series_id
    FROM brief.main_series m JOIN forecast.published f USING (series_id)
    ORDER BY m.destination, f.horizon
"""
ALERT_RECORD = f"""
    WITH shown AS (
        -- the records behind the main series and behind the alerts a brief shows
        SELECT destination, destination_iso3, source_id, indicator, frequency, as_of_date
        FROM brief.main_series
        UNION SELECT destination, destination_iso3, source_id, indicator, frequency, as_of_date
        FROM brief.emerging WHERE age_months <= {OLD_NEWS}
    ), pools AS (
        SELECT s.*, s.source_id || '/' || s.indicator || '/' || s.frequency AS pool,
               i.title || CASE s.frequency WHEN 'M' THEN ', by month' WHEN 'Q' THEN ', by quarter'
                          ELSE ', by year' END AS what_is_counted
        FROM shown s JOIN meta.indicators i USING (indicator)
        UNION ALL SELECT destination, destination_iso3, source_id, indicator, frequency, as_of_date,
                         'all', 'Every watched series'
        FROM brief.main_series
    )
    SELECT p.destination, p.what_is_counted, t.tier = 'strong' AS is_strong,
           t.pool = 'all' AS is_every_series,
           max(t.judged) FILTER (t.span = 'all') AS judged,
           max(t.judged - t.false_alarms) FILTER (t.span = 'all') AS proved_right,
           max(t.judged) FILTER (t.span = 'quiet') AS judged_in_quiet_years,
           max(t.judged - t.false_alarms) FILTER (t.span = 'quiet') AS proved_right_in_quiet_years,
           p.source_id, p.as_of_date, p.destination_iso3, p.indicator
    FROM pools p
    JOIN trend.track_record t ON t.alert_kind = 'all' AND t.pool = p.pool
    GROUP BY ALL
    HAVING judged > 0
    ORDER BY p.destination, is_every_series, p.what_is_counted, is_strong DESC
"""
SOURCES = f"""
    WITH held AS (
        SELECT x.destination_iso3, x.source_id,
               max({last_day("x.last_period", period_length("x.frequency"))}) AS counted_to
        FROM mart.series_index x
        WHERE x.frequency IN ('M', 'Q', 'A') AND x.destination_iso3 IN ({OF_THE_FIVE})
        GROUP BY ALL
    )
    SELECT c.country_name AS destination, o.title, o.publisher, h.counted_to,
           {day_words("h.counted_to")} AS counted_to_words,
           date_sub('month', h.counted_to, {EDITION_DAY}) AS age_months,
           {age_words(f"date_sub('month', h.counted_to, {EDITION_DAY})")} AS age_words,
           s.as_of_date, {day_words("s.as_of_date")} AS released_words,
           s.freshness IN ('stale', 'discontinued') AS is_overdue,
           CASE s.freshness
               WHEN 'fresh' THEN 'as new as usual'
               WHEN 'discontinued' THEN s.stopped
               WHEN 'stale' THEN 'newer ones overdue'
               ELSE 'never obtained' END AS state_words,
           s.obtained = 'bundled' AS is_bundled, o.licence_title, o.attribution, o.landing_url,
           s.source_id, h.destination_iso3
    FROM held h
    CROSS JOIN meta.edition e
    JOIN (SELECT m.*, 'nothing released since ' || o.discontinued_since AS stopped
          FROM meta.status m JOIN meta.sources o USING (source_id)) s USING (source_id)
    JOIN meta.sources o USING (source_id)
    JOIN meta.countries c ON c.country_code = h.destination_iso3
    ORDER BY destination, h.counted_to DESC, h.source_id
"""
DEFINITIONS = f"""
    SELECT c.country_name AS destination, i.title, i.unit, {unit_words("i.unit")} AS unit_words,
           i.counting_rule, i.comparability, u.destination_iso3, u.indicator
    FROM (SELECT DISTINCT destination_iso3, indicator FROM mart.series_index
          WHERE destination_iso3 IN ({OF_THE_FIVE})) u
    JOIN meta.indicators i USING (indicator)
    JOIN meta.countries c ON c.country_code = u.destination_iso3
    ORDER BY destination, i.title
"""
