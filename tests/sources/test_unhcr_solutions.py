"""Durable solutions: figures as printed, flows of the five and of everybody, the real release."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.marts.countries import aliases, resolve
from fcm_migration.sources.base import DRAFT_FLOWS, ReleaseFile
from tests.sources.unhcr_pages import SOLUTIONS, bodies, hold, write, write_release
from tests.wire import unhcr_solutions as wire

COUNTS = (
    "returned_refugees",
    "resettled_persons",
    "naturalised_persons",
    "returned_internally_displaced",
)
REAL = "solutions__2026-06-25__2025.12.1.parquet"


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("unhcr-solutions")
    return hold(SOLUTIONS, SOLUTIONS.parse(write(folder, bodies(SOLUTIONS))))


def figures(flows: pl.DataFrame, indicator: str, destination: str) -> dict[tuple[int, str], int]:
    rows = flows.filter(indicator=indicator, destination_iso3=destination)
    keys = rows.select(pl.col("period_start").dt.year(), "origin_label").rows()
    assert len(set(keys)) == len(keys)
    return dict(zip(keys, rows.get_column("value").to_list(), strict=True))


def test_figures_as_printed_and_empty_where_not_applicable(table: pl.DataFrame) -> None:
    assert table.height == 11
    assert table.filter(year=1961).select("origin_unhcr_code", *COUNTS).rows() == [
        ("AFG", None, None, None, 8_000),
        ("AFG", 2_000, None, None, None),
        ("COL", None, 0, 45, None),
        ("STA", None, 5, 700, None),
        ("TIB", None, 20, None, None),
    ]
    assert table.filter(asylum_printed_iso3="AUT").get_column("asylum_unhcr_code").to_list() == [
        "AUS"
    ]


def test_marks_and_fingerprint(tmp_path: Path) -> None:
    parsed = SOLUTIONS.parse(write(tmp_path, bodies(SOLUTIONS)))
    assert parsed.marks == {"-": 24}
    assert parsed.notes == ()
    assert parsed.layout == (
        "column coa",
        "column coa_iso",
        "column coa_name",
        "column coo",
        "column coo_iso",
        "column coo_name",
        "column naturalisation",
        "column resettlement",
        "column returned_idps",
        "column returned_refugees",
        "column year",
    )
    assert SOLUTIONS.parse([write_release(tmp_path, SOLUTIONS)]).layout == parsed.layout


def test_flows_by_destination_and_by_indicator(table: pl.DataFrame) -> None:
    flows = SOLUTIONS.flows({"unhcr_solutions": table})
    assert flows.schema == DRAFT_FLOWS
    assert set(flows.get_column("destination_iso3")) == {"AUS", "CAN", "GBR", "NZL", "USA", "all"}
    assert figures(flows, "resettlement_arrivals", "CAN") == {
        (1959, "AFG"): 40,
        (1959, "@total"): 40,
        (1961, "STA"): 5,
        (1961, "TIB"): 20,
        (1961, "@total"): 25,
    }
    assert figures(flows, "resettlement_arrivals", "AUS") == {
        (1960, "AFG"): 125,
        (1960, "@total"): 125,
    }
    assert figures(flows, "resettlement_arrivals", "all")[1960, "@total"] == 60 + 125
    assert figures(flows, "naturalisations", "USA") == {
        (1959, "UKN"): 0,
        (1959, "@total"): 0,
        (1961, "COL"): 45,
        (1961, "@total"): 45,
    }
    assert figures(flows, "refugee_returns", "GBR") == {
        (1962, "AFG"): 3_000,
        (1962, "@total"): 3_000,
    }
    assert (1961, "AFG") not in figures(flows, "naturalisations", "all")
    assert not flows.get_column("is_suppressed").any()


def test_totals_and_sums_of_ours_are_derived(table: pl.DataFrame) -> None:
    printed = SOLUTIONS.flows({"unhcr_solutions": table}).filter(~pl.col("is_derived"))
    assert not printed.is_empty()
    assert not (set(printed.get_column("origin_label")) & {"@total"})
    assert not (set(printed.get_column("destination_iso3")) & {"all"})


def test_a_half_year_is_partial(table: pl.DataFrame) -> None:
    half = SOLUTIONS.flows(
        {"unhcr_solutions": table.with_columns(is_partial=pl.col("year") == 1962)}
    )
    assert set(half.filter("is_partial").get_column("period_start")) == {date(1962, 1, 1)}


def test_every_origin_resolves(table: pl.DataFrame) -> None:
    known = aliases(REFERENCE_DIR, SOLUTIONS.country_scheme)
    resolved, unresolved = resolve(SOLUTIONS.flows({"unhcr_solutions": table}), known)
    assert unresolved.is_empty()
    assert {"AFG", "COL", "stateless", "unknown", "tibetan", "total"} == set(
        resolved.get_column("origin_iso3")
    )


def test_the_wire_is_read(tmp_path: Path, table: pl.DataFrame) -> None:
    files = [ReleaseFile(path.name, path) for path in wire.release(tmp_path)]
    assert hold(SOLUTIONS, SOLUTIONS.parse(files)).equals(table)


@pytest.mark.shared_data
def test_the_real_release(shared_data: Path) -> None:
    file = ReleaseFile(REAL, shared_data / "unhcr" / REAL)
    assert SOLUTIONS.release_date([file]) == date(2026, 6, 25)
    parsed = SOLUTIONS.parse([file])
    core = hold(SOLUTIONS, parsed)
    assert (core.height, parsed.notes) == (21_258, ())
    assert set(core.get_column("year")) == set(range(1959, 2026))
    assert {name: core.get_column(name).count() for name in COUNTS} == {
        "returned_refugees": 6_097,
        "resettled_persons": 9_614,
        "naturalised_persons": 7_386,
        "returned_internally_displaced": 380,
    }
    for name in COUNTS:
        assert core.filter(pl.col(name).is_between(0, 4)).is_empty()
    flows = SOLUTIONS.flows(
        {"unhcr_solutions": core.with_columns(as_of_date=pl.lit(date(2026, 6, 25)))}
    )
    assert not flows.get_column("is_partial").any()
    resettled = {
        five: figures(flows, "resettlement_arrivals", five)[2024, "@total"]
        for five in ("AUS", "CAN", "GBR", "NZL", "USA", "all")
    }
    assert resettled == {
        "AUS": 17_211,
        "CAN": 49_261,
        "GBR": 1_855,
        "NZL": 1_547,
        "USA": 105_531,
        "all": 188_759,
    }
    states = {year for year, _ in figures(flows, "naturalisations", "USA")}
    assert states == set(range(1990, 2010))
    assert figures(flows, "naturalisations", "GBR") == {}
    _, unresolved = resolve(flows, aliases(REFERENCE_DIR, "unhcr"))
    assert unresolved.is_empty()
