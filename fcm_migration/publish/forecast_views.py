"""SQL of the view on the forecasts that are shown.

What depends on the day (how old a figure is, whether a period is over) is computed here from the
day of the edition, so that nothing stored depends on it. Which rows are published, and that a
running period has its nowcast, is what ``with_nowcasts`` of ``forecast.shown`` says in Python; a
test holds both together.
"""

from __future__ import annotations

from fcm_migration.publish.days import EDITION_DAY, last_day, period_length

LAST_KNOWN_DAY = last_day("w.origin_date", "w.length")
PUBLISHED_COMMENT = (
    "The forecasts that are shown, one row per series and period: median and three intervals, "
    "with what is forecast, its unit and the date of the data. words says a row in a sentence. The "
    "interval lower_50 to upper_50 is meant to hold the figure 1 time in 2, lower_80 to upper_80 "
    "8 times in 10, lower_95 to upper_95 19 times in 20. Only series that are still reported, each "
    "from its newest complete figure (last_value, of last_period); forecast.not_shown lists the "
    "others with the reason. model nowcast: the period was running and partly counted "
    "(counted_so_far, to counted_to_date), and the row is that of forecast.nowcast, never below "
    "what was counted; later periods start from last_period and do not use the part counted. "
    "age_months: whole months from the end of the last known period to the day the edition was "
    "made (meta.edition.published_at). target_is_over: the period forecast had ended by then; "
    "WHERE NOT target_is_over leaves what is still to come. known_value: a figure that a source "
    "(known_source_id) already prints for the same indicator, dimensions and period. Where "
    "known_is_partial is true it counts only part of the period; where it is false, quote the "
    "figure instead of the forecast. The record so far: coverage_80, the share of scored_forecasts "
    "past forecasts of this series at this horizon whose 8-in-10 interval held the figure, since "
    "record_since (first forecast origin; of a nowcast the first period); relative_wis, their mean "
    "weighted interval score divided by that of the benchmark, and beats_benchmark, whether it is "
    "below 1. The benchmark is calibrated naive (the last value, with intervals from past errors). "
    "A nowcast's record is of all nowcasts made after as much of a period was counted "
    "(forecast.nowcast_scores), against the simple rule named. The record is null, and "
    "scored_forecasts 0, where none could be scored yet."
)


def _period(day: str, frequency: str) -> str:
    """Return the SQL of a period for people: March 2026, 2026 Q1, 2026."""
    return (
        f"CASE {frequency} WHEN 'M' THEN strftime({day}, '%B %Y') "
        f"WHEN 'Q' THEN year({day}) || ' Q' || quarter({day}) ELSE CAST(year({day}) AS VARCHAR) END"
    )


def _count(value: str) -> str:
    """Return the SQL of a count with thousands apart."""
    return f"format('{{:,}}', {value})"


WORDS = f"""
            {_period("target_period", "frequency")} || ': ' || {_count("median")} || ' ' || unit
            || '; 8 chances in 10 that it lies between ' || {_count("lower_80")} || ' and '
            || {_count("upper_80")}
            || ', 1 in 2 between ' || {_count("lower_50")} || ' and '
            || {_count("upper_50")} || '. '
            || CASE WHEN counted_so_far IS NULL THEN ''
                    ELSE {_count("counted_so_far")} || ' counted so far'
                         || coalesce(' (to ' || strftime(counted_to_date, '%-d %B %Y') || ')', '')
                         || '. ' END
            || CASE WHEN counted_so_far IS NULL AND known_is_partial
                    THEN 'A source already prints ' || {_count("known_value")}
                         || ', of a part or the middle of this period. '
                    ELSE '' END
            || coalesce('Last complete figure: ' || {_count("last_value")} || ' in '
                        || {_period("last_period", "frequency")} || '. ', '')
            || CASE WHEN scored_forecasts = 0
                    THEN 'No earlier forecast of this kind could be scored yet.'
                    ELSE 'Since ' || {_period("record_since", "frequency")}
                         || ', 8-in-10 intervals held '
                         || CAST(round(100 * coverage_80) AS INTEGER) || '% of '
                         || {_count("scored_forecasts")}
                         || CASE WHEN scored_forecasts = 1 THEN ' figure; ' ELSE ' figures; ' END
                         || CASE WHEN beats_benchmark IS NULL THEN 'not comparable with '
                                 WHEN beats_benchmark THEN 'better than '
                                 ELSE 'no better than ' END
                         || benchmark
                         || coalesce(format(' (relative WIS {{:.2f}}).', relative_wis), '.') END
"""
# what is published of each series, period and quantile
ROWS = """
            SELECT q.series_id, q.origin_date, q.horizon, q.target_period, q.quantile,
                   coalesce(n."value", q."value") AS "value",
                   CASE WHEN n.nowcast_task <> 'not_yet_published' THEN 'nowcast'
                        ELSE q.model END AS model,
                   n.counted_so_far, n.counted_to_date, n.nowcast_task, n.scored_stage,
                   n.as_of_date AS nowcast_as_of_date
            FROM forecast.quantiles q
            LEFT JOIN forecast.nowcast n USING (series_id, target_period, quantile)
            ANTI JOIN forecast.not_shown USING (series_id)
            WHERE q.is_published
"""
# scores of what would have been published at past origins, and of nowcasts at past periods
RECORD = """
            SELECT s.series_id, s.horizon, s.origins, s.relative_wis, s.coverage_80, t.since
            FROM forecast.scores s LEFT JOIN (
                SELECT series_id, horizon, min(origin_date) AS since
                FROM forecast.track_record WHERE record_kind = 'backtest' GROUP BY ALL
            ) t USING (series_id, horizon)
            WHERE s.scored_model = 'published'
"""
NOWCAST_RECORD = """
            SELECT nowcast_task, indicator, stage AS scored_stage, cases, relative_wis,
                   coverage_80, first_target_period,
                   CASE nowcast_task WHEN 'unhcr_year_from_half' THEN 'twice the half-year'
                        ELSE 'pro rata' END AS benchmark
            FROM forecast.nowcast_scores
            WHERE nowcast_method = 'published' OR is_published
            QUALIFY row_number() OVER (
                PARTITION BY nowcast_task, indicator, stage
                ORDER BY nowcast_method = 'published' DESC, cases DESC, vintage_basis
            ) = 1
"""
PUBLISHED = f"""
        WITH rows AS ({ROWS}), record AS ({RECORD}), nowcast_record AS ({NOWCAST_RECORD}),
        wide AS (
            SELECT i.source_id, i.indicator, i.unit, i.destination_iso3, i.origin_iso3, i.route,
                   i.place, i.population_group, i.frequency, q.series_id, q.origin_date, q.horizon,
                   q.target_period, any_value(q.model) AS model,
                   max(q.value) FILTER (q.quantile = 0.5) AS median,
                   max(q.value) FILTER (q.quantile = 0.25) AS lower_50,
                   max(q.value) FILTER (q.quantile = 0.75) AS upper_50,
                   max(q.value) FILTER (q.quantile = 0.1) AS lower_80,
                   max(q.value) FILTER (q.quantile = 0.9) AS upper_80,
                   max(q.value) FILTER (q.quantile = 0.025) AS lower_95,
                   max(q.value) FILTER (q.quantile = 0.975) AS upper_95,
                   coalesce(any_value(q.nowcast_as_of_date), any_value(i.as_of_date)) AS as_of_date,
                   any_value(q.counted_so_far) AS counted_so_far,
                   any_value(q.counted_to_date) AS counted_to_date,
                   any_value(q.nowcast_task) AS nowcast_task,
                   any_value(q.scored_stage) AS scored_stage,
                   {period_length("i.frequency")} AS length
            FROM rows q JOIN mart.series_index i USING (series_id)
            GROUP BY ALL
        ), known AS (
            SELECT w.*,
                   date_sub('month', {LAST_KNOWN_DAY}, {EDITION_DAY}) AS age_months,
                   {EDITION_DAY} >= w.target_period + w.length AS target_is_over,
                   f.value AS known_value, f.is_partial AS known_is_partial,
                   f.source_id AS known_source_id
            FROM wide w CROSS JOIN meta.edition e
            LEFT JOIN mart.flows f
                ON f.indicator = w.indicator AND f.unit = w.unit AND f.frequency = w.frequency
                AND f.destination_iso3 = w.destination_iso3 AND f.origin_iso3 = w.origin_iso3
                AND f.route = w.route AND f.place = w.place
                AND f.population_group = w.population_group AND f.period_start = w.target_period
                AND f.value IS NOT NULL
            QUALIFY row_number() OVER (
                PARTITION BY w.series_id, w.horizon
                ORDER BY f.is_partial, f.source_id = w.source_id DESC, f.as_of_date DESC,
                         f.source_id
            ) = 1
        ), recorded AS (
            SELECT k.* EXCLUDE (length, counted_so_far, counted_to_date, nowcast_task,
                                scored_stage),
                   k.origin_date AS last_period, m."value" AS last_value,
                   k.counted_so_far, k.counted_to_date,
                   if(k.model = 'nowcast', n.coverage_80, r.coverage_80) AS coverage_80,
                   coalesce(if(k.model = 'nowcast', n.cases, r.origins), 0) AS scored_forecasts,
                   if(k.model = 'nowcast', n.first_target_period, r.since) AS record_since,
                   if(k.model = 'nowcast', n.relative_wis, r.relative_wis) AS relative_wis,
                   if(k.model = 'nowcast', n.benchmark, 'calibrated naive') AS benchmark
            FROM known k
            LEFT JOIN mart.series m ON m.series_id = k.series_id AND m.period_start = k.origin_date
            LEFT JOIN record r ON r.series_id = k.series_id AND r.horizon = k.horizon
            LEFT JOIN nowcast_record n ON n.nowcast_task = k.nowcast_task
                AND n.indicator = k.indicator AND n.scored_stage = k.scored_stage
        )
        SELECT *, relative_wis < 1 AS beats_benchmark, {WORDS} AS words
        FROM recorded
        """  # noqa: S608
