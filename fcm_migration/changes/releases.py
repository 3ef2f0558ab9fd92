"""Which releases came, went or were refused; which sources became stale; which software made it."""

# ruff: noqa: S608  (every piece is SQL of our own)
from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    found: dict[tuple[str, str, date], list[Row]] = {}
    for key in sorted(before.keys() | now.keys(), key=str):
        old, new = before.get(key), now.get(key)
        row = new or old
        kind = _kind(old, new)
        if row is not None and kind is not None:
            found.setdefault((kind, row["source_id"], row["as_of_date"]), []).append(row)
    for (kind, source_id, day), alike in found.items():  # parts of one release are told once
        which = "the release" if len(alike) == 1 else f"{len(alike)} releases"
        said = f"{names.source(source_id)}: {which} of {day_said(day)} {_became(kind, alike)}."
        yield Line(kind=kind, sentence=said, items=len(alike), source_id=source_id)


def _kind(old: Row | None, new: Row | None) -> str | None:
    """Return what became of a release; None where nothing did."""
    was, is_ = (row is not None and row["status"] == USED for row in (old, new))
    if was != is_:
        return "release_added" if is_ else "release_withdrawn"
    is_refused = new is not None and new["status"] == "quarantined"
    return "release_refused" if is_refused and (not old or old["status"] != "quarantined") else None


def _became(kind: str, alike: Sequence[Row]) -> str:
    """Return what became of the releases of one day, as the end of a sentence."""
    is_one = len(alike) == 1
    detail = str(alike[0]["detail"]).rstrip(".")
    if kind == "release_added":
        return f"{'is' if is_one else 'are'} new, {HOW[alike[0]['obtained']]}"
    why = f": {detail}" if detail and alike[0]["status"] != USED else ""
    if kind == "release_withdrawn":
        return f"{'is' if is_one else 'are'} no longer used{why}"
    return f"{'was' if is_one else 'were'} set aside{why}"


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
