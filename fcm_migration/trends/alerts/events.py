"""Labelled events: documented movements with onset, peak and evidence.

Alerts are evaluated on them and on the surges found by rule. The file has the columns of
:data:`COLUMNS`; months are ``YYYY-MM``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration.catalog.reviewed import read_texts
from fcm_migration.errors import UsageError
from fcm_migration.trends.scoring.surges import Surge, at
from fcm_migration.trends.watch.panel import Scope

COLUMNS = (
    "event_id",
    "kind",
    "source_id",
    "indicator",
    "destination_iso3",
    "origin_iso3",
    "route",
    "onset",
    "peak",
    "evidence",
)
EVENT_KINDS = ("surge", "drop", "displacement")
# names in the file for what has another name in the catalogue
INDICATOR_NAMES = {
    ("unhcr_monthly", "asylum_applications"): "asylum_applications_monthly",
    ("uk_small_boats", "irregular_arrivals"): "small_boat_arrivals",
}
ROUTE_NAMES = {
    "channel_small_boat": ("english_channel",),
    "border_offices": ("land_border",),
    "border_and_inland_offices": ("land_border", "inland"),
}


def read_events(path: Path) -> pl.DataFrame:
    """Return the labelled events of a file: :data:`COLUMNS`, onset and peak as first of the month.

    Raises:
        UsageError: the file is missing, lacks a column, or holds an unknown kind or month.
    """
    frame = read_texts(path, COLUMNS, more_columns=True)
    if odd := sorted(set(frame.get_column("kind")) - set(EVENT_KINDS)):
        raise UsageError("unknown kind of event", where=path.name, expected=EVENT_KINDS, got=odd)
    months = [
        pl.concat_str(pl.col(name), pl.lit("-01")).str.to_date("%Y-%m-%d", strict=False).alias(name)
        for name in ("onset", "peak")
    ]
    read = frame.with_columns(months)
    wrong = read.filter(pl.col("onset").is_null() | pl.col("peak").is_null())
    if not wrong.is_empty():
        raise UsageError(
            "an event without a month",
            where=path.name,
            expected="YYYY-MM",
            got=wrong.get_column("event_id").to_list(),
        )
    return read


def labelled(scopes: Sequence[Scope], events: pl.DataFrame) -> Mapping[str, list[Surge]]:
    """Return the labelled surges of each scope by its name, without events of no series."""
    found: dict[str, list[Surge]] = {scope.name: [] for scope in scopes}
    for event in events.filter(pl.col("kind") == "surge").iter_rows(named=True):
        for scope in scopes:
            found[scope.name] += _matching(scope, event)
    return found


def unmatched(scopes: Sequence[Scope], events: pl.DataFrame) -> list[str]:
    """Return the names of labelled surges that no watched series covers."""
    found = labelled(scopes, events)
    matched = {surge.event_id for some in found.values() for surge in some}
    surges = events.filter(pl.col("kind") == "surge").get_column("event_id")
    return [name for name in surges if name not in matched]


def _matching(scope: Scope, event: Mapping[str, Any]) -> list[Surge]:
    source, name = event["source_id"], event["indicator"]
    first = scope.facts.row(0, named=True)
    indicator = INDICATOR_NAMES.get((source, name), name)
    if (source, indicator) != (first["source_id"], first["indicator"]):
        return []
    routes = ROUTE_NAMES.get(event["route"], (event["route"],))
    origin = event["origin_iso3"] or "total"
    surges = []
    for column, facts in enumerate(scope.facts.iter_rows(named=True)):
        same = facts["origin_iso3"] == origin and facts["place"] == "all"
        here = facts["route"] in routes or (routes == ("all",) and scope.dimension == "route")
        if same and here and facts["destination_iso3"] == event["destination_iso3"]:
            surge = at(scope, column, event["onset"], event["peak"], event["event_id"])
            surges += [] if surge is None else [surge]
    return surges
