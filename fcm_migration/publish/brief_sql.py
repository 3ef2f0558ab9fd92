"""SQL of the views of the schema ``brief`` that say what the newest figures are.

``brief_evidence_sql`` has those on policies, protection, records and sources.
"""

# ruff: noqa: S608  (every piece is a constant of this package or of the catalogue)
from __future__ import annotations

from fcm_migration.publish.brief_words import (
    SAID,
    WITH_COMPARABLE,
    age_words,
    change_on,
    number,
    percent_change,
    period_words,
    spoken,
    uncapitalised,
    unit_words,
    with_article,
    within_break,
)
from fcm_migration.publish.entry_sql import OTHER_COUNT

# The series a country's brief opens with: the first of these that is reported at all, months before
# years; a series whose newest figure is older than this counts only where there is no other.
MAIN = (
    "small_boat_arrivals",
    "asylum_claims",
    "nationwide_encounters",
    "border_encounters",
    "protection_applications",
    "asylum_applications_new",
)
TOO_OLD = 36  # months
MOST_ALERTS, MOST_SENTENCES, MOST_CORRIDORS = 1, 7, 12
STORY = 4  # years of a country that is known by year alone
NEWS = 12  # months; what is older is said after what is newer
OLD_NEWS = 24  # months; what is older is no sentence of a brief
_LISTED = ", ".join(f"'{name}'" for name in MAIN)

MAIN_SERIES = f"""
    SELECT n.destination, said.what, n.value, n.unit, {unit_words("n.unit")} AS unit_words,
           n.period_start, {period_words("n.period_start", "n.frequency")} AS period,
           n.frequency, b.value AS value_year_before,
           {percent_change("n.value", "b.value")} AS change_pct,
           {change_on("n.value", "b.value", period_words("b.period_start", "n.frequency"))}
               AS change_words,
           y.value AS year_to_date, y.value_year_before AS year_to_date_before,
           {percent_change("y.value", "y.value_year_before")} AS year_to_date_change_pct,
           y.months_counted, n.age_months,
           {age_words("n.age_months")} AS age_words, n.rounding, n.source_id, n.as_of_date,
           n.destination_iso3, n.indicator, i.series_id
    FROM main.newest_figures n
    JOIN meta.indicators m USING (indicator)
    JOIN ({SAID}) said ON said.indicator = n.indicator
        AND said.destination_iso3 = n.destination_iso3 AND said.route = m.total_route
    JOIN mart.series_index i ON i.source_id = n.source_id AND i.indicator = n.indicator
        AND i.destination_iso3 = n.destination_iso3 AND i.frequency = n.frequency
        AND i.route = m.total_route AND i.origin_iso3 = 'total' AND i.place = 'all'
        AND i.population_group = 'all'
    {WITH_COMPARABLE}
    LEFT JOIN main.year_to_date y ON y.destination_iso3 = n.destination_iso3
        AND y.indicator = n.indicator AND y.last_month = n.period_start
    WHERE m.kind = 'flow'
    QUALIFY row_number() OVER (
        PARTITION BY n.destination_iso3
        ORDER BY n.age_months > {TOO_OLD},
                 coalesce(list_position([{_LISTED}], n.indicator), 99), n.frequency = 'A',
                 n.indicator, b.period_start DESC) = 1
    ORDER BY n.destination
"""
EMERGING = f"""
    SELECT w.destination,
           row_number() OVER (
               PARTITION BY w.destination_iso3 ORDER BY w.age_months > {NEWS}, w.weight DESC,
               w.alert_id) AS place,
           w.origin, said.what, w.direction = 'surge' AS is_rise, w.tier = 'strong' AS is_strong,
           coalesce(rtrim(replace(w.headline, a.headline_record, '')), w.headline) AS sentence,
           a.headline_record AS record_words,
           w.observed AS value, w.mean_of_year_before, w.unit, {unit_words("w.unit")} AS unit_words,
           w.period, {period_words("w.period", "w.frequency")} AS period_words, w.frequency,
           w.weight, w.is_provisional, w.age_months, {age_words("w.age_months")} AS age_words,
           w.source_id, w.as_of_date, w.destination_iso3, w.origin_iso3, w.indicator, w.series_id,
           w.alert_id
    FROM main.whats_emerging w JOIN trend.alerts a USING (alert_id)
    JOIN mart.series_index x ON x.series_id = w.series_id
    JOIN ({SAID}) said ON said.indicator = w.indicator
        AND said.destination_iso3 = w.destination_iso3 AND said.route = x.route
    QUALIFY row_number() OVER (
        PARTITION BY w.destination_iso3, w.origin_iso3
        ORDER BY w.age_months > {NEWS}, w.weight DESC, w.alert_id) = 1
    ORDER BY w.destination, place
"""
SENTENCES = f"""
    WITH protection AS MATERIALIZED (FROM brief.protection),
    series AS MATERIALIZED (FROM brief.main_series), main AS (
        SELECT 0 AS place, 'main series' AS kind,
               what || ' came to ' || CASE WHEN year_to_date IS NULL
                   THEN {number("value")} || ' in ' || period || coalesce(', ' || change_words, '')
                   ELSE {number("year_to_date")}
                        || CASE months_counted WHEN 1 THEN ' in ' || period
                           ELSE ' from January to ' || period END
                        || coalesce(', ' || {
    change_on(
        "year_to_date",
        "year_to_date_before",
        "'the same months of ' || (year(period_start) - 1)",
    )
}, '') END || '.' AS sentence,
               nullif(concat_ws(' ',
                   CASE WHEN t.counted_so_far > year_to_date
                        THEN {number("t.counted_so_far")} || ' had been counted by '
                             || t.counted_to_words || '.' END,
                   'May not be compared with earlier years. ' || k.words), '') AS note,
               coalesce(year_to_date, value) AS value,
               CASE WHEN year_to_date IS NULL THEN value_year_before
                    ELSE year_to_date_before END AS value_before,
               m.unit, m.period_start, m.frequency, m.age_months, m.source_id, m.as_of_date,
               m.destination_iso3, m.indicator, m.destination
        FROM series m
        LEFT JOIN (SELECT series_id, total_year, counted_so_far, counted_to_words
                   FROM brief.year_total) t
            ON t.series_id = m.series_id AND t.total_year = year(m.period_start)
        LEFT JOIN (SELECT destination_iso3, indicator, words FROM brief.not_compared) k
            ON k.destination_iso3 = m.destination_iso3 AND k.indicator = m.indicator
            AND m.change_words IS NULL
    ), outlook AS (
        SELECT 2 AS place, 'outlook' AS kind,
               CASE WHEN NOT t.year_is_over
                    THEN 'The whole of ' || t.total_year || ' may come to between '
                         || {spoken("t.lower_80")} || ' and ' || {spoken("t.upper_80")} || ' '
                         || m.unit_words || ', with 8 chances in 10; half of such forecasts lie '
                         || 'below ' || {spoken("t.median")} || '.'
                    WHEN f.horizon IS NOT NULL
                    THEN m.what || ' in ' || f.target_words || ' may come to between '
                         || {spoken("f.lower_80")} || ' and ' || {spoken("f.upper_80")}
                         || ', with 8 chances in 10.'
                    ELSE 'No forecast of the coming ' || CASE m.frequency WHEN 'A' THEN 'years'
                             WHEN 'Q' THEN 'quarters' ELSE 'months' END || ' can be given for '
                         || {uncapitalised("m.what")} || ': the newest figure, of ' || m.period
                         || ', is ' || m.age_words || ' old.' END AS sentence,
               CASE WHEN NOT t.year_is_over OR f.horizon IS NOT NULL
                    THEN 'Computed, not official.' || CASE WHEN coalesce(t.year_is_over, true)
                         AND f.scored_forecasts > 0 THEN ' Such ranges held ' || f.held || ' of '
                              || f.scored_forecasts || ' past figures.' ELSE '' END END AS note,
               CASE WHEN NOT t.year_is_over THEN t.median ELSE f.median END AS value,
               NULL AS value_before, m.unit,
               CASE WHEN NOT t.year_is_over THEN make_date(t.total_year, 1, 1)
                    ELSE coalesce(f.target_period, m.period_start) END AS period_start,
               CASE WHEN NOT t.year_is_over THEN 'A' ELSE m.frequency END AS frequency,
               m.age_months, m.source_id, m.as_of_date, m.destination_iso3, m.indicator,
               m.destination
        FROM series m
        LEFT JOIN brief.year_total t USING (series_id)
        LEFT JOIN (SELECT * FROM brief.forecast_record WHERE NOT target_is_over
                   QUALIFY row_number() OVER (PARTITION BY series_id ORDER BY horizon) = 1) f
            ON f.series_id = m.series_id
    ), origins AS (
        SELECT 3 AS place, 'origins' AS kind,
               'The most ' || {uncapitalised("said.what")} || ' were by people from '
               || {with_article("c.origin_iso3", "c.origin")} || ': ' || {
    number("c.last_12_months")
}
               || CASE c.frequency WHEN 'A' THEN ' in '
                                   ELSE ' in the twelve months to the end of ' END || c.period
               || coalesce(', ' || c.change_words, '') || '.'
               || coalesce(' The largest change was in those by people from '
                           || {with_article("d.origin_iso3", "d.origin")} || ': '
                           || {number("d.last_12_months")} || ', ' || d.change_words || '.', '')
               AS sentence,
               NULL AS note, c.last_12_months AS value, c.twelve_months_before AS value_before,
               c.unit, x.last_period AS period_start, c.frequency, c.age_months, c.source_id,
               c.as_of_date, c.destination_iso3, c.indicator, c.destination
        FROM brief.corridors c
        JOIN mart.series_index x USING (series_id)
        JOIN ({SAID}) said ON said.indicator = c.indicator
            AND said.destination_iso3 = c.destination_iso3 AND said.route = 'all'
        LEFT JOIN (SELECT * FROM brief.corridors WHERE change_words IS NOT NULL
                   QUALIFY row_number() OVER (
                       PARTITION BY destination_iso3
                       ORDER BY abs(last_12_months - twelve_months_before) DESC, place) = 1) d
            ON d.destination_iso3 = c.destination_iso3 AND d.place > 1
        WHERE c.place = 1
    ), raised AS (
        SELECT 3 + said_at AS place, 'alert' AS kind, sentence, record_words AS note, value,
               mean_of_year_before AS value_before, unit, period AS period_start, frequency,
               age_months, source_id, as_of_date, destination_iso3, indicator, destination
        -- a rise and a fall in turn: the record of falls is not known yet, so they do not lead
        FROM (SELECT *, row_number() OVER (
                         PARTITION BY destination_iso3
                         ORDER BY turn, is_old, is_rise DESC, weight DESC, alert_id) AS said_at
              FROM (SELECT e.*, is_old,
                           row_number() OVER (PARTITION BY e.destination_iso3, e.is_rise
                                              ORDER BY is_old, e.weight DESC, e.alert_id) AS turn
                    FROM brief.emerging e JOIN series m USING (destination_iso3),
                         LATERAL (SELECT e.age_months > greatest({NEWS}, m.age_months) AS is_old)
                    WHERE e.age_months <= {OLD_NEWS})
              WHERE turn <= 2)
        WHERE said_at <= {MOST_ALERTS}
    ), standing AS (
        SELECT 10 AS place, 'awaiting' AS kind, p.item || ' in ' || p.destination_words
               || ' numbered ' || {number("p.value")} || ' at the end of ' || p.period
               || coalesce(', ' || p.change_words, '') || '.' AS sentence,
               NULL AS note, p.value, p.value_before, p.unit, p.period_start, p.frequency,
               p.age_months, p.source_id, p.as_of_date, p.destination_iso3, p.indicator,
               p.destination
        FROM protection p WHERE p.indicator = 'asylum_seekers_pending'
    ), recognised AS (
        SELECT 11 AS place, 'recognition' AS kind, sentence, note, recognised_pct AS value,
               recognised_pct_before AS value_before, 'per cent' AS unit,
               make_date(year, 1, 1) AS period_start, 'A' AS frequency, age_months, source_id,
               as_of_date, destination_iso3, indicator, destination
        FROM brief.recognition WHERE sentence IS NOT NULL
    ), by_year AS (
        -- a country that is known by year alone: its last years, one after the other
        SELECT 1 AS place, 'by year' AS kind,
               any_value(m.what) || ' by year: ' || string_agg({
    number("y.applications")
} || ' in ' || y.year,
                                                    ', ' ORDER BY y.year) || '.' AS sentence,
               nullif(concat_ws(' ', CASE WHEN max(y.year) - min(y.year) >= count(*)
                    THEN 'Years without a complete figure in persons are left out.' END,
                    any_value(k.words)), '') AS note,
               m.value, min_by(y.applications, y.year) AS value_before, m.unit,
               m.period_start, m.frequency, m.age_months, m.source_id, m.as_of_date,
               m.destination_iso3, m.indicator, m.destination
        FROM series m
        JOIN (SELECT p.* FROM brief.protection_years p JOIN series s USING (destination_iso3)
              -- a year that was counted in another way stands in no sentence beside the newest
              ANTI JOIN meta.series_breaks k
                  ON k.series_id = s.series_id AND k.break_kind IN {OTHER_COUNT}
                  AND {within_break("make_date(p.year, 1, 1)")}
                      <> {within_break("s.period_start")}
              WHERE p.applications IS NOT NULL
              QUALIFY row_number() OVER (PARTITION BY p.destination_iso3
                                         ORDER BY p.year DESC) <= {
    STORY
}) y USING (destination_iso3)
        -- what began to be counted otherwise within those years
        LEFT JOIN (SELECT b.series_id, string_agg(b.words, ' ' ORDER BY b.break_first_date) AS words
                   FROM meta.series_breaks b JOIN series s USING (series_id)
                   WHERE b.break_kind IN {OTHER_COUNT} AND b.break_last_date IS NULL
                     AND b.break_first_date > s.period_start - INTERVAL {STORY} YEAR
                   GROUP BY ALL) k ON k.series_id = m.series_id
        WHERE m.frequency = 'A' AND m.indicator = 'asylum_applications_new'
        GROUP BY ALL
        HAVING count(*) > 1
    ), every AS (
        FROM main UNION ALL BY NAME FROM by_year UNION ALL BY NAME FROM outlook
        UNION ALL BY NAME FROM origins UNION ALL BY NAME FROM raised
        UNION ALL BY NAME FROM standing UNION ALL BY NAME FROM recognised
    )
    SELECT destination, row_number() OVER (
               PARTITION BY destination_iso3 ORDER BY place) AS place,
           sentence, kind, note, value, value_before, unit, {unit_words("unit")} AS unit_words,
           period_start, frequency, age_months, {age_words("age_months")} AS age_words, source_id,
           as_of_date, destination_iso3, indicator
    FROM every
    QUALIFY row_number() OVER (PARTITION BY destination_iso3 ORDER BY every.place)
            <= {MOST_SENTENCES}
    ORDER BY destination, place
"""
CORRIDORS = f"""
    WITH newest AS (
        SELECT * FROM main.corridors
        WHERE route = 'all' AND last_12_months IS NOT NULL
        QUALIFY dense_rank() OVER (
            PARTITION BY destination_iso3
            ORDER BY age_months, unit <> 'persons', indicator, source_id) = 1
    ), ranked AS (
        SELECT *, row_number() OVER (
                   PARTITION BY destination_iso3 ORDER BY rank_level, series_id) AS place
        FROM newest
    )
    SELECT n.destination, n.place, n.origin, n.what_is_counted, n.last_12_months,
           n.twelve_months_before,
           {percent_change("n.last_12_months", "n.twelve_months_before")} AS change_pct,
           {change_on("n.last_12_months", "n.twelve_months_before", "'the year before'")}
               AS change_words,
           n.share_of_destination_pct, n.unit, {unit_words("n.unit")} AS unit_words,
           {period_words("n.window_end", "x.frequency")} AS period, x.frequency, n.next_period,
           {period_words("n.next_period", "x.frequency")} AS next_period_words, n.next_median,
           n.next_lower_80, n.next_upper_80, n.unknown_periods,
           CASE (SELECT min(w.direction) FROM main.whats_emerging w WHERE w.series_id = n.series_id)
               WHEN 'surge' THEN 'rise' WHEN 'drop' THEN 'fall' END AS alert,
           n.age_months, {age_words("n.age_months")} AS age_words, n.source_id, n.as_of_date,
           n.destination_iso3, n.origin_iso3, n.indicator, n.series_id
    FROM ranked n JOIN mart.series_index x USING (series_id)
    WHERE n.place <= {MOST_CORRIDORS}
    ORDER BY n.destination, n.place
"""
