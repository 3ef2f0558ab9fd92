"""Which releases came, went or were refused; which sources became stale; which software made it."""

# ruff: noqa: S608  (every piece is SQL of our own)
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from fcm_migration.changes.line import Line
from fcm_migration.changes.wording import Names, Row, day_said
from fcm_migration.publish.pair import Pair

HOW = {"download": "downloaded", "inbox": "obtained by hand", "bundled": "bundled with the project"}
READ = frozenset(("source_id", "snapshot_id", "as_of_date", "obtained", "status", "detail"))
USED = "in_use"
VERSION = """SELECT o.package_version, n.package_version AS now
             FROM old.meta.edition o CROSS JOIN new.meta.edition n"""
FRESHNESS = """SELECT n.source_id, o.freshness, n.freshness AS now, n.freshness_words
               FROM old.meta.status o JOIN new.meta.status n USING (source_id)
               WHERE o.freshness <> n.freshness ORDER BY ALL"""


def software(pair: Pair) -> Iterator[Line]:
    """Yield a line where the two editions were made by different versions of this project."""
    old, new = pair.sql(VERSION).row(0)
    if old != new:
        yield Line(
            kind="software",
            sentence=f"The edition was made by version {new} of this project, the one before by "
            f"{old}: forecasts and alerts may differ for that reason alone.",
        )


def lines(pair: Pair, names: Names) -> Iterator[Line]:
    """Yield a line for each release that is used or set aside in one of the editions alone."""
    asked = f"SELECT {', '.join(sorted(READ))} FROM {{of}}.meta.snapshots"
    before, now = (
        {(row["source_id"], row["snapshot_id"]): row for row in frame.iter_rows(named=True)}
        for frame in pair.both(asked)
    )
    found: dict[tuple[str, str, date], list[Line]] = {}
    for key in sorted(before.keys() | now.keys(), key=str):
        if line := _line(before.get(key), now.get(key), names):
            day = (now.get(key) or before[key])["as_of_date"]
            found.setdefault((line.kind, key[0], day), []).append(line)
    for alike in found.values():  # the parts of one release, or several of one day, are told once
        said = alike[0].sentence
        if len(alike) > 1:
            said = said.replace(": the release of", f": {len(alike)} releases of", 1)
            said = said.replace(" is ", " are ", 1).replace(" was ", " were ", 1)
        yield replace(alike[0], sentence=said, items=len(alike))


def _line(old: Row | None, new: Row | None, names: Names) -> Line | None:
    was, is_ = (row is not None and row["status"] == USED for row in (old, new))
    row = new or old
    assert row is not None  # noqa: S101  (a key stands in one of them)
    release = f"{names.source(row['source_id'])}: the release of {day_said(row['as_of_date'])}"
    detail = str(row["detail"]).rstrip(".")
    if is_ and not was:
        return _said("release_added", f"{release} is new, {HOW[row['obtained']]}.", row)
    if was and not is_:
        why = f": {detail}" if new and detail else ""
        return _said("release_withdrawn", f"{release} is no longer used{why}.", row)
    if new and new["status"] == "quarantined" and (not old or old["status"] != new["status"]):
        return _said("release_refused", f"{release} was set aside: {detail}.", row)
    return None


def _said(kind: str, sentence: str, row: Row) -> Line:
    return Line(kind=kind, sentence=sentence, source_id=row["source_id"])


def freshness(pair: Pair, names: Names) -> Iterator[Line]:
    """Yield a line for each source that became stale, fresh or discontinued."""
    for row in pair.sql(FRESHNESS).iter_rows(named=True):
        now = f"is now {row['now']}, before {row['freshness']}"
        if row["freshness"] == "never obtained":
            now = f"has now been obtained, and is {row['now']}"
        yield Line(
            kind="freshness",
            sentence=f"{names.source(row['source_id'])} {now}: {row['freshness_words']}.",
            source_id=row["source_id"],
        )
