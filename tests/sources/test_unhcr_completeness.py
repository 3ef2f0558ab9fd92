"""Half-years of UNHCR are told by the version and the figures, whatever the day of the release."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from fcm_migration.sources.base import Seen, Source
from fcm_migration.sources.unhcr.completeness import stated_version
from tests.sources.unhcr_pages import ALL, APPLICATIONS, POPULATION

HALF, WHOLE = "x__2025-11-11__2025.06.0.parquet", "x__2026-06-12__2025.12.0.parquet"
API = "page-001.json"
COUNTRIES = 40


def figures(source: Source, years: dict[int, int], *, shifted: int = 0) -> pl.DataFrame:
    """Each year with one row for each of many countries of asylum, all of one size.

    ``shifted`` of them differ by one, as a correction of the newest year would have it.
    """
    (table,) = source.tables
    (count, *_) = table.measures
    newest = max(years)
    rows = [
        {
            **{c.name: None for c in table.columns},
            **{name: "X" for name in table.key if table.column(name).dtype == "string"},
            "year": year,
            "asylum_unhcr_code": f"A{place:02}",
            count: size + (year == newest and place < shifted),
        }
        for year, size in years.items()
        for place in range(COUNTRIES)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def marked(source: Source, releases: Sequence[tuple[str, pl.DataFrame]]) -> list[list[int]]:
    """The half-years of each release."""
    (table,) = source.tables
    seen = [Seen((name,), {table.name: rows}) for name, rows in releases]
    assert source.incomplete is not None
    marks = source.incomplete(table.name, seen)
    return [
        rows.filter(mark).get_column("year").unique().to_list()
        for (_, rows), mark in zip(releases, marks, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "version"),
    [
        (HALF, (2025, 6)),
        (WHOLE, (2025, 12)),
        ("asylum_applications__2024-10-18__2024.6.0.parquet", (2024, 6)),
        ("asylum_applications__2026-06-15__2025.06.1.parquet", (2025, 6)),
        (API, None),
        ("asylum_applications__2025-11-11.parquet", None),
    ],
)
def test_the_version_is_in_the_name(name: str, version: tuple[int, int] | None) -> None:
    assert stated_version([name]) == version


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.source_id)
def test_the_version_decides(source: Source) -> None:
    """A half under the name of a half is a half, however large its figures are."""
    table = figures(source, {2024: 5_000, 2025: 5_000})
    assert marked(source, [(HALF, table)]) == [[2025]]
    assert marked(source, [(WHOLE, table)]) == [[]]


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.source_id)
def test_a_half_downloaded_again_stays_a_half(source: Source) -> None:
    """Case 01: the half-year already held, under a later date or out of the API."""
    half = figures(source, {2024: 5_000, 2025: 2_500})
    again = "x__2026-06-15__2025.06.0.parquet"
    assert marked(source, [(HALF, half), (again, half), (API, half)]) == [[2025]] * 3
    corrected = figures(source, {2024: 5_000, 2025: 2_500}, shifted=2)
    assert marked(source, [(HALF, half), (API, corrected)]) == [[2025]] * 2


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.source_id)
def test_a_download_that_rewrites_the_half_is_the_whole_year(source: Source) -> None:
    half = figures(source, {2024: 5_000, 2025: 2_500})
    whole = figures(source, {2024: 5_000, 2025: 5_100})
    corrected = figures(source, {2024: 5_000, 2025: 5_100}, shifted=2)
    seen = [(HALF, half), (API, whole), (API, corrected)]
    assert marked(source, seen) == [[2025], [], []]


def test_a_year_first_seen_without_a_version_is_told_by_its_size() -> None:
    for size, found in ((2_500, [2025]), (5_100, [])):
        table = figures(APPLICATIONS, {2024: 5_000, 2025: size})
        assert marked(APPLICATIONS, [(API, table)]) == [found]
    few = figures(APPLICATIONS, {2024: 500, 2025: 500})  # nothing large enough to compare
    assert marked(APPLICATIONS, [(API, few)]) == [[2025]]


def test_a_stock_first_seen_without_a_version_is_a_half_until_the_next_year() -> None:
    table = figures(POPULATION, {2024: 5_000, 2025: 5_000})
    assert marked(POPULATION, [(API, table)]) == [[2025]]
    later = figures(POPULATION, {2024: 5_000, 2025: 5_000, 2026: 5_000})
    assert marked(POPULATION, [(API, table), (API, later)]) == [[2025], [2026]]


def test_a_version_of_a_later_year_completes_the_newest() -> None:
    """A table that has no half-years ends with the whole year before."""
    table = figures(POPULATION, {2023: 5_000, 2024: 5_000})
    assert marked(POPULATION, [(HALF, table)]) == [[]]
