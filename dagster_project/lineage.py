"""Arrows between assets: as few as tell what follows from what, from publishers to the edition.

An arrow from every table that is read to every table that is made would be a thicket no browser
draws, so three rules thin it:

* the tables of a step hang on its first one, which alone bears the arrows of what the step reads;
* a core table, the newest word on each figure, hangs on its history, all that releases printed;
* an arrow is left out where a way through other assets tells the same.

Everything still follows from what it followed from before: a run of an asset and all that follows
selects the same assets (a test compares it with every arrow drawn).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg

from dagster_project.metadata import EDITION, archive_key, asset_key, publisher_key
from fcm_migration.catalog.model import Table
from fcm_migration.core.tables import history_table, latest_table
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.metadata.tables import SOURCES
from fcm_migration.refresh.registry import STEPS
from fcm_migration.refresh.step import Step
from fcm_migration.sources.base import Source

PANEL = (SERIES, SERIES_INDEX)
Arrows = dict[dg.AssetKey, list[dg.AssetKey]]


def arrows(sources: Sequence[Source]) -> Arrows:
    """Return the assets upstream of each asset, up to the edition."""
    drawn: Arrows = {}
    for source in sources:
        drawn[archive_key(source)] = [publisher_key(source)]
        for table in source.tables:
            drawn[asset_key(history_table(table))] = [archive_key(source)]
            drawn[asset_key(latest_table(table))] = [asset_key(history_table(table))]
    for step in STEPS:
        drawn |= _of_step(step, sources)
    drawn[EDITION] = ends()
    return thinned(drawn)


def ends() -> list[dg.AssetKey]:
    """Return the tables from which no other table follows: what the edition hangs on."""
    drawn: Arrows = {}
    for step in STEPS:
        drawn |= _of_step(step, ())
    upstream = {key for keys in drawn.values() for key in keys}
    return [key for key in drawn if key not in upstream]


def group_of(step: Step) -> str:
    """Return the group of a step's tables: one for all of them, so that groups form no circle."""
    return next((table.layer for table in step.makes if table.layer != "meta"), "meta")


def _of_step(step: Step, sources: Sequence[Source]) -> Arrows:
    read: dict[Table, Sequence[Table]]
    if step.name == "metadata":
        # what each is about: made of more, which is all upstream of that
        read = {table: PANEL if table == SOURCES else (FLOWS,) for table in step.makes}
    else:
        first, *others = step.makes
        read = {first: step.tables_read(sources), **dict.fromkeys(others, (first,))}
    return {asset_key(table): _keys(tables) for table, tables in read.items()}


def _keys(tables: Sequence[Table]) -> list[dg.AssetKey]:
    return [asset_key(table) for table in tables]


def thinned(drawn: Mapping[dg.AssetKey, Sequence[dg.AssetKey]]) -> Arrows:
    """Return the arrows that no way through other assets implies."""
    above: dict[dg.AssetKey, frozenset[dg.AssetKey]] = {}

    def upstream(key: dg.AssetKey) -> frozenset[dg.AssetKey]:
        if key not in above:
            direct = drawn.get(key, ())
            above[key] = frozenset(direct).union(*(upstream(other) for other in direct))
        return above[key]

    return {
        key: [one for one in direct if not any(one in upstream(other) for other in direct)]
        for key, direct in drawn.items()
    }
