"""Eurostat's flags before and since 27 January 2025, in each dataset and each file format."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import ReleaseFile, Source
from fcm_migration.sources.eurostat import asylum_decisions, asylum_monthly
from tests.sources.eurostat_files import as_cube, dump, grid, reading, tsv

SOURCES = {
    asylum_monthly.SOURCE: "migr_asyappctzm_citizen_TOTAL.tsv",
    asylum_decisions.SOURCE: "migr_asydcfstq_citizen_TOTAL.tsv",
}
WITHHELD = ("c", "C", "N", "P", "@C", "@N", "@P", "pC", "p@C", "p C", "p @C", "bd@N", "C p")
IMPOSSIBLE = ("m", "z", "bm")


def _tsv(rows: list[list[str]]) -> tuple[bytes, str]:
    return tsv(rows), "tsv"


def _json(rows: list[list[str]]) -> tuple[bytes, str]:
    return dump(as_cube(rows)), "json"


FORMATS: dict[str, Callable[[list[list[str]]], tuple[bytes, str]]] = {"tsv": _tsv, "json": _json}


def core_with(source: Source, folder: Path, fmt: str, cell: str) -> pl.DataFrame:
    """The core table of the fixture, its first cell of 2019 changed."""
    rows = grid(source.source_id, SOURCES[source])
    place = next(n for n, head in enumerate(rows[0]) if head.startswith("2019"))
    rows[1][place] = cell
    content, suffix = FORMATS[fmt](rows)
    (table,) = source.tables
    first = rows[1][0].split(",")
    frame = reading(source, folder, content, suffix=suffix).tables[table.name]
    return frame.filter(
        pl.col(table.period or "") == date(2019, 1, 1),
        pl.col("geo_code") == first[-1],
        pl.col("citizen_code") == first[2],
        pl.col(table.key[2]) == first[4],
    )


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.source_id)
@pytest.mark.parametrize("flag", WITHHELD)
def test_withheld_is_a_figure_nobody_may_see(
    tmp_path: Path, source: Source, fmt: str, flag: str
) -> None:
    (row,) = core_with(source, tmp_path, fmt, f": {flag}").iter_rows(named=True)
    assert row[source.tables[0].measures[0]] is None
    assert row["is_suppressed"]
    assert set(row["observation_flag"]) == set(flag) - set(" @")


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.source_id)
@pytest.mark.parametrize("flag", IMPOSSIBLE)
def test_what_cannot_exist_is_neither_a_figure_nor_withheld(
    tmp_path: Path, source: Source, fmt: str, flag: str
) -> None:
    (row,) = core_with(source, tmp_path, fmt, f": {flag}").iter_rows(named=True)
    assert row[source.tables[0].measures[0]] is None
    assert not row["is_suppressed"]
    assert row["observation_flag"] == flag


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.source_id)
@pytest.mark.parametrize("cell", ["125 @P", "125 pN", "125 C"])
def test_a_figure_that_is_printed_is_not_withheld(
    tmp_path: Path, source: Source, cell: str
) -> None:
    (row,) = core_with(source, tmp_path, "tsv", cell).iter_rows(named=True)
    assert row[source.tables[0].measures[0]] == 125
    assert not row["is_suppressed"]


@pytest.mark.parametrize("cell", [": @", ": X", ": CN", ": @p", "12x", ": @C@N", "C"])
def test_any_other_text_is_refused(tmp_path: Path, cell: str) -> None:
    with pytest.raises(LayoutError, match="neither a whole number nor a declared mark"):
        core_with(asylum_monthly.SOURCE, tmp_path, "tsv", cell)


@pytest.mark.parametrize(("flag", "withheld"), [("C", True), ("@N", True), ("m", False)])
def test_a_data_explorer_file_may_bear_them_too(tmp_path: Path, flag: str, withheld: bool) -> None:
    header = '"TIME","GEO","CITIZEN","SEX","AGE","ASYL_APP","UNIT","Value","Flag and Footnotes"'
    lines = [
        f'"2008M01","{geo}","Total","Total","Total","{kind}","Person",{cell}'
        for geo, cell in (("Czechia", '"5",""'), ("Germany", f'":","{flag}"'))
        for kind in ("Asylum applicant", "First time applicant")
    ]
    path = tmp_path / "migr_asyappctzm_1_Data.csv"
    path.write_bytes("\r\n".join([header, *lines, ""]).encode("latin-1"))
    source = asylum_monthly.SOURCE
    core = source.parse([ReleaseFile(path.name, path)]).tables[source.tables[0].name]
    germany = core.filter(geo_code="DE")
    assert germany.get_column("applicants_persons").to_list() == [None, None]
    assert germany.get_column("is_suppressed").to_list() == [withheld, withheld]
