"""SQL of the view on the forecasts that are shown.

What depends on the day (how old a figure is, whether a period is over) is computed here from the
day of the edition, so that nothing stored depends on it.
"""

from __future__ import annotations

from fcm_migration.publish.days import EDITION_DAY, last_day, period_length

LAST_KNOWN_DAY = last_day("w.origin_date", "w.length")
PUBLISHED_COMMENT = (
    "The forecasts that are shown, one row per series and period: median and 50, 80 and 95 % "
    "intervals, with what is forecast, its unit and the date of the data. Only series that are "
    "still reported, each from its newest figure; forecast.not_shown lists the others with the "
    "reason. age_months: whole months from the end of the last known period to the day the "
    "edition was made (meta.edition.published_at). target_is_over: the period forecast had ended "
    "by then; WHERE NOT target_is_over leaves what is still to come. known_value: a figure that a "
    "source (known_source_id) already prints for the same indicator, dimensions and period. Where "
    "known_is_partial is true it counts only part of the period, and forecast.nowcast has a better "
    "estimate of the whole; where it is false, quote the figure instead of the forecast."
)
PUBLISHED = f"""
        WITH wide AS (
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
                   any_value(i.as_of_date) AS as_of_date,
                   {period_length("i.frequency")} AS length
            FROM forecast.quantiles q JOIN mart.series_index i USING (series_id)
            ANTI JOIN forecast.not_shown USING (series_id)
            WHERE q.is_published
            GROUP BY ALL
        )
        SELECT w.* EXCLUDE (length),
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
            ORDER BY f.is_partial, f.source_id = w.source_id DESC, f.as_of_date DESC, f.source_id
        ) = 1
        """  # noqa: S608
