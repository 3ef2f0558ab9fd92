"""The table of proxies of facilitation: rows of each, the level of a route, and disagreement."""

from __future__ import annotations

from typing import Any

import polars as pl

from fcm_migration.catalog.derive import conform, empty
from fcm_migration.trends.facilitation.boats import bunched_days, persons_per_boat
from fcm_migration.trends.facilitation.explanation import explain_disagreement
from fcm_migration.trends.facilitation.origins import first_appearances, is_watched, switches
from fcm_migration.trends.facilitation.tables import FACILITATION
from fcm_migration.trends.watch.panel import scopes, watched_panel

ROUTE_PERIOD = ("destination_iso3", "route", "frequency", "period")
HIGHEST = 3
DEFAULTS = {
    "origin_iso3": "total",
    "part": "",
    "counts_in_level": True,
    "concentration": None,
    "concentration_before": None,
    "disagreement": "",
}
Row = dict[str, Any]


def facilitation_proxies(
    flows: pl.DataFrame, series: pl.DataFrame, index: pl.DataFrame, series_breaks: pl.DataFrame
) -> pl.DataFrame:
    """Return ``trend.facilitation_proxies``.

    Args:
        flows: ``mart.flows``.
        series: ``mart.series``.
        index: ``mart.series_index``.
        series_breaks: ``meta.series_breaks``.

    Raises:
        ConformError: a value is not one its column allows.
    """
    panel = watched_panel(series, index)
    rows: list[Row] = [
        *persons_per_boat(flows, series_breaks),
        *bunched_days(flows),
        *switches(flows),
        *(row for scope in scopes(panel) if is_watched(scope) for row in first_appearances(scope)),
    ]
    grouped: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        grouped.setdefault(tuple(row[name] for name in ROUTE_PERIOD), []).append(DEFAULTS | row)
    made = [row for group in grouped.values() for row in _judged(group)]
    schema = empty(FACILITATION).schema
    return conform(pl.DataFrame(made, schema=schema), FACILITATION)


def _judged(group: list[Row]) -> list[Row]:
    """Return the rows of one route and period with its level, and where two proxies disagree."""
    counting = [row for row in group if row["counts_in_level"]]
    present = {row["proxy"] for row in counting if row["is_present"]}
    judged = {row["proxy"] for row in counting if row["is_present"] is not None}
    level = {"proxy_level": min(len(present), HIGHEST), "proxies_judged": len(judged)}
    boats = [row for row in group if row["proxy"] == "persons_per_boat"]
    days = [row for row in group if row["proxy"] == "bunched_days"]
    text = explain_disagreement(boats[0], days[0]) if boats and days else ""
    return [
        row | level | ({"disagreement": text} if row in (*boats, *days) else {}) for row in group
    ]
