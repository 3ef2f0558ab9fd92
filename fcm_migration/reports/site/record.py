"""The page of the record: how forecasts and alerts have done, in good years and in bad ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.pages import Row
from fcm_migration.reports.pictures.naming import indicator_words, source_publishers
from fcm_migration.reports.site.around import Site
from fcm_migration.reports.site.record_figures import (
    alerts_figure,
    coverage_figure,
    series_figures,
)
from fcm_migration.reports.skill.facts import NEAR, Facts, gathered

if TYPE_CHECKING:
    from markupsafe import Markup

FORECASTS = "SELECT * FROM brief.forecast_record ORDER BY destination, horizon"
SHOWN = (1, 3, 6, 12)  # periods ahead
# the record of a source's figures is the same in every country they are counted in
ALERTS = """
SELECT DISTINCT what_is_counted, CASE WHEN is_every_series THEN '' ELSE source_id END AS source_id,
       is_strong, is_every_series, judged, proved_right, judged_in_quiet_years,
       proved_right_in_quiet_years
FROM brief.alert_record ORDER BY is_every_series DESC, what_is_counted, source_id, is_strong DESC
"""
# forecasts that readers really saw, whose period is over
SEEN = """
SELECT count(*) AS judged,
       count(*) FILTER (observed_value BETWEEN lower_80 AND upper_80) AS held
FROM forecast.track_record WHERE record_kind = 'published'
"""
LEAST_ORIGINS = 2  # that a year of monthly or quarterly forecasts needs to be named
# weights: series scored; ln because relative scores are averaged as ratios
YEARS = f"""
SELECT pool, year(origin_date) AS year, exp(sum(series * ln(relative_wis_mean)) / sum(series))
    AS relative_wis, sum(series * coverage_80) / sum(series) AS coverage_80
FROM forecast.origin_scores WHERE horizon <= {NEAR} AND relative_wis_mean > 0 GROUP BY ALL
HAVING count(DISTINCT origin_date) >= {LEAST_ORIGINS} OR pool LIKE '%/A'
ORDER BY pool, relative_wis, year
"""  # noqa: S608


def record_page(site: Site, navigation: Markup) -> str:
    """Return the page."""
    connection = site.connection
    facts = _facts(site)
    known = dict(connection.sql("SELECT source_id, publisher FROM meta.sources").iter_rows())
    main = connection.sql(FORECASTS).rows(named=True)
    return site.page(
        "record.html",
        navigation,
        near=NEAR,
        coverage=coverage_figure(connection),
        alerts_by_year=alerts_figure(connection),
        series=series_figures(connection, facts),
        main=_grouped(
            [row for row in main if row["horizon"] in SHOWN and row["scored_forecasts"]],
            "series_id",
        ),
        pools=_pools(site, facts),
        alerts=_alerts(connection.sql(ALERTS).rows(named=True), known),
        known=known,
        seen=connection.sql(SEEN).row(0, named=True),
    )


def _grouped(rows: Sequence[Row], *names: str) -> list[list[Row]]:
    """Return the rows that have the same in these columns together, in their order."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[name] for name in names), []).append(row)
    return list(groups.values())


def _alerts(rows: Sequence[Row], known: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a row for each kind of figure of a source, its strong alerts beside the others."""
    return [
        {
            "what": own[0]["what_is_counted"],
            "source_id": own[0]["source_id"],
            "publisher": source_publishers(own[0]["source_id"], known),
            "by": {row["is_strong"]: row for row in own},
        }
        for own in _grouped(rows, "what_is_counted", "source_id")
    ]


def _facts(site: Site) -> Facts | None:
    """Return the figures on forecasts; None where the edition has no scores."""
    try:
        return gathered(site.connection)
    except UsageError:
        return None


def _pools(site: Site, facts: Facts | None) -> list[dict[str, Any]]:
    """Return a row for each pool that is scored: its error near and far, best and worst year."""
    if facts is None:
        return []
    years = site.connection.sql(YEARS)
    found = []
    for pool in (*facts.main, *facts.annual):
        about = facts.pools.row(by_predicate=pl.col("pool") == pool, named=True)
        own = facts.horizons.filter(pool=pool, window="all", scored_model="published")
        scored = own.sort("horizon").rows(named=True)
        if not scored:
            continue
        by_year = years.filter(pool=pool).rows(named=True)
        found.append(
            about
            | {
                "what": indicator_words(pool.split("/")[1]),
                "near": _scored(scored[0]),
                "far": _scored(scored[-1]),
                "best": _scored(by_year[0]) if len(by_year) > 1 else None,
                "worst": _scored(by_year[-1]) if len(by_year) > 1 else None,
            }
        )
    return found


def _scored(row: Row) -> dict[str, Any]:
    """Return a row of scores with its error beside that of repeating the last figure, per cent."""
    score = row.get("relative_wis", row.get("relative_wis_mean"))
    return {**row, "beside": None if score is None else 100 * (score - 1)}
