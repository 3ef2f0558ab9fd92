"""Summary printed at the end of a refresh: by source, then the edition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from rich.table import Table as Grid

from fcm_migration import console as consoles
from fcm_migration import store
from fcm_migration.catalog.derive import empty
from fcm_migration.metadata.build import next_release, units
from fcm_migration.metadata.freshness import freshness
from fcm_migration.metadata.tables import SOURCES
from fcm_migration.publish.editions import list_editions
from fcm_migration.refresh import publishing
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.remarks import REMARKS
from fcm_migration.refresh.run import Summary
from fcm_migration.sources.base import Source

if TYPE_CHECKING:
    from rich.console import Console

HOW = {
    "download": "downloaded",
    "inbox": "by hand",
    "bundled": "bundled",
}


def print_summary(context: Context, summary: Summary) -> None:
    """Print outcome by source, every remark (see :mod:`remarks`), times, and the edition."""
    console = make_console()
    sources = store.read(context.home.table("meta", "sources"), SOURCES)
    _print_grid(console, _source_grid(sources))
    for remark in REMARKS:
        for sentence in remark(context, summary):
            say(console, sentence)
    say(console, _times(summary))
    word = "published" if summary.is_new else "unchanged; published anew with the latest checks"
    edition = summary.edition
    say(
        console,
        f"edition {edition.edition_id} (sequence {edition.sequence}) {word}: "
        f"{len(edition.tables)} tables, {edition.size / 1e6:.1f} MB",
    )
    for sentence in what_changed(summary):
        say(console, sentence)
    console.print(str(edition.path), highlight=False, markup=False, soft_wrap=True)


def what_changed(summary: Summary) -> list[str]:
    """Return what the new edition changed, shortened, or that nothing did."""
    if summary.is_new:
        return publishing.changed(summary.edition.path)
    said = "Nothing changed: figures, alerts and forecasts are as they were published before."
    return [said, *publishing.shortened(summary.checks, "they stand in meta.check_results")]


def _print_grid(console: Console, grid: Grid) -> None:
    """Print a table without trailing spaces, for pipes."""
    with console.capture() as captured:
        console.print(grid)
    for line in captured.get().splitlines():
        console.out(line.rstrip(), highlight=False)


def say(console: Console, sentence: str) -> None:
    """Print one sentence: wrapped on a terminal, one line in a pipe."""
    console.print(sentence, highlight=False, markup=False, soft_wrap=not console.is_terminal)


def _times(summary: Summary) -> str:
    """Return how long the refresh took, and the stages that took a tenth of a second or more."""
    long = [f"{name} {taken:.1f} s" for name, taken in summary.seconds.items() if taken >= 0.1]
    total = f"{sum(summary.seconds.values()):.0f} s in all"
    return f"{total}: {', '.join(long)}" if long else total


def print_sources(context: Context) -> None:
    """Print the registry and what the archive and the last refresh know of each source."""
    rows = source_rows(context)
    grid = Grid(box=None, pad_edge=False)
    for name in rows[0]:
        grid.add_column(name, overflow="fold", no_wrap=name == "source")
    for row in rows:
        grid.add_row(*row.values())
    console = consoles.console(pipe_width=240)
    console.print(grid)
    console.print(f"{len(rows)} datasets", highlight=False)


def source_rows(context: Context) -> list[dict[str, str]]:
    """Return one row per source: publisher, cadence, unit, licence, freshness, next release."""
    ends = period_ends(context)
    return [source_row(context, source, ends) for source in context.sources]


def period_ends(context: Context) -> dict[str, date | None]:
    """Return the last day of each source's newest figures at the last refresh; empty before it."""
    path = context.home.table("meta", "sources")
    known = store.read(path, SOURCES) if store.holds(path, SOURCES) else empty(SOURCES)
    return dict(known.select("source_id", "newest_period_end").iter_rows())


def source_row(context: Context, source: Source, ends: Mapping[str, date | None]) -> dict[str, str]:
    """Return one source's row of :func:`source_rows`; ``ends`` is from :func:`period_ends`."""
    usable = context.archive.usable(source.source_id)
    attempts = context.archive.attempts(source.source_id)
    newest = usable[-1] if usable else None
    following = next_release(source, newest.as_of if newest else None)
    overdue = following is not None and following < context.today
    end = ends.get(source.source_id)
    return {
        "source": source.source_id,
        "publisher": source.publisher,
        "cadence": source.cadence.words,
        "unit": ", ".join(units(source)),
        "licence": source.licence.title,
        "releases": str(len({snapshot.as_of for snapshot in usable})),
        "data to": str(end or ""),
        "freshness": freshness(
            context.today,
            as_of=newest.as_of if newest else None,
            newest_period_end=end,
            stale_after_days=source.cadence.stale_after_days,
            discontinued_since=source.cadence.discontinued_since,
        ).word,
        "as of": newest.as_of.isoformat() if newest else "none yet",
        "how": HOW[newest.obtained] if newest else "",
        "outcome": attempts[-1].outcome if attempts else "never asked",
        "next": f"{following or ''}{' (overdue)' if overdue else ''}",
        "held back": _held_back(context, source),
    }


def _held_back(context: Context, source: Source) -> str:
    """Return how many releases of a source are in quarantine, by outcome; empty for none."""
    outcomes = Counter(
        refusal["outcome"]
        for snapshot in context.archive.snapshots(source.source_id)
        if (refusal := context.archive.refusal(snapshot)) is not None
    )
    return ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))


def print_editions(published_dir: Path) -> None:
    """Print every edition that can be read or rolled back to."""
    grid = Grid(box=None, pad_edge=False)
    for name in ("edition", "sequence", "published", "tables", "MB", "current"):
        grid.add_column(name)
    for edition in list_editions(published_dir):
        grid.add_row(
            edition.edition_id,
            str(edition.sequence),
            edition.published_at.isoformat(sep=" ", timespec="seconds"),
            str(len(edition.tables)),
            f"{edition.size / 1e6:.1f}",
            "yes" if edition.is_current else "",
        )
    make_console().print(grid)


def _source_grid(sources: pl.DataFrame) -> Grid:
    grid = Grid(box=None, pad_edge=False)
    for name in ("source", "rows", "releases", "data to", "release", "how", "last look"):
        grid.add_column(name, justify="right" if name in ("rows", "releases") else "left")
    for row in sources.iter_rows(named=True):
        grid.add_row(
            row["source_id"],
            "" if row["flow_rows"] is None else f"{row['flow_rows']:,}",
            str(row["releases"]),
            str(row["newest_period_end"] or ""),
            str(row["as_of_date"] or "none yet"),
            HOW.get(row["obtained"], ""),
            row["last_outcome"] or "",
        )
    return grid


def make_console() -> Console:
    """Return a console as wide as the terminal, or wide enough for a file."""
    return consoles.console(pipe_width=140)
