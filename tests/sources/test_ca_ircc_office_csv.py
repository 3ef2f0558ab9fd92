"""IRCC's tab-separated file: the crosstab's parts again, and totals as sums of what is printed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import SET_ASIDE, Parsed
from fcm_migration.sources.ca.ircc_asylum import (
    ANNUAL,
    CSV_FILE,
    FILE,
    MONTHLY,
    SHEET,
    SOURCE,
    from_sheets,
)
from tests.sources.ca_ircc_asylum_workbook import office_csv, rows
from tests.sources.reading import as_texts, conformed, figure, read

PERSONS = "claimants_persons"
KEY = ["month_start_date", "office_type", "province"]


@pytest.fixture(scope="session")
def workbook() -> Parsed:
    return conformed(SOURCE, from_sheets(as_texts({SHEET: rows()}), FILE))


def of_csv(folder: Path, text: str) -> Parsed:
    (folder / CSV_FILE).write_text(text, encoding="utf-8-sig")
    return read(SOURCE, folder / CSV_FILE)


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    return of_csv(tmp_path_factory.mktemp("csv"), office_csv())


def test_every_part_is_that_of_the_workbook(workbook: Parsed, release: Parsed) -> None:
    theirs, ours = (
        parsed.tables[MONTHLY.name].filter(pl.col("province") != "All").sort(KEY)
        for parsed in (workbook, release)
    )
    assert ours.equals(theirs)
    both = workbook.tables[MONTHLY.name].join(release.tables[MONTHLY.name], on=KEY)
    assert both.height == workbook.tables[MONTHLY.name].height


def test_totals_are_sums_of_what_is_printed(release: Parsed) -> None:
    frame = release.tables[MONTHLY.name]
    for (month, office), part in frame.group_by("month_start_date", "office_type"):
        if office not in ("All", "Other Offices"):
            parts = part.filter(pl.col("province") != "All")[PERSONS].sum()
            assert figure(part, PERSONS, province="All") == parts, (month, office)
    totals = frame.filter(pl.col("province") == "All")
    for _, month in totals.group_by("month_start_date"):
        offices = month.filter(pl.col("office_type") != "All")[PERSONS].sum()
        assert figure(month, PERSONS, office_type="All") == offices
    assert not totals["is_suppressed"].any()


def test_a_year_with_a_withheld_month_is_withheld(release: Parsed) -> None:
    annual = release.tables[ANNUAL.name].filter(pl.col("province") != "All")
    months = release.tables[MONTHLY.name].filter(pl.col("province") != "All")
    withheld = (
        months.with_columns(pl.col("month_start_date").dt.year().cast(pl.Int64).alias("claim_year"))
        .group_by("claim_year", "office_type", "province")
        .agg(pl.col("is_suppressed").any(), pl.col(PERSONS).sum())
    )
    both = annual.join(withheld, on=["claim_year", "office_type", "province"])
    assert both.height == annual.height == withheld.height
    assert (both["is_suppressed"] == both["is_suppressed_right"]).all()
    assert (both[PERSONS].is_null() == both["is_suppressed"]).all()
    running = annual.filter(pl.col("claim_year") == 2025)
    assert running["is_year_to_date"].all()


def test_it_says_that_totals_are_sums(workbook: Parsed, release: Parsed) -> None:
    (note,) = release.notes
    assert note.startswith(f"{SET_ASIDE}{CSV_FILE} prints no totals")
    derived = SOURCE.flows(release.tables).filter(pl.col("place") == "all")["is_derived"]
    assert derived.all()
    assert not SOURCE.flows(workbook.tables)["is_derived"].any()


def test_printed_totals_are_not_counted_twice(tmp_path: Path, release: Parsed) -> None:
    lines = office_csv().splitlines()
    year, quarter, month = lines[1].split("\t")[:3]
    total = (
        f"{year}\t{quarter}\t{month}\t{year}\t{quarter}\t{month}\tTotal\tTotal\tInland\t-\t99995"
    )
    answer = of_csv(tmp_path, "\n".join([*lines, total]) + "\n")
    assert answer.tables[MONTHLY.name].equals(release.tables[MONTHLY.name])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("EN_CLAIM_OFFICE_TYPE", "EN_KIND", "not exactly one column of office types"),
        ("FR_BUREAU", "EN_OFFICE_CODE", "not exactly one column of office types"),
        ("EN_MONTH", "EN_MOIS", "EN_MONTH"),
        ("\tInland\t", "\tOverseas\t", "unknown office types \\['Overseas'\\]"),
        ("\tInland\t", "\tAll\t", "unknown office types \\['All'\\]"),
        ("\tFeb\t", "\tMar\t", "rows twice"),
        ("\t--", "\t..", "--"),
    ],
)
def test_another_layout_is_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = office_csv()
    assert old in text
    with pytest.raises(LayoutError, match=words):
        of_csv(tmp_path, text.replace(old, new))


def test_a_lost_month_is_refused(tmp_path: Path) -> None:
    lines = [line for line in office_csv().splitlines() if "2024\tQ1\tFeb" not in line]
    with pytest.raises(LayoutError, match=r"months lost .'2024-02-01'"):
        of_csv(tmp_path, "\n".join(lines) + "\n")
