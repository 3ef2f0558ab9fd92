"""Build a source's core tables from those of its releases that pass their checks.

Checks of a source's own tables run before anything is made of them, so what is wrong with one
publisher's release keeps no other source from being published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fcm_migration import store
from fcm_migration.archive.damage import damaged_notes
from fcm_migration.archive.model import Attempt
from fcm_migration.archive.releases import ParsedRelease, precedence, usable_releases
from fcm_migration.archive.snapshots import Archive
from fcm_migration.core.build import build_core
from fcm_migration.core.tables import core_tables
from fcm_migration.errors import ConformError, DamagedError, FailedChecksError, SourceError
from fcm_migration.expectations import CheckResult, critical_failures, failure_message
from fcm_migration.limited import UNFORESEEN
from fcm_migration.refresh.checking import check, is_accepted_as_failed
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.judging import checks_key, judge
from fcm_migration.refresh.parts import harmonised_part
from fcm_migration.sources.base import Source

CAN_BE_MADE = "tables and flows can be made"
LONGEST = 500


@dataclass(frozen=True)
class Settled:
    """A source's core tables by full name, and a sentence for each release newly set aside."""

    stored: dict[str, store.Stored]
    set_aside: tuple[str, ...]


def settle_source(context: Context, source: Source) -> Settled:
    """Build a source's core tables from its newest releases that pass their critical checks.

    A release that fails is set aside, newest first, one at a time, until the tables pass; then
    those that failed only beside another bad one are tried again. Where no release passes, the
    source has its tables without rows, as if it had never been reached.
    """
    before = {s.snapshot_id for s in context.archive.usable(source.source_id)}
    judged = judge(context, source)
    said = [str(error) for name, error in judged.suspect.items() if name in before]
    said += damage_told(context.archive, source)
    kept = sorted(judged.usable, key=precedence)
    stored, failures = _built(context, source, kept)
    failed: list[tuple[ParsedRelease, list[CheckResult]]] = []
    while failures and kept:
        failed.append((kept.pop(), failures))
        context.report(f"{source.source_id}: {failed[-1][0].snapshot.snapshot_id} fails its checks")
        stored, failures = _built(context, source, kept)
    aside = [failed[-1]] if failed else []
    for release, why in reversed(failed[:-1]):
        again, failures = _built(context, source, [*kept, release])
        if failures:
            aside.append((release, why))
        else:
            kept, stored = [*kept, release], again
    said += [_set_aside(context, source, release, why) for release, why in aside]
    if aside:
        stored, _ = _built(context, source, usable_releases(context.home, context.archive, source))
        if not kept:
            said.append(
                f"{source.source_id}: no release passes its checks, so this source has no figures "
                "in this edition; earlier editions are unchanged (fcm rollback)"
            )
    return Settled(stored, tuple(said))


def damage_told(archive: Archive, source: Source) -> list[str]:
    """Return a sentence for each release that is not used because an original of it is damaged."""
    told = [str(damage) for damage in damaged_notes(archive, source.source_id)]
    for snapshot in archive.snapshots(source.source_id):
        refusal = archive.refusal(snapshot)
        if refusal is not None and refusal["outcome"] == DamagedError.outcome:
            told += [] if "is_lost" in refusal else [refusal["detail"]]
    return told


def _built(
    context: Context, source: Source, releases: Sequence[ParsedRelease]
) -> tuple[dict[str, store.Stored], list[CheckResult]]:
    """Build the core tables of these releases; return them and the failures that count.

    Their rows of the flows are made as well, so that a release no harmonisation foresaw fails here,
    where it can be set aside, and not in the middle of all sources.
    """
    stored: dict[str, store.Stored] = {}
    try:
        stored = build_core(context.home, source, releases)
        if not any(is_accepted_as_failed(context, release.snapshot) for release in releases):
            tables = core_tables(source)
            results = [item for t in tables for item in check(context, t, releases=releases)]
            if failures := critical_failures(results):
                return stored, failures
        harmonised_part(context, source)
    except (SourceError, *UNFORESEEN) as error:
        if not releases:
            raise
        return stored, [_unforeseen(source, error)]
    return stored, []


def _unforeseen(source: Source, error: Exception) -> CheckResult:
    """Return an error in a source's own code as the failed check it amounts to."""
    return CheckResult(
        table=", ".join(table.full_name for table in source.tables),
        expectation=CAN_BE_MADE,
        kind="structural",
        severity="critical",
        success=False,
        element_count=1,
        unexpected_count=1,
        examples="[]",
        observed=f"{type(error).__name__}: {error}"[:LONGEST],
        reason="Figures that cannot be brought under common names cannot be published.",
        column=None,
    )


def _set_aside(
    context: Context, source: Source, release: ParsedRelease, failures: Sequence[CheckResult]
) -> str:
    name = release.snapshot.snapshot_id
    where = f"{source.source_id}, release {name}"
    withdraw = f"if it is wrong: fcm review {name} --withdraw --by NAME --reason WHY"
    error: SourceError = FailedChecksError(
        failure_message(failures),
        where=where,
        remedy=f"compare with the publisher; if the release is right: fcm review {name} --accept "
        f"--by NAME --reason WHY --until YYYY-MM-DD; {withdraw}",
    )
    if any(item.expectation == CAN_BE_MADE for item in failures):
        # even an acceptance by a person cannot make tables of it
        remedy = f"it needs a newer parser, or another file; {withdraw}"
        error = ConformError(failure_message(failures), where=where, remedy=remedy)
    context.archive.refuse(
        release.snapshot,
        outcome=error.outcome,
        detail=str(error),
        parser=checks_key(context, source),
        cause="checks",
    )
    context.archive.record(Attempt(source.source_id, context.now, error.outcome, str(error), name))
    return str(error)
