"""What `fcm refresh` made is reported to Dagster: events without a run, once for each state.

Without this an asset that the command line made would say "never materialized" for ever, and one
that it made again would be called outdated. Nothing is made or checked here: only what stands
undamaged in the home is reported, and only checks whose results can be recalled.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster import AssetCheckEvaluation, EventLogEntry, EventLogRecord
from dagster._core.definitions.asset_checks.asset_check_evaluation import (
    AssetCheckEvaluationTargetMaterializationData,
)
from filelock import FileLock, Timeout

from dagster_project import checks
from dagster_project.assets.archive import OBTAINED, obtained
from dagster_project.lineage import Arrows, arrows
from dagster_project.metadata import (
    BRIEFS,
    EDITION,
    SITE,
    archive_key,
    asset_key,
    stored_metadata,
    told,
)
from dagster_project.pages import brief_link
from dagster_project.plots import traces
from dagster_project.versions import Contents, contents_of, versions
from fcm_migration.archive.model import Attempt, Snapshot
from fcm_migration.catalog.model import Table
from fcm_migration.errors import FcmError
from fcm_migration.refresh.checking import recall
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.present import Present, as_refreshed, present
from fcm_migration.refresh.publishing import changed
from fcm_migration.refresh.tables import warehouse_tables

VERSION, CODE = "dagster/data_version", "dagster/code_version"
GIVEN = "dagster/data_version_is_user_provided"
INPUT, POINTER = "dagster/input_data_version/", "dagster/input_event_pointer/"
# versions that Dagster gives what nobody has reported: of a publisher, and of an asset never made
EXTERNAL, NEVER = "INITIAL", "NULL"
Tags = Mapping[str, str]


@dataclass(frozen=True)
class Reported:
    """How many assets and results of checks were reported now."""

    assets: int = 0
    checks: int = 0
    maker: str = ""

    @property
    def words(self) -> str:
        """One sentence; empty where there was nothing to report."""
        if not self.assets and not self.checks:
            return ""
        return (
            f"Reported to Dagster, as made by {self.maker}: {self.assets} assets and "
            f"{self.checks} results of checks."
        )


def report(instance: dg.DagsterInstance, context: Context) -> Reported:
    """Report what stands in the home and Dagster does not know.

    Nothing is reported while a refresh runs, and while another process reports.

    Args:
        instance: Dagster's instance.
        context: home and sources; it is read alone.
    """
    found = present(context)
    if found is None:
        return Reported()
    folder = context.home.dagster_home
    folder.mkdir(exist_ok=True)  # without one, Dagster's storage lies elsewhere
    try:
        with FileLock(folder / "reporting.lock", timeout=0):  # server and sensor may both begin
            return _report(instance, context, found)
    except Timeout:
        return Reported()


def _report(instance: dg.DagsterInstance, context: Context, found: Present) -> Reported:
    due = _due(instance, arrows(context.sources), contents_of(context, found))
    shown = _metadata(context, found, due)
    for key, tags in due.items():  # upstream first
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                key,
                description=f"Made by {maker(found)}, reported.",
                metadata={**shown[key], "edition": found.edition.edition_id or ""},
                tags=tags,
            )
        )
    done = sum(1 for _ in _report_checks(instance, context, found))
    return Reported(len(due), done, maker(found))


def maker(found: Present) -> str:
    """Return who made what stands in the home."""
    return f"`{found.maker}`" if found.maker.startswith("fcm ") else found.maker


def _due(
    instance: dg.DagsterInstance, drawn: Arrows, contents: Contents
) -> dict[dg.AssetKey, dict[str, str]]:
    """Return the assets whose newest materialisation is of another state, with their tags now."""
    wanted = versions(drawn, contents)
    newest = _newest(instance, list(drawn))
    known = {key: _tags(record).get(VERSION, EXTERNAL) for key, record in newest.items()}
    due = {}
    for key in TopologicalSorter(drawn).static_order():
        if key not in contents:
            continue
        tags = _expected(key, wanted[key].value, drawn, known)
        known[key] = wanted[key].value
        if key not in newest or not _is_same(_tags(newest[key]), tags):
            due[key] = tags
    return due


def _newest(
    instance: dg.DagsterInstance, keys: Sequence[dg.AssetKey]
) -> dict[dg.AssetKey, EventLogRecord]:
    """Return the newest materialisation of each asset that has one."""
    return {
        record.asset_entry.asset_key: last
        for record in instance.get_asset_records(keys)
        if (last := record.asset_entry.last_materialization_record) is not None
    }


def without_pages(instance: dg.DagsterInstance) -> str | None:
    """Return the version of the newest edition that Dagster knows if its pages were not written."""
    newest = _newest(instance, [EDITION, BRIEFS, SITE])
    if EDITION not in newest:
        return None
    version = _tags(newest[EDITION]).get(VERSION)
    of = f"{INPUT}{EDITION.to_user_string()}"
    written = {_tags(newest[key]).get(of) if key in newest else None for key in (BRIEFS, SITE)}
    return None if written == {version} else version


def _tags(record: EventLogRecord) -> Tags:
    made = record.event_log_entry.asset_materialization
    return (made.tags if made is not None else None) or {}


def _expected(
    key: dg.AssetKey, version: str, drawn: Arrows, known: Mapping[dg.AssetKey, str]
) -> dict[str, str]:
    """Return the tags by which Dagster knows what an asset was made of; as a run would give them.

    The pointers to events are for partitions alone, which there are none of.
    """
    tags = {VERSION: version, GIVEN: "true", CODE: "fcm refresh"}
    for other in drawn[key]:
        unknown = EXTERNAL if other.path[0] == "publisher" else NEVER
        tags[f"{INPUT}{other.to_user_string()}"] = known.get(other, unknown)
        tags[f"{POINTER}{other.to_user_string()}"] = NEVER
    return tags


def _is_same(has: Tags, wanted: Tags) -> bool:
    """Return whether a materialisation is of a state: its own version, and those it follows from.

    A run that is under way when its inputs change names the inputs before: it is reported anew.
    """
    return _state(has) == _state(wanted)


def _state(tags: Tags) -> dict[str, str]:
    return {name: tags[name] for name in tags if name == VERSION or name.startswith(INPUT)}


def _metadata(
    context: Context, found: Present, due: Collection[dg.AssetKey]
) -> dict[dg.AssetKey, dict[str, Any]]:
    """Return what a report shows of each asset."""
    tables = {
        name: table
        for name, table in warehouse_tables(context.sources).items()
        if asset_key(table) in due
    }
    small = traces(context, tables.values()) if tables else {}
    shown = {
        asset_key(table): {**stored_metadata(found.tables[name]), **small.get(name, {})}
        for name, table in tables.items()
    }
    for source in context.sources:
        if (look := found.looks.get(source.source_id)) is not None:
            shown[archive_key(source)] = _of_archive(look, found.releases.get(look.source_id, ()))
    edition, home = found.edition, context.home
    shown[EDITION] = {
        "sequence": edition.sequence or 0,
        "size in bytes": edition.size,
        "changed": told(changed(home.published)),
        "file": dg.MetadataValue.path(str(home.published)),
    }
    if (home.root / brief_link(home).lstrip("/")).is_file():
        shown[EDITION]["brief"] = dg.MetadataValue.url(brief_link(home))
    return shown


def _of_archive(look: Attempt, releases: Sequence[Snapshot]) -> dict[str, Any]:
    facts = {"outcome": look.outcome, "detail": look.detail, "releases in use": len(releases)}
    if releases:
        facts["newest release"] = max(each.as_of for each in releases).isoformat()
    return facts


def _report_checks(
    instance: dg.DagsterInstance, context: Context, found: Present
) -> Iterator[dg.AssetCheckKey]:
    """Report the recalled results that Dagster does not have of the newest materialisation."""
    recalled = dict(_recalled(context, found))
    newest = _newest(instance, [key.asset_key for key in recalled])
    known = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(recalled))
    for key, shown in recalled.items():
        target = newest.get(key.asset_key)
        if target is None:
            continue
        had = _evaluation(known[key].event) if key in known else None
        if had is not None and _is_of(had, target, str(shown["metadata"][checks.CHECKED])):
            continue
        shown["description"] = f"{shown['description']} (checked by {maker(found)}, reported)"
        instance.report_runless_asset_event(
            AssetCheckEvaluation(
                asset_key=key.asset_key,
                check_name=key.name,
                target_materialization_data=AssetCheckEvaluationTargetMaterializationData(
                    storage_id=target.storage_id, run_id=target.run_id, timestamp=target.timestamp
                ),
                **shown,
            )
        )
        yield key


def _evaluation(event: EventLogEntry | None) -> AssetCheckEvaluation | None:
    return event.asset_check_evaluation if event is not None else None


def _is_of(had: AssetCheckEvaluation, target: EventLogRecord, key: str) -> bool:
    """Return whether a result is known: found on the same things, of the same materialisation."""
    of, checked = had.target_materialization_data, had.metadata.get(checks.CHECKED)
    return (
        of is not None
        and of.storage_id == target.storage_id
        and checked is not None
        and checked.value == key
    )


def _recalled(
    context: Context, found: Present
) -> Iterator[tuple[dg.AssetCheckKey, dict[str, Any]]]:
    """Yield each check whose result stands in the home, with what Dagster shows of it."""
    then = as_refreshed(context, found.moment)
    tables = warehouse_tables(context.sources)
    for name in found.tables:
        if (known := _recall(then, tables[name])) is not None:
            yield dg.AssetCheckKey(asset_key(tables[name]), checks.NAME), known
    for source in context.sources:
        look = found.looks.get(source.source_id)
        if look is not None:
            yield dg.AssetCheckKey(archive_key(source), OBTAINED), obtained(look)


def _recall(context: Context, table: Table) -> dict[str, Any] | None:
    try:
        known = recall(context, table)
    except FcmError:
        return None  # damaged since it was looked at
    return checks.words_of(known.results, known.key) if known is not None else None
