"""Compare two editions: what the newer one says that the older one did not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from fcm_migration.catalog.derive import empty, polars_schema
from fcm_migration.catalog.model import Table
from fcm_migration.changes import figures, outlook, releases, remaining, signs
from fcm_migration.changes.line import Line
from fcm_migration.changes.wording import day_said, names_of
from fcm_migration.errors import EditionError
from fcm_migration.publish.change_tables import CHANGED_SERIES, CHANGES
from fcm_migration.publish.pair import Pair, pair

FLOWS = ("mart.flows", figures.READ)
EDITION = "SELECT edition_id, published_at FROM {of}.meta.edition"
NOT_COMPARED = (
    "{what} are not compared: one of the editions holds them in another form ({relation}), as it "
    "was made by another version of this project."
)
FIRST = (
    "There is no earlier edition with other figures to compare this one with: it is the first that "
    "was made here, or the earlier ones are no longer kept."
)


@dataclass(frozen=True)
class Changes:
    """What changed between two editions.

    Attributes:
        lines: rows of ``meta.changes``.
        series: rows of ``meta.changed_series``.
        words: which editions were compared, in a sentence.
    """

    lines: pl.DataFrame
    series: pl.DataFrame
    words: str


def compare(old: Path, new: Path) -> Changes:
    """Return what changed from an older edition to a newer one.

    Raises:
        EditionError: a file is no edition, or cannot be read.
    """
    with pair(old, new) as editions:
        (old_id, at), (new_id, later) = (frame.row(0) for frame in editions.both(EDITION))
        changed = (
            figures.changed_series(editions)
            if editions.comparable(*FLOWS)
            else empty(CHANGED_SERIES)
        )
        told = list(_lines(editions, changed))
    if not told:
        told = [Line(kind="nothing", sentence=_nothing(at), items=0)]
    words = f"From edition {old_id} of {_moment_said(at)} to {new_id} of {_moment_said(later)}."
    return Changes(_table(told, old_id, at), figures.as_table(changed), words)


def since(old: Path | None, new: Path) -> Mapping[Table, pl.DataFrame]:
    """Return the rows of ``meta.changes`` and ``meta.changed_series`` of a new edition.

    An older file that cannot be read is no reason not to publish: the rows say so.

    Args:
        old: file of the edition before; None where there is none.
        new: file of the new one.
    """
    if old is None:
        changes = _without(Line(kind="first_edition", sentence=FIRST, items=0))
    else:
        try:
            changes = compare(old, new)
        except EditionError as error:
            said = f"The edition before cannot be compared with: {error}."
            changes = _without(Line(kind="not_compared", sentence=said, items=0))
    return {CHANGES: changes.lines, CHANGED_SERIES: changes.series}


def _without(line: Line) -> Changes:
    return Changes(_table([line], None, None), empty(CHANGED_SERIES), line.sentence)


def _moment_said(at: datetime) -> str:
    return f"{day_said(at.date())} ({at:%H:%M} UTC)"


def _nothing(at: datetime) -> str:
    return f"Nothing changed since the edition of {day_said(at.date())}."


def _lines(editions: Pair, changed: pl.DataFrame) -> Iterator[Line]:
    """Yield every line, in the order to read them in."""
    names = names_of(editions)
    parts: tuple[tuple[str, str, frozenset[str], Callable[[], Iterator[Line]]], ...] = (
        ("Releases", "meta.snapshots", releases.READ, lambda: releases.lines(editions, names)),
        ("Figures", *FLOWS, lambda: figures.lines(changed, names)),
        ("Alerts", "trend.current", signs.READ, lambda: signs.lines(editions)),
        ("Forecasts", "forecast.published", outlook.READ, lambda: outlook.lines(editions, names)),
        (
            "Forecasts of years",
            "forecast.year_totals",
            outlook.READ_YEARS,
            lambda: outlook.year_lines(editions, names),
        ),
        ("Checks", "meta.check_results", remaining.READ, lambda: remaining.checks(editions)),
        (
            "Ages of sources",
            "meta.status",
            frozenset(("source_id", "freshness", "freshness_words")),
            lambda: releases.freshness(editions, names),
        ),
    )
    yield from releases.software(editions)
    told: set[str] = set()
    is_told = False
    for what, relation, columns, make in parts:
        is_comparable = editions.comparable(relation, columns)
        if is_comparable is None:
            continue
        if not is_comparable:
            yield _not_compared(what, relation)
            continue
        try:
            made = list(make())
        except EditionError:  # a view of an older edition that today's DuckDB cannot answer
            yield _not_compared(what, relation)
            continue
        told |= {line.source_id for line in made if line.source_id}
        is_told = is_told or bool(made)
        yield from made
    yield from remaining.other_tables(editions, told if is_told else None)


def _not_compared(what: str, relation: str) -> Line:
    return Line(kind="not_compared", sentence=NOT_COMPARED.format(what=what, relation=relation))


def _table(lines: list[Line], edition_id: str | None, at: datetime | None) -> pl.DataFrame:
    """Return lines as rows of ``meta.changes``."""
    rows = [
        {"line": number, **line.row, "old_edition_id": edition_id, "old_published_at": at}
        for number, line in enumerate(lines, start=1)
    ]
    schema = polars_schema(CHANGES)
    return pl.DataFrame(
        [{name: row[name] for name in schema} for row in rows], schema=schema, orient="row"
    )
