"""Releases with accidents of layout: each reads to identical figures or is refused by name.

Every source's good release is taken apart, one accident happens to it, and it is read as a refresh
reads it: parsed, held to its declaration and, if its figures differ, judged beside the good release
as the one before ("suspect": it is shorter, or ends earlier, and goes to quarantine). Figures that
differ without a refusal, and errors that are none of ours, are wrong.

Example:
    python -m tests.torture.mutate --files 10000
    python -m tests.torture.mutate --source frontex_ibc --files 500
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import polars as pl
from rich.console import Console
from rich.progress import track
from rich.table import Table

from fcm_migration.archive.suspicion import Content, oddities
from fcm_migration.catalog.derive import conform
from fcm_migration.catalog.model import Table as Declared
from fcm_migration.errors import SourceError
from fcm_migration.limited import work
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import SET_ASIDE, Parsed, ReleaseFile, Source
from fcm_migration.sources.ca.ircc_asylum import CSV_FILE
from fcm_migration.sources.iom.missing_migrants_fetch import CSV_NAME
from fcm_migration.sources.uk_home_office.shorthand import SHORTHAND
from fcm_migration.workbook import Mark
from tests.sources import iom_files, unhcr_pages
from tests.sources.ca_ircc_asylum_workbook import office_csv
from tests.torture.books import Release, open_release
from tests.torture.campaigns import CHANGED_FILES, Record, record_if_full
from tests.torture.mutations import MUTATIONS, Accident

SEED = 20230628
OUTCOMES = ("same", "told", "refused", "suspect", "wrong")
WRITTEN = 25  # of so many changed workbooks one is written to a file; the others stay in memory
TRIES = 20
WIDEST = 120
UNITED_KINGDOM = (
    "uk_asylum_claims",
    "uk_asylum_support",
    "uk_awaiting_decision",
    "uk_initial_decisions",
    "uk_irregular_migration",
    "uk_returns",
    "uk_small_boats",
    "uk_small_boats_daily_page",
)
# Other texts than those of Mark that a publisher declares for figures.
DECLARED: Mapping[str, frozenset[str]] = {
    "au_osb": frozenset({"<5"}),
    "ca_ircc_asylum_citizenship": frozenset({""}),  # a country without a rank
    "eurostat_asylum_decisions": frozenset({":"}),
    "eurostat_asylum_monthly": frozenset({":"}),
    "eurostat_asylum_pending": frozenset({":"}),
    "eurostat_temporary_protection": frozenset({":"}),
    **dict.fromkeys(UNITED_KINGDOM, frozenset(SHORTHAND)),
    "unhcr_asylum_applications": frozenset({"-"}),
    "unhcr_asylum_decisions": frozenset({"-"}),
    "unhcr_demographics": frozenset({"-"}),
    "unhcr_nowcasting": frozenset({"-"}),
    "unhcr_population": frozenset({"-"}),
    "unhcr_solutions": frozenset({"-"}),
}
# Accidents that no reader can tell from a good release.
# (Nor a text cut off where a line ends: see mutations.truncated.)
OUT_OF_SCOPE: Mapping[tuple[str, str], str] = {
    ("unhcr_footnotes", "year_dropped"): "notes are written where there is something to note",
    ("unhcr_footnotes", "period_dropped"): "notes are written where there is something to note",
    ("iom_missing_migrants", "period_dropped"): "a month without an incident has no row",
    ("ucdp_ged", "period_dropped"): "a month without an event has no row",
    ("us_cbp_nationwide", "row_twice"): "the publisher repeats labels by state; rows are added up",
    ("iom_missing_migrants", "row_twice"): "records of an incident may be alike in every field",
    ("uk_asylum_claims", "row_twice"): "the publisher repeats labels; rows are added up",
}

Layout = Callable[[Source, Path], list[Path]]


def _release_file(source: Source, folder: Path) -> list[Path]:
    return [unhcr_pages.write_release(folder, source).path]


def _copy(name: str) -> Layout:
    return lambda _, folder: [Path(shutil.copy(iom_files.FOLDER / name, folder / name))]


def _written(name: str, content: bytes) -> Layout:
    def write(_: Source, folder: Path) -> list[Path]:
        (folder / name).write_bytes(content)
        return [folder / name]

    return write


# Further layouts of a source than that of its wire module.
OTHER_LAYOUTS: Mapping[str, Mapping[str, Layout]] = {
    "iom_missing_migrants": {
        "CSV of 2020": _copy(iom_files.CSV_2020),
        "CSV of 2026": _copy(iom_files.CSV_2026),
        "CSV of all years": _written(CSV_NAME, iom_files.all_years(date(2017, 4, 14))),
    },
    "ca_ircc_asylum": {"CSV": _written(CSV_FILE, office_csv().encode("utf-8-sig"))},
    **{
        source_id: {"Parquet": _release_file}
        for source_id in (
            "unhcr_asylum_applications",
            "unhcr_asylum_decisions",
            "unhcr_demographics",
            "unhcr_population",
            "unhcr_solutions",
        )
    },
}

Tables = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class Answer:
    """What a release says: its tables, and whether something of it was set aside with a note."""

    tables: Tables
    is_less: bool


@dataclass(frozen=True)
class Base:
    """A source's good release, what it says, and the marks the source declares."""

    name: str
    source: Source
    release: Release
    truth: Tables
    declared: frozenset[str]
    from_sheets: Callable[[Any, str], Parsed] | None


@dataclass(frozen=True)
class Case:
    """One changed release and what came of it."""

    number: int
    base: str
    mutation: str
    outcome: str
    detail: str


def bases(source_ids: Sequence[str], folder: Path) -> list[Base]:
    """Every source that has a release in wire format."""
    found = []
    for source in SOURCES:
        if source_ids and source.source_id not in source_ids:
            continue
        if find_spec(f"tests.wire.{source.source_id}") is None:
            raise SystemExit(f"tests/wire/{source.source_id}.py is not there")
        wire = import_module(f"tests.wire.{source.source_id}")
        (folder / source.source_id).mkdir()
        found.append(_base(source, wire.release(folder / source.source_id)))
        for layout, release in OTHER_LAYOUTS.get(source.source_id, {}).items():
            (folder / source.source_id / layout).mkdir()
            paths = release(source, folder / source.source_id / layout)
            found.append(replace(_base(source, paths), name=f"{source.source_id}, {layout}"))
    return found


def _base(source: Source, paths: list[Path]) -> Base:
    module = import_module(source.module)
    return Base(
        source.source_id,
        source,
        open_release(paths),
        read(source, [ReleaseFile(path.name, path) for path in paths]).tables,
        frozenset(_declared(module)) | DECLARED.get(source.source_id, frozenset()),
        getattr(module, "from_sheets", getattr(module, "parse_sheets", None)),
    )


def _declared(module: ModuleType) -> Iterator[str]:
    for value in vars(module).values():
        if isinstance(value, Mapping):
            yield from (k for k, v in value.items() if isinstance(v, Mark))


def read(source: Source, files: Sequence[ReleaseFile]) -> Answer:
    """Parse and conform as a refresh does. Raises SourceError where a refresh refuses."""
    parsed = work.read(source, files).parsed
    tables = {table.name: conform(parsed.tables[table.name], table) for table in source.tables}
    return Answer(tables, any(note.startswith(SET_ASIDE) for note in parsed.notes))


def answer(base: Base, release: Release, folder: Path, *, written: bool) -> Answer:
    """What a changed release says."""
    books = list(release.books.values())
    if base.from_sheets and books[0].kind == "workbook" and not (written or release.raw):
        parse = partial(_in_memory, base.from_sheets, release)
        return read(replace(base.source, parse=parse), [])
    files = []
    for book in books:
        path = folder / book.name
        path.write_bytes(release.content(book.name))
        files.append(ReleaseFile(book.name, path))
    return read(base.source, files)


def _in_memory(
    from_sheets: Callable[[Any, str], Parsed], release: Release, _files: Sequence[ReleaseFile]
) -> Parsed:
    (name, book), *_ = release.books.items()
    return from_sheets(book.sheets(), name)


def change(base: Base, wanted: str, chance: Random) -> tuple[str, Release]:
    """The release after the wanted accident, or after another where that one cannot happen."""
    names = [name for name in MUTATIONS if (base.source.source_id, name) not in OUT_OF_SCOPE]
    for name in [wanted] * TRIES + chance.sample(names, len(names)):
        release = base.release.copy()
        if name in names and MUTATIONS[name](Accident(release, chance, base.declared)):
            return name, release
    raise SystemExit(f"no accident can happen to {base.source.source_id}")


def case(base: Base, number: int, wanted: str, seed: int, folder: Path) -> Case:
    """Change a release once and read it."""
    chance = Random(f"{seed} {base.name} {number}")  # noqa: S311
    name, release = change(base, wanted, chance)
    outcome, detail = judge(base, release, folder, written=chance.randrange(WRITTEN) == 0)
    if (name, outcome) == ("unchanged", "refused"):
        outcome = "wrong"
    return Case(number, base.name, name, outcome, detail)


def judge(base: Base, release: Release, folder: Path, *, written: bool = False) -> tuple[str, str]:
    """Read a changed release beside the good one: one of :data:`OUTCOMES`, and why."""
    try:
        given = answer(base, release, folder, written=written)
    except SourceError as error:
        return "refused", str(error)
    except Exception:  # whatever escapes the pipeline's own net is a failure
        return "wrong", traceback.format_exc()
    tables = given.tables
    if all(same(table, base.truth[name]) for name, table in tables.items()):
        return "same", ""
    if given.is_less and all(
        is_part(tables[table.name], base.truth[table.name], table) for table in base.source.tables
    ):
        return "told", "what is there is right, and a note says what is not"
    before, now = content(base.source, base.truth), content(base.source, tables)
    if odd := oddities(base.source, before, now):
        return "suspect", "; ".join(odd)
    return "wrong", difference(base.truth, tables)


def content(source: Source, tables: Tables) -> Content:
    """What a release is judged by beside the one before it."""
    spans: dict[str, tuple[object, object]] = {}
    for table in source.tables:
        if table.period is not None:
            periods = tables[table.name].get_column(table.period)
            spans[table.name] = periods.min(), periods.max()
    return Content(source.source_id, {name: frame.height for name, frame in tables.items()}, spans)


def is_part(less: pl.DataFrame, truth: pl.DataFrame, table: Declared) -> bool:
    """Whether every row is one of the good release's, but for figures that are unknown now."""
    measures = table.measures
    unknown = less.filter(pl.all_horizontal(pl.col(name).is_null() for name in measures))
    wrong = less.join(truth, on=less.columns, how="anti", nulls_equal=True)
    return wrong.join(unknown, on=less.columns, how="anti", nulls_equal=True).is_empty()


def same(left: pl.DataFrame, right: pl.DataFrame) -> bool:
    """Whether two tables hold the same rows, in whatever order."""
    return left.equals(right) or left.sort(left.columns).equals(right.sort(right.columns))


def difference(truth: Tables, tables: Tables) -> str:
    """The first rows that stand in one of them only."""
    lines = []
    for name, table in tables.items():
        on = list(table.columns)
        lost = truth[name].join(table, on=on, how="anti", nulls_equal=True)
        new = table.join(truth[name], on=on, how="anti", nulls_equal=True)
        lines += [f"{name}: {lost.height} rows lost, {new.height} new"]
        lines += [f"  lost {row}" for row in lost.head(2).rows()]
        lines += [f"  new  {row}" for row in new.head(2).rows()]
    return "\n".join(lines)


def campaign(
    files: int,
    seed: int = SEED,
    source_ids: Sequence[str] = (),
    *,
    jobs: int = 1,
    shown: bool = False,
) -> list[Case]:
    """Change so many releases, sources and accidents in turn; the same whatever ``jobs`` is."""
    if jobs == 1:
        return _cases(range(files), seed, source_ids, shown=shown)
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        parts = [
            pool.submit(_cases, range(job, files, jobs), seed, source_ids, shown=shown and job == 0)
            for job in range(jobs)
        ]
        cases = [item for part in parts for item in part.result()]
    return sorted(cases, key=lambda item: item.number)


def _cases(
    numbers: Sequence[int], seed: int, source_ids: Sequence[str], *, shown: bool
) -> list[Case]:
    with tempfile.TemporaryDirectory(prefix="fcm-mutate-") as directory:
        folder = Path(directory)
        known = bases(source_ids, folder)
        (folder / "changed").mkdir()
        return [
            case(
                known[number % len(known)],
                number,
                accident_of(*divmod(number, len(known))),
                seed,
                folder / "changed",
            )
            for number in track(numbers, "changed files", disable=not shown)
        ]


def accident_of(turn: int, place: int) -> str:
    """Name the accident of a release in a turn of the campaign.

    Each release first stays as it is, then ends too early: both can happen to any of them. After
    that, neighbours meet different accidents, so that four turns try them all, and in as many
    turns as there are accidents each release meets each of them once.
    """
    anywhere = ("unchanged", "truncated")
    others = [name for name in MUTATIONS if name not in anywhere]
    turn %= len(MUTATIONS)
    if turn < len(anywhere):
        return anywhere[turn]
    return others[(turn - len(anywhere) + place) % len(others)]


def report(cases: Sequence[Case], by: Callable[[Case], str], heading: str) -> Table:
    """Outcomes counted by source or by mutation."""
    met = Counter((by(item), item.outcome) for item in cases)
    table = Table(heading, *OUTCOMES, "all")
    for name in dict.fromkeys(map(by, cases)):
        row = [met[name, outcome] for outcome in OUTCOMES]
        table.add_row(name, *map(str, row), str(sum(row)))
    total = Counter(item.outcome for item in cases)
    table.add_row("all", *(str(total[outcome]) for outcome in OUTCOMES), str(len(cases)))
    return table


def as_record(cases: Sequence[Case], seconds: float) -> Record:
    """Return the counts of a run; no file needs a step by hand, as the last release stays."""
    met = Counter(item.outcome for item in cases)
    wrong = met["wrong"]
    return Record(
        CHANGED_FILES.name,
        tried=len(cases),
        failed=wrong,
        healed=len(cases) - wrong,
        manual=0,
        seconds=round(seconds, 1),
        counts={
            **{outcome: met[outcome] for outcome in OUTCOMES},
            "sources": len({item.base.partition(",")[0] for item in cases}),
            "ways of changing a file": len({item.mutation for item in cases}),
        },
        notes=tuple(
            f"Out of scope: {source_id}, {name}: {reason.removesuffix('.')}."
            for (source_id, name), reason in OUT_OF_SCOPE.items()
        ),
    )


def main() -> None:
    """Parse the arguments and run; exit 1 if any file was read to other figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--source", action="append", default=[], metavar="ID")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--out", type=Path, help="folder of the record, of a short run too")
    given = parser.parse_args()
    begun = time.monotonic()
    cases = campaign(
        given.files, given.seed, given.source, jobs=given.jobs, shown=sys.stderr.isatty()
    )
    console = Console(width=WIDEST)
    console.print(report(cases, lambda item: item.base, "release"))
    console.print(report(cases, lambda item: item.mutation, "mutation"))
    for (source_id, name), reason in OUT_OF_SCOPE.items():
        console.print(f"out of scope: {source_id}, {name}: {reason}")
    console.print(f"{time.monotonic() - begun:.0f} seconds, seed {given.seed}")
    wrong = [item for item in cases if item.outcome == "wrong"]
    for item in wrong:
        console.print(
            f"WRONG {item.number} {item.base}: {item.mutation}\n{item.detail}", markup=False
        )
    if not given.source:
        found = as_record(cases, time.monotonic() - begun)
        record_if_full(found, given.out, is_full=given.files >= 10_000)
    raise SystemExit(1 if wrong else 0)


if __name__ == "__main__":
    main()
