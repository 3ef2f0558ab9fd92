"""Figures of the page on the forecasts' skill, queried from the published file."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.errors import UsageError
from fcm_migration.forecast.composition import MODELS
from fcm_migration.publish.query import Connection, EditionNote

ROLLED = 6  # origins in a rolling mean
NEAR = 3  # periods ahead that are rolled: what is read first
ENOUGH = 12  # origins a series needs to be named
WORST = 10  # named
CEILING = 2.0  # relative WIS above it is drawn at the edge
JUDGED = ("published", "seasonal_naive", "blend")
NEEDED = ("models", "origin_scores", "pool_scores", "scores", "track_record")

POOLS = """
WITH parts AS (
    SELECT series_id, unnest([earlier_series_id, later_series_id]) AS part_id FROM meta.splices
), origins AS (
    SELECT DISTINCT series_id, split_part(part_id, '/', 1) AS source_id FROM parts
    UNION ALL
    SELECT series_id, source_id FROM mart.series_index ANTI JOIN parts USING (series_id)
)
SELECT m.pool, any_value(m.frequency) AS frequency,
    string_agg(DISTINCT i.unit, ', ' ORDER BY i.unit) AS unit,
    string_agg(DISTINCT coalesce(s.publisher, o.source_id), ' and ' ORDER BY
        coalesce(s.publisher, o.source_id)) AS publisher,
    max(i.as_of_date) AS as_of_date,
    count(DISTINCT m.series_id) AS series,
    count(DISTINCT m.series_id) FILTER (m.series_class IN ('dense', 'short')) AS judged
FROM forecast.models m
JOIN mart.series_index i USING (series_id)
JOIN origins o USING (series_id)
LEFT JOIN meta.sources s ON s.source_id = o.source_id
GROUP BY m.pool ORDER BY m.pool
"""
HORIZONS = """
SELECT p.*, o.first_origin, o.last_origin, o.origins
FROM forecast.pool_scores p
LEFT JOIN (
    SELECT pool, horizon, min(origin_date) AS first_origin, max(origin_date) AS last_origin,
        count(DISTINCT origin_date) AS origins
    FROM forecast.origin_scores GROUP BY ALL
) o USING (pool, horizon)
WHERE p.scored_model IN ('published', 'seasonal_naive', 'blend')
ORDER BY p.pool, p.horizon, p."window", p.scored_model
"""
UNFITTED = """
FROM forecast.unfitted_scores ORDER BY pool, series_class DESC, horizon
"""
# weights: series scored; ln because relative scores are averaged as ratios
ORIGINS = f"""
WITH by_origin AS (
    SELECT pool, origin_date, sum(series) AS scored, bool_or(is_shock) AS is_shock,
        sum(series * ln(relative_wis_mean)) AS logs, sum(series * coverage_50) AS inside_50,
        sum(series * coverage_80) AS inside_80, sum(series * coverage_95) AS inside_95
    FROM forecast.origin_scores WHERE horizon <= {NEAR} GROUP BY ALL
)
SELECT pool, origin_date, is_shock, exp(sum(logs) OVER w / sum(scored) OVER w) AS relative_wis,
    sum(inside_50) OVER w / sum(scored) OVER w AS coverage_50,
    sum(inside_80) OVER w / sum(scored) OVER w AS coverage_80,
    sum(inside_95) OVER w / sum(scored) OVER w AS coverage_95
FROM by_origin
WINDOW w AS (PARTITION BY pool ORDER BY origin_date ROWS {ROLLED - 1} PRECEDING)
QUALIFY count(*) OVER w = {ROLLED}
ORDER BY pool, origin_date
"""  # noqa: S608
SERIES = f"""
SELECT s.series_id, m.pool, m.frequency, s.horizon, m.naive_share, s.origins, s.relative_wis,
    s.coverage_80, s.mae, i.unit, i.as_of_date
FROM forecast.scores s
JOIN forecast.models m
    ON m.series_id = s.series_id AND m.horizon = s.horizon
JOIN mart.series_index i ON i.series_id = s.series_id
WHERE s.scored_model = 'published' AND m.series_class = 'dense' AND s.origins >= {ENOUGH}
    AND s.relative_wis IS NOT NULL
ORDER BY s.relative_wis DESC, s.series_id, s.horizon
"""  # noqa: S608
SHARES = [name for name in MODELS.column_names if name.endswith("_share")]
FITTED = "series_class IN ('dense', 'short')"
CHOSEN = f"""
SELECT pool, horizon, count(*) AS series, count(*) FILTER ({FITTED}) AS fitted,
    {", ".join(f"avg({name}) FILTER ({FITTED}) AS {name}" for name in SHARES)},
    count(*) FILTER (doubt > 0) AS doubted
FROM forecast.models GROUP BY ALL ORDER BY pool, horizon
"""  # noqa: S608
# each period ahead of a series repeats the number of the whole series
FALLBACKS = """
SELECT coalesce(sum(fallbacks), 0)::BIGINT
FROM (SELECT max(fallbacks) AS fallbacks FROM forecast.models GROUP BY series_id)
"""
# the series behind pool_scores, whatever their pool
DESTINATIONS = f"""
SELECT i.destination_iso3, i.frequency, t.is_shock, count(*) AS targets,
    count(DISTINCT t.series_id) AS series,
    avg((t.observed_value BETWEEN t.lower_50 AND t.upper_50)::INT) AS coverage_50,
    avg((t.observed_value BETWEEN t.lower_80 AND t.upper_80)::INT) AS coverage_80,
    avg((t.observed_value BETWEEN t.lower_95 AND t.upper_95)::INT) AS coverage_95
FROM forecast.track_record t
JOIN mart.series_index i USING (series_id)
SEMI JOIN (FROM forecast.models WHERE series_class IN ('dense', 'short')) m USING (series_id)
WHERE t.record_kind = 'backtest' AND i.destination_iso3 IN {FIVE!r}
GROUP BY ALL ORDER BY ALL
"""  # noqa: S608
NOWCASTS = """
SELECT * FROM forecast.nowcast_scores
WHERE nowcast_method = 'published' OR (is_published AND NOT EXISTS (
    FROM forecast.nowcast_scores p WHERE p.nowcast_method = 'published'
    AND p.nowcast_task = nowcast_scores.nowcast_task AND p.stage = nowcast_scores.stage
    AND p.indicator = nowcast_scores.indicator
    AND p.vintage_basis = nowcast_scores.vintage_basis))
ORDER BY nowcast_task, indicator, stage, vintage_basis
"""
COHERENT = """
WITH sums AS (
    SELECT hierarchy, whole_id, dimension, horizon,
        sum("value") FILTER (node_kind = 'whole') AS whole,
        sum("value") FILTER (node_kind <> 'whole') AS parts
    FROM forecast.coherent GROUP BY ALL
), gaps AS (
    SELECT hierarchy, count(DISTINCT (whole_id, dimension)) AS sums,
        max(abs(whole - parts)) AS widest_gap
    FROM sums GROUP BY ALL
), nodes AS (
    SELECT DISTINCT hierarchy, node_id, horizon, base_value, "value"
    FROM forecast.coherent WHERE node_kind <> 'remainder'
)
SELECT hierarchy, any_value(sums) AS sums, any_value(widest_gap) AS widest_gap,
    count(DISTINCT node_id) AS series,
    sum(abs("value" - base_value)) / nullif(sum(base_value), 0) AS moved
FROM nodes JOIN gaps USING (hierarchy) GROUP BY hierarchy ORDER BY hierarchy
"""
DRIVERS = """
SELECT driver, pool, horizon, series, origins, relative_wis, relative_wis_lower,
    relative_wis_upper, has_skill
FROM forecast.drivers WHERE origins_judged = 'all' ORDER BY driver, pool, horizon
"""


@dataclass(frozen=True)
class Facts:
    """Figures on an edition's forecasts; a frame is empty where the edition has no such table.

    Attributes:
        edition: the edition that was queried.
        pools: pool, frequency, unit, publisher, as_of_date, series, judged (dense and short).
        horizons: ``forecast.pool_scores`` of the models in JUDGED, first and last origin,
            number of origins.
        unfitted: ``forecast.unfitted_scores``.
        origins: rolling means over ROLLED origins of 1 to NEAR periods ahead, by pool.
        series: scores of the published forecasts, by dense series of at least ENOUGH origins and
            by horizon, worst first.
        chosen: mean shares of the models by pool and period ahead.
        fallbacks: fits that failed, over all series and origins.
        destinations: coverage by destination of the five, frequency and window.
        nowcasts: ``forecast.nowcast_scores`` of what would have been published.
        coherent: number of sums, widest gap and share moved by reconciliation, by hierarchy.
        drivers: ``forecast.drivers`` over all origins judged.
    """

    edition: EditionNote
    pools: pl.DataFrame
    horizons: pl.DataFrame
    unfitted: pl.DataFrame
    origins: pl.DataFrame
    series: pl.DataFrame
    chosen: pl.DataFrame
    fallbacks: int
    destinations: pl.DataFrame
    nowcasts: pl.DataFrame
    coherent: pl.DataFrame
    drivers: pl.DataFrame

    @property
    def main(self) -> list[str]:
        """Return the pools of monthly to quarterly series, which are shown in full."""
        return self._pools(pl.col("frequency") != "A")

    @property
    def annual(self) -> list[str]:
        """Return the pools of annual series, which share one table."""
        return self._pools(pl.col("frequency") == "A")

    def _pools(self, chosen: pl.Expr) -> list[str]:
        scored = self.horizons.get_column("pool").unique().to_list()
        kept = self.pools.filter(chosen, pl.col("pool").is_in(scored))
        return kept.get_column("pool").to_list()

    def frequency(self, pool: str) -> str:
        """Return the frequency of a pool: M, Q, A, W or D."""
        return str(self.pools.filter(pool=pool).item(0, "frequency"))


def gathered(connection: Connection) -> Facts:
    """Return the figures of the published file.

    Raises:
        UsageError: the edition lacks a table of scores.
    """
    tables = connection.sql(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'forecast'"
    )
    there = set(tables.to_series())
    if missing := sorted(set(NEEDED) - there):
        raise UsageError(
            "the edition has no record of its forecasts",
            expected="tables forecast." + ", forecast.".join(NEEDED),
            got=f"missing: {', '.join(missing)}",
            remedy="run `fcm refresh` with this version first",
        )

    def asked(table: str, query: str) -> pl.DataFrame:
        return connection.sql(query) if table in there else pl.DataFrame()

    return Facts(
        edition=connection.edition,
        pools=connection.sql(POOLS),
        horizons=connection.sql(HORIZONS),
        unfitted=asked("unfitted_scores", UNFITTED),
        origins=connection.sql(ORIGINS),
        series=connection.sql(SERIES),
        chosen=connection.sql(CHOSEN),
        fallbacks=connection.sql(FALLBACKS).item(),
        destinations=connection.sql(DESTINATIONS),
        nowcasts=asked("nowcast_scores", NOWCASTS),
        coherent=asked("coherent", COHERENT),
        drivers=asked("drivers", DRIVERS),
    )
