"""Versions of assets: what Dagster compares to say whether one is outdated.

A version covers an asset's own content and the versions of all that it follows from, so whatever
changes upstream shows, also where arrows are left out (``lineage.py``) and where a step between
gave the same rows again. It is the same whoever made the tables: a run of Dagster or `fcm refresh`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter

import dagster as dg

from dagster_project.lineage import Arrows, arrows
from dagster_project.metadata import EDITION, archive_key, asset_key
from fcm_migration import store
from fcm_migration.archive.model import Snapshot
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.present import Present, stored_tables
from fcm_migration.refresh.tables import warehouse_tables

NOTHING = "nothing"  # the content of an asset that is not there
Versions = Mapping[dg.AssetKey, dg.DataVersion]
Contents = Mapping[dg.AssetKey, str]


def versions_now(context: Context) -> Versions:
    """Return the versions of the tables as they lie in the home now, for a run that made some."""
    tables = warehouse_tables(context.sources)
    stored = stored_tables(context.home, tables.values())
    contents = {asset_key(tables[name]): found.content_hash for name, found in stored.items()}
    return versions(arrows(context.sources), contents)


def contents_of(context: Context, found: Present) -> dict[dg.AssetKey, str]:
    """Return the content of every asset that stands in a home."""
    tables = warehouse_tables(context.sources)
    return {
        **{
            archive_key(source): releases_content(found.releases.get(source.source_id, ()))
            for source in context.sources
            if source.source_id in found.looks  # a look that found nothing has been made, too
        },
        **{asset_key(tables[name]): each.content_hash for name, each in found.tables.items()},
        EDITION: found.edition.edition_id or NOTHING,
    }


def releases_content(releases: Sequence[Snapshot]) -> str:
    """Return the content of an archive: which releases are in use."""
    return ",".join(release.snapshot_id for release in releases)


def versions(drawn: Arrows, contents: Contents) -> Versions:
    """Return the version of every asset of a graph.

    An archive does not count for its tables: what of it is in use is their content, and a release
    that only waits for its review changes none.

    Args:
        drawn: the assets upstream of each.
        contents: what each holds; one that is left out holds nothing.
    """
    made: dict[dg.AssetKey, str] = {}
    for key in TopologicalSorter(drawn).static_order():
        above = sorted(made[other] for other in drawn.get(key, ()) if _counts(other))
        made[key] = _version(contents.get(key, NOTHING), above)
    return {key: dg.DataVersion(text) for key, text in made.items()}


def _counts(upstream: dg.AssetKey) -> bool:
    return upstream.path[0] not in ("publisher", "archive")


def _version(content: str, above: list[str]) -> str:
    return store.sha256(json.dumps([content, above]).encode())[:16]


def archive_version(releases: Sequence[Snapshot]) -> dg.DataVersion:
    """Return the version of an archive of these releases."""
    return dg.DataVersion(_version(releases_content(releases), []))


def edition_version(context: Context, edition_id: str) -> dg.DataVersion:
    """Return the version of an edition made of the tables as they lie in the home."""
    drawn = arrows(context.sources)
    above = versions_now(context)
    return dg.DataVersion(_version(edition_id, sorted(above[key].value for key in drawn[EDITION])))
