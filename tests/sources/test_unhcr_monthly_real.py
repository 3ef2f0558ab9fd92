"""Facts of the real monthly exports, 21 October 2015 to 16 November 2018."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.marts.countries import aliases, resolve
from fcm_migration.sources.base import Parsed, ReleaseFile
from fcm_migration.sources.unhcr.monthly import SOURCE
from tests.sources.reading import read

pytestmark = pytest.mark.shared_data

# Release date, then rows, withheld counts and values left empty.
EXPORTS = {
    "releases/asylum_seekers_monthly_2015-10-21.csv.gz": ("2015-10-21", 72_555, 16_162, 3),
    "releases/asylum_seekers_monthly_2016-07-22.csv.gz": ("2016-07-22", 86_141, 19_240, 2),
    "releases/asylum_seekers_monthly_2017-04-06.csv.gz": ("2017-04-06", 98_114, 19_087, 0),
    "unhcr_popstats_export_asylum_seekers_monthly_2017-08-09.csv": (
        "2017-08-09",
        106_038,
        12_418,
        0,
    ),
    "numbers_asylum_seekers_monthly_99_18.csv": ("2018-11-16", 7_415, 61, 0),
}
NEWEST = "unhcr_popstats_export_asylum_seekers_monthly_2017-08-09.csv"
LONG = "numbers_asylum_seekers_monthly_99_18.csv"
Exports = Callable[[str], Parsed]
by_export = pytest.mark.parametrize("name", EXPORTS)


@pytest.fixture(scope="module")
def export(shared_data: Path) -> Exports:
    """One export, parsed and held to its declaration once."""
    return cache(lambda name: read(SOURCE, shared_data / "unhcr_monthly" / name))


def flows_of(table: pl.DataFrame) -> pl.DataFrame:
    """Draft flows of a table, stamped as the core tables are."""
    stamped = table.with_columns(
        as_of_date=pl.lit(date(2018, 11, 16)), snapshot_id=pl.lit("x"), obtained=pl.lit("inbox")
    )
    return SOURCE.flows({"unhcr_monthly": stamped})


def yearly(table: pl.DataFrame, asylum: str) -> dict[int, int]:
    """Sums of what is printed, by year."""
    rows = table.filter(asylum_name=asylum).group_by(pl.col("month_start_date").dt.year())
    return dict(rows.agg(pl.col("asylum_applications").sum()).sort("month_start_date").rows())


@by_export
def test_rows_marks_and_date(shared_data: Path, export: Exports, name: str) -> None:
    day, rows, withheld, empty = EXPORTS[name]
    path = shared_data / "unhcr_monthly" / name
    assert SOURCE.release_date([ReleaseFile(path.name, path)]) == date.fromisoformat(day)
    table = export(name).tables["unhcr_monthly"]
    assert table.height == rows
    assert export(name).marks == ({"*": withheld, "": empty} if empty else {"*": withheld})
    assert table.get_column("is_suppressed").sum() == withheld
    assert table.filter(asylum_applications=0).is_empty()


@by_export
def test_every_origin_resolves_and_no_flow_stands_twice(export: Exports, name: str) -> None:
    flows = flows_of(export(name).tables["unhcr_monthly"])
    labels = export(name).tables["unhcr_monthly"].select(origin_label="origin_name").unique()
    known = aliases(REFERENCE_DIR, SOURCE.country_scheme)
    _, unresolved = resolve(labels, known)
    assert unresolved.get_column("origin_label").unique().to_list() == []
    resolved, _ = resolve(flows, known)
    key = ["destination_iso3", "place", "origin_iso3", "period_start"]
    assert resolved.select(key).is_unique().all()


def test_the_alias_table_names_no_label_that_no_export_has(export: Exports) -> None:
    met = {
        label
        for name in EXPORTS
        for label in export(name).tables["unhcr_monthly"].get_column("origin_name")
    }
    known = set(aliases(REFERENCE_DIR, SOURCE.country_scheme).get_column("label"))
    assert known - met == {"@total"}
    assert len(met) == 204


def test_yearly_sums_of_the_newest_export(export: Exports) -> None:
    table = export(NEWEST).tables["unhcr_monthly"]
    assert table.get_column("asylum_name").n_unique() == 45
    assert set(table.get_column("export_scope")) == {"all_origins"}
    australia, zealand, canada = (
        yearly(table, name) for name in ("Australia", "New Zealand", "Canada")
    )
    years = range(2012, 2017)
    assert [australia[year] for year in years] == [15_996, 11_740, 9_003, 12_358, 27_202]
    # 2016 is no fall: the counts of 1 to 4 are withheld from January 2016 on
    assert [zealand[year] for year in years] == [324, 292, 288, 352, 137]
    assert [canada[year] for year in years] == [20_501, 10_382, 13_454, 16_067, 22_758]


def test_withheld_counts_of_the_five(export: Exports) -> None:
    table = export(NEWEST).tables["unhcr_monthly"].filter("is_suppressed")
    by_name = dict(table.group_by("asylum_name").len().rows())
    assert "Australia" not in by_name
    assert {name: by_name[name] for name in ("New Zealand", "Canada", "USA (INS/DHS)")} == {
        "New Zealand": 231,
        "Canada": 740,
        "USA (INS/DHS)": 768,
    }
    assert by_name["USA (EOIR)"] == 69
    assert by_name["United Kingdom of Great Britain and Northern Ireland"] == 704
    zealand = table.filter(asylum_name="New Zealand").get_column("month_start_date")
    assert zealand.min() == date(2016, 1, 1)


def test_totals_of_australia_and_none_where_parts_were_withheld(export: Exports) -> None:
    flows = flows_of(export(NEWEST).tables["unhcr_monthly"]).filter(origin_label="@total")
    whole = flows.filter(pl.col("value").is_not_null()).group_by("destination_iso3", "place").len()
    assert {tuple(row[:2]): row[2] for row in whole.rows()} == {
        ("AUS", "all"): 65,
        ("CAN", "all"): 48,
        ("GBR", "all"): 48,
        ("NZL", "all"): 48,
        ("USA", "USA (EOIR)"): 49,
        ("USA", "USA (INS/DHS)"): 48,
    }
    australia = flows.filter(destination_iso3="AUS").sort("period_start")
    assert australia.get_column("period_start").to_list()[-1] == date(2017, 5, 1)
    assert australia.get_column("is_partial").to_list() == [False] * 64 + [True]


def test_the_long_export_of_six_origins(export: Exports) -> None:
    parsed = export(LONG)
    assert parsed.notes == (
        "An export of some origins only: Afghanistan, Myanmar, Somalia, Sudan, Syrian Arab Rep., "
        "Yemen.",
    )
    table = parsed.tables["unhcr_monthly"]
    assert set(table.get_column("export_scope")) == {"chosen_origins"}
    assert yearly(table, "Canada")[1999] == 1_590
    both = pl.concat([table, export(NEWEST).tables["unhcr_monthly"]])
    flows = flows_of(both).filter(origin_label="Afghanistan", destination_iso3="CAN")
    span = flows.get_column("period_start")
    assert (span.min(), span.max()) == (date(1999, 1, 1), date(2018, 4, 1))
    assert span.is_unique().all()
