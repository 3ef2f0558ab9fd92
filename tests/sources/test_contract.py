"""The contract of every source: a changed file gives the same figures or is refused by name.

Each source's good release (:mod:`tests.wire`, and the further layouts that
:mod:`tests.torture.mutate` knows) meets the same accidents: a header row that stands twice, columns
that changed places, a period that is lost, a file of another source, another encoding. What only
one source can meet is tested beside that source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fcm_migration.sources import SOURCES
from tests.torture import mutate
from tests.torture.books import BOM, Release
from tests.torture.mutations import Place, lose_period, periods_of, places

pytestmark = pytest.mark.slow

LAYOUTS = [
    (source.source_id, layout)
    for source in SOURCES
    for layout in ("", *mutate.OTHER_LAYOUTS.get(source.source_id, ()))
]
NAMES = [", ".join(filter(None, pair)) for pair in LAYOUTS]
Answer = Callable[[mutate.Base, Release], str]

# Read on: a second row of months between IRCC's offices is passed over like any row without one.
HEADER_MAY_STAND_TWICE = {"ca_ircc_asylum"}
# Columns are found by their place, or their order is part of the declared layout.
ORDER_IS_DECLARED = {
    "ca_irb_claims",
    "ca_ircc_asylum",
    "eurostat_asylum_decisions",
    "eurostat_asylum_monthly",
    "eurostat_asylum_pending",
    "eurostat_temporary_protection",
    "unhcr_asylum_applications",
    "unhcr_demographics",
    "unhcr_population",
    "unhcr_solutions",
    "us_ohss_monthly",  # a heading holds for the columns at its right
}
# Releases that print fewer than three periods, or none in a table. A month lost from IRCC's sheet,
# from the monthly updates of Operation Sovereign Borders, from the IRB's pages and from the OHSS
# monthly tables (where a year stands above its months), and a year lost from the World Bank's
# header (which passes for a row of figures) is tested beside these sources.
NO_PERIOD_TO_LOSE = {
    "au_osb",
    "au_protection_866",
    "ca_irb_claims",
    "ca_ircc_asylum",
    "iom_missing_migrants, CSV of 2020",
    "iom_missing_migrants, CSV of 2026",
    "ucdp_ged",
    "unhcr_countries",
    "unhcr_nowcasting",
    "us_ohss_monthly",
    "worldbank_population",
}
# Sources whose tables hold a row only where there is something to report.
PERIODS_MAY_BE_EMPTY = {source_id for source_id, name in mutate.OUT_OF_SCOPE if "period" in name}


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, mutate.Base]:
    """Every good release by name."""
    found = mutate.bases([], tmp_path_factory.mktemp("good"))
    return {base.name: base for base in found}


@pytest.fixture
def base(bases: dict[str, mutate.Base], name: str) -> mutate.Base:
    """The good release of this test."""
    return bases[name]


@pytest.fixture
def outcome(tmp_path: Path) -> Answer:
    """What comes of a changed release: same, refused, suspect, or wrong with the difference."""

    def found(base: mutate.Base, release: Release) -> str:
        outcome, detail = mutate.judge(base, release, tmp_path)
        return f"wrong: {detail}" if outcome == "wrong" else outcome

    return found


def changed(base: mutate.Base) -> Iterator[tuple[Release, Place]]:
    """For each table, a copy of the release and the table in it."""
    for number, _ in enumerate(places(base.release)):
        release = base.release.copy()
        yield release, list(places(release))[number]


def test_the_contract_covers_every_source(bases: dict[str, mutate.Base]) -> None:
    assert list(bases) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_header_that_stands_twice_is_refused(base: mutate.Base, outcome: Answer) -> None:
    """In the first line below, in the middle and at the end of each table that has a header."""
    met = set()
    for release, place in changed(base):
        header, grid = list(place.grid[place.top]), list(place.grid)
        if not place.has_header:
            continue
        for line in (place.top + 1, (place.top + 1 + len(grid)) // 2, len(grid)):
            place.grid[:] = [*grid[:line], header, *grid[line:]]
            met.add(outcome(base, release))
    assert met <= {"refused", "same"}  # the same: a sheet that is not read
    expected = "same" if base.name in HEADER_MAY_STAND_TWICE else "refused"
    assert expected in met or not list(places(base.release))


@pytest.mark.parametrize("name", NAMES)
def test_columns_that_changed_places_are_read_by_name_or_refused(
    base: mutate.Base, outcome: Answer
) -> None:
    """Neighbours at the left and at the right, the outermost two, and all of them."""
    met = set()
    for release, place in changed(base):
        if not place.has_header or place.width < 2:
            continue
        grid, last = [list(row) for row in place.grid], place.width - 1
        order = list(range(place.width))
        for one, other in ((0, 1), (last - 1, last), (0, last)):
            swapped = list(order)
            swapped[one], swapped[other] = other, one
            met.add(_ordered(base, release, place, grid, swapped, outcome))
        met.add(_ordered(base, release, place, grid, order[::-1], outcome))
    if base.name in ORDER_IS_DECLARED:
        assert met <= {"refused", "same"}
    else:
        assert met <= {"same"}


def _ordered(
    base: mutate.Base,
    release: Release,
    place: Place,
    grid: list[list[object]],
    order: list[int],
    outcome: Answer,
) -> str:
    place.grid[:] = [
        [row[n] for n in order] if len(row) == len(order) else list(row) for row in grid
    ]
    return outcome(base, release)


@pytest.mark.parametrize("name", NAMES)
def test_a_lost_period_is_refused(base: mutate.Base, outcome: Answer) -> None:
    """The second, the middle and the last but one of every table, and a year of all of them."""
    met = set()
    for release, place in changed(base):
        known = periods_of([place])
        rows = [list(row) for row in place.grid]
        for lost in sorted({known[1], known[len(known) // 2], known[-2]} if len(known) > 2 else ()):
            place.grid[:] = [list(row) for row in rows]
            lose_period([place], lost)
            met.add(outcome(base, release))
    years = sorted({period[:1] for period in periods_of(list(places(base.release))) if period})
    for year in years[1:-1]:
        release = base.release.copy()
        lose_period(list(places(release)), year)
        met.add(outcome(base, release))
    if base.source.source_id in PERIODS_MAY_BE_EMPTY:
        return
    assert met == (set() if base.name in NO_PERIOD_TO_LOSE else {"refused"})


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_another_source_is_refused(
    base: mutate.Base, bases: dict[str, mutate.Base], outcome: Answer
) -> None:
    """Every other release of the same kind of file, under its own name and under this source's."""
    kinds = {book.kind for book in base.release.books.values()}
    met = {}
    for other in bases.values():
        strange = other.release.copy()
        if other.source is base.source or not kinds & {b.kind for b in strange.books.values()}:
            continue
        met[other.name] = outcome(base, strange)
        names = list(base.release.books)
        if len(strange.books) == len(names):
            for name, book in zip(names, strange.books.values(), strict=True):
                book.name = name
            strange.books = {book.name: book for book in strange.books.values()}
            met[f"{other.name}, renamed"] = outcome(base, strange)
    assert met
    assert {name for name, found in met.items() if found != "refused"} == set()


@pytest.mark.parametrize("name", NAMES)
def test_a_byte_order_mark_changes_nothing_and_another_encoding_is_seen(
    base: mutate.Base, outcome: Answer
) -> None:
    """A reader of JSON may tell the encoding by itself; any other text is refused in another."""
    for book in base.release.books.values():
        if book.kind not in ("text", "json", "page"):
            continue
        content = book.content().removeprefix(BOM)
        for marked in (content, BOM + content):
            assert outcome(base, Release(base.release.books, {book.name: marked})) == "same"
        allowed = {"refused", "same"} if book.kind == "json" else {"refused"}
        for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
            other = Release(base.release.books, {book.name: content.decode().encode(encoding)})
            assert outcome(base, other) in allowed, encoding


@pytest.mark.parametrize("name", NAMES)
def test_a_blank_row_changes_nothing_or_is_refused(base: mutate.Base, outcome: Answer) -> None:
    """In the first line below the header, in the middle and at the end of each printed table."""
    for release, place in changed(base):
        if place.book.kind not in ("text", "zip", "workbook", "page"):
            continue
        grid, blank = list(place.grid), [""] * place.width
        for line in (place.top + 1, (place.top + 1 + len(grid)) // 2, len(grid)):
            place.grid[:] = [*grid[:line], blank, *grid[line:]]
            assert outcome(base, release) in ("same", "refused")
