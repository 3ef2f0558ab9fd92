"""What the explorer shows, read from the published file: one frame for each kind of thing."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from fcm_migration.catalog.columns import FIVE, SERIES_DIMENSIONS
from fcm_migration.errors import UsageError
from fcm_migration.publish.query import Connection

SUPPRESSED, HELD_BACK, IMPLIED_ZERO = -1, -2, -3  # in place of a figure, which is never negative
OF_THE_FIVE = ", ".join(f"'{code}'" for code in FIVE)
FREQUENCIES = ("M", "Q", "A")
CODE = f"""
CASE WHEN s.is_suppressed THEN {SUPPRESSED} WHEN s.is_held_back THEN {HELD_BACK}
     WHEN s.is_implied_zero THEN {IMPLIED_ZERO} ELSE s."value" END
"""
INDEX = f"""
SELECT x.*, f.figures FROM mart.series_index x JOIN (
    SELECT s.series_id, list({CODE} ORDER BY s.period_start) AS figures,
           count(s."value") FILTER (NOT s.is_implied_zero) AS printed
    FROM mart.series s GROUP BY ALL
) f USING (series_id)
WHERE x.destination_iso3 IN ({OF_THE_FIVE}) AND x.frequency IN {FREQUENCIES} AND f.printed > 0
ORDER BY x.indicator, x.destination_iso3, x.source_id, x.frequency, x.route, x.place,
         x.population_group, x.origin_iso3 <> 'total', x.origin_iso3
"""  # noqa: S608 (of constants)
PARTIAL = f"""
SELECT concat_ws('/', {", ".join(SERIES_DIMENSIONS)}) AS series_id, period_start, "value"
FROM mart.flows
WHERE is_partial AND "value" IS NOT NULL AND destination_iso3 IN ({OF_THE_FIVE})
  AND frequency IN {FREQUENCIES}
ORDER BY series_id, period_start
"""  # noqa: S608
AHEAD = f"""
SELECT series_id, target_period, horizon, model, median, lower_50, upper_50, lower_80, upper_80,
       lower_95, upper_95, counted_so_far, counted_to_date, scored_forecasts, coverage_80,
       relative_wis
FROM forecast.published WHERE destination_iso3 IN ({OF_THE_FIVE}) ORDER BY series_id, target_period
"""  # noqa: S608
ALERTS = f"""
SELECT series_id, period, direction, tier, if(opens_episode, headline, '') AS headline
FROM trend.alerts WHERE destination_iso3 IN ({OF_THE_FIVE}) ORDER BY series_id, period
"""  # noqa: S608
BREAKS = f"""
SELECT b.* FROM meta.series_breaks b SEMI JOIN (
    FROM mart.series_index WHERE destination_iso3 IN ({OF_THE_FIVE})
) x USING (series_id)
ORDER BY series_id, break_first_date NULLS FIRST, break_id
"""  # noqa: S608
POLICIES = """
FROM meta.policy_events WHERE expected_direction <> 'none' ORDER BY policy_date, policy_id
"""
SOURCES = """
SELECT o.source_id, o.title, o.publisher, o.landing_url, o.licence_title, o.attribution,
       CASE s.freshness
           WHEN 'stale' THEN 'newer ones are overdue'
           WHEN 'discontinued' THEN 'nothing has been released since ' || o.discontinued_since
           ELSE '' END AS overdue
FROM meta.sources o LEFT JOIN meta.status s USING (source_id)
"""
INDICATORS = """
SELECT indicator, title, unit, kind, counting_rule, comparability FROM meta.indicators
"""
POPULATION = f"""
SELECT country_code, year, population_persons, as_of_date FROM mart.population
WHERE country_code IN ({OF_THE_FIVE}) ORDER BY country_code, year
"""  # noqa: S608
NAMES = "SELECT country_code, country_name FROM meta.countries"
ALIASES = """
SELECT origin_iso3, list(DISTINCT label ORDER BY label) AS labels
FROM meta.country_labels WHERE origin_iso3 IS NOT NULL GROUP BY ALL
"""
POPULATION_SOURCE = "worldbank_population"


@dataclass(frozen=True)
class Held:
    """What the page holds of an edition.

    Attributes:
        index: a row a series of ``mart.series_index``, with ``figures``: one a period, oldest
            first; null where nothing is reported, a negative number for SUPPRESSED, HELD_BACK and
            IMPLIED_ZERO.
        partial: figures of incomplete periods.
        ahead: rows of ``forecast.published``.
        alerts: rows of ``trend.alerts``; ``headline`` is empty but where an episode opens.
        breaks: rows of ``meta.series_breaks``.
        policies: rows of ``meta.policy_events``.
        sources: rows of ``meta.sources``; ``overdue`` says why newer figures should be
            there, else it is empty.
        indicators: rows of ``meta.indicators``.
        population: inhabitants of the five countries by year.
        names: names of countries by code.
        aliases: what publishers call an origin, by its code.
    """

    index: pl.DataFrame
    partial: pl.DataFrame
    ahead: pl.DataFrame
    alerts: pl.DataFrame
    breaks: pl.DataFrame
    policies: pl.DataFrame
    sources: pl.DataFrame
    indicators: pl.DataFrame
    population: pl.DataFrame
    names: dict[str, str]
    aliases: dict[str, list[str]]

    def numbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of series that the page holds, with their numbers in ``series``."""
        numbers = self.index.select("series_id").with_row_index("series")
        return rows.join(numbers, on="series_id", how="inner", maintain_order="left")


def read_edition(connection: Connection) -> Held:
    """Return what the page holds of the edition.

    Raises:
        UsageError: the edition has no series of the five countries.
    """
    index = connection.sql(INDEX)
    if index.is_empty():
        raise UsageError(
            "the edition has no series to explore",
            where="mart.series_index",
            expected=f"series with figures of {', '.join(FIVE)}",
            remedy="run: fcm refresh; `fcm status` says which sources were obtained",
        )
    return Held(
        index=index,
        partial=connection.sql(PARTIAL),
        ahead=connection.sql(AHEAD),
        alerts=connection.sql(ALERTS),
        breaks=connection.sql(BREAKS),
        policies=connection.sql(POLICIES),
        sources=connection.sql(SOURCES),
        indicators=connection.sql(INDICATORS),
        population=connection.sql(POPULATION),
        names=dict(connection.sql(NAMES).iter_rows()),
        aliases=dict(connection.sql(ALIASES).iter_rows()),
    )
