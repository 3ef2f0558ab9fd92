"""The arrows: few, in one direction, and nothing follows from less than it did with all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter

import dagster as dg
import pytest

from dagster_project.definitions import defs
from dagster_project.lineage import arrows, ends, thinned
from dagster_project.metadata import EDITION, archive_key, asset_key, publisher_key
from dagster_project.versions import versions
from fcm_migration.core.tables import core_tables
from fcm_migration.refresh.registry import STEPS
from fcm_migration.sources import SOURCES

MOST = 300  # arrows; with all that is read drawn there would be 582
Upstream = Mapping[dg.AssetKey, Sequence[dg.AssetKey]]


def everything_read() -> dict[dg.AssetKey, list[dg.AssetKey]]:
    """Every arrow there is: each table with all that its step reads."""
    drawn = {EDITION: [asset_key(table) for step in STEPS for table in step.makes]}
    for source in SOURCES:
        drawn[archive_key(source)] = [publisher_key(source)]
        drawn |= {asset_key(table): [archive_key(source)] for table in core_tables(source)}
    for step in STEPS:
        read = [asset_key(table) for table in step.tables_read(SOURCES)]
        drawn |= {asset_key(table): read for table in step.makes}
    return drawn


def downstream(drawn: Upstream, first: dg.AssetKey) -> set[dg.AssetKey]:
    found = {first}
    for key in TopologicalSorter(drawn).static_order():
        if found & set(drawn.get(key, ())):
            found.add(key)
    return found


def test_all_that_follows_from_a_source_is_what_followed_with_every_arrow_drawn() -> None:
    drawn, every = arrows(SOURCES), everything_read()
    for source in SOURCES:
        wanted = downstream(every, archive_key(source))
        # what a step makes beside its first table follows with it; no read leads to these alone
        missing = wanted - downstream(drawn, archive_key(source))
        assert missing == set()


def test_what_is_read_is_upstream_of_what_is_made() -> None:
    """So a run makes each table after all that it is made of."""
    drawn = arrows(SOURCES)
    for key, read in everything_read().items():
        for other in read:
            assert key in downstream(drawn, other), (other, key)


def test_the_arrows_are_few_and_none_is_implied_by_others() -> None:
    drawn = arrows(SOURCES)
    assert sum(len(read) for read in drawn.values()) < MOST
    assert thinned(drawn) == drawn


def test_dagster_s_graph_is_the_one_drawn() -> None:
    graph = defs.resolve_asset_graph()
    for key, read in arrows(SOURCES).items():
        assert graph.get(key).parent_keys == set(read)


def test_groups_form_no_circle() -> None:
    """Collapsed, the graph reads from the publishers to what is published."""
    graph = defs.resolve_asset_graph()
    between: dict[str, set[str]] = {}
    for key in graph.get_all_asset_keys():
        for other in graph.get(key).parent_keys:
            pair = (str(graph.get(other).group_name), str(graph.get(key).group_name))
            if pair[0] != pair[1]:
                between.setdefault(pair[1], set()).add(pair[0])
    order = list(TopologicalSorter(between).static_order())
    assert order[0] == "publishers"
    assert order[-1] == "published"


def test_the_edition_hangs_on_tables_that_no_other_follows_from() -> None:
    drawn = arrows(SOURCES)
    assert drawn[EDITION] == ends()
    read = {other for key, keys in drawn.items() if key != EDITION for other in keys}
    assert not read & set(ends())


@pytest.mark.parametrize("layer", ["core", "history"])
def test_a_change_shows_in_every_version_that_follows(layer: str) -> None:
    """Also where a table between holds the same rows as before."""
    drawn = arrows(SOURCES)
    contents = dict.fromkeys(drawn, "same")
    changed = next(asset_key(t) for t in core_tables(SOURCES[0]) if t.layer == layer)
    before, after = versions(drawn, contents), versions(drawn, {**contents, changed: "other"})
    differ = {key for key in drawn if before[key] != after[key]}
    assert differ == downstream(drawn, changed) & set(drawn)
