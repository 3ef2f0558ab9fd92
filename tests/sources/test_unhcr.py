"""UNHCR's three datasets: rows as printed, marks counted, flows of the five and of everybody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.marts.countries import aliases, resolve
from fcm_migration.sources.base import DRAFT_FLOWS, Parsed, ReleaseFile, Source
from tests.sources.unhcr_pages import (
    APPLICATIONS,
    DECISIONS,
    POPULATION,
    RELEASE,
    SOURCES,
    bodies,
    hold,
    write,
    write_release,
)

by_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.source_id)
FIVE = {"AUS", "CAN", "GBR", "NZL", "USA"}


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Source, Parsed]:
    return {
        source: source.parse(
            write(tmp_path_factory.mktemp(source.source_id), bodies(source)),
        )
        for source in SOURCES
    }


@pytest.fixture(scope="session")
def core(parsed: Mapping[Source, Parsed]) -> Mapping[Source, pl.DataFrame]:
    return {source: hold(source, parsed[source]) for source in SOURCES}


def flows_of(source: Source, core: pl.DataFrame, day: date | None = None) -> pl.DataFrame:
    """Draft flows, of a table with or without its release date."""
    if day is not None:
        core = core.with_columns(as_of_date=pl.lit(day))
    (table,) = source.tables
    return source.flows({table.name: core})


def values(flows: pl.DataFrame, indicator: str, destination: str) -> dict[tuple[int, str], int]:
    """The figures of one indicator and destination, by year and origin."""
    rows = flows.filter(
        (pl.col("indicator") == indicator) & (pl.col("destination_iso3") == destination)
    )
    keys = rows.select(pl.col("period_start").dt.year(), "origin_label").rows()
    assert len(set(keys)) == len(keys)
    return dict(zip(keys, rows.get_column("value").to_list(), strict=True))


def with_totals(figures: dict[tuple[int, str], int]) -> dict[tuple[int, str], int]:
    """Add the total of each year where one origin is all there is."""
    return figures | {(year, "@total"): value for (year, _), value in figures.items()}


def test_applications_keep_na_as_a_value(core: Mapping[Source, pl.DataFrame]) -> None:
    table = core[APPLICATIONS]
    assert table.height == 19
    (row,) = table.filter(pl.col("application_type") == "NA").rows(named=True)
    assert row == {
        "year": 2006,
        "origin_name": "Colombia",
        "origin_unhcr_code": "COL",
        "origin_printed_iso3": "COL",
        "asylum_name": "Canada",
        "asylum_unhcr_code": "CAN",
        "asylum_printed_iso3": "CAN",
        "procedure_type": "G",
        "application_type": "NA",
        "decision_level": "NA",
        "persons_or_cases": "P",
        "applications": 25,
    }
    assert all(table.get_column(name).null_count() == 0 for name in table.columns)


def test_the_text_zero_is_zero(core: Mapping[Source, pl.DataFrame]) -> None:
    table = core[APPLICATIONS].filter(pl.col("decision_level") == "FI", pl.col("year") == 2006)
    assert table.get_column("applications").to_list() == [0]


def test_codes_are_unhcrs_and_names_lose_their_spaces(
    core: Mapping[Source, pl.DataFrame],
) -> None:
    table = core[APPLICATIONS]
    asylum = table.select("asylum_unhcr_code", "asylum_printed_iso3", "asylum_name").unique()
    assert {row[0]: row[1:] for row in asylum.rows() if row[0].startswith("AU")} == {
        "AUS": ("AUT", "Austria"),
        "AUL": ("AUS", "Australia"),
    }
    origin = table.select("origin_unhcr_code", "origin_printed_iso3", "origin_name").unique()
    special = {row[0]: row[1:] for row in origin.rows() if row[0] in {"UKN", "STA", "TIB"}}
    assert special == {
        "UKN": ("UNK", "Unknown"),
        "STA": ("XXA", "Stateless"),
        "TIB": ("TIB", "Tibetan"),
    }


def test_decisions_as_printed_total_included(core: Mapping[Source, pl.DataFrame]) -> None:
    table = core[DECISIONS]
    counts = ("recognized", "other_protection", "rejected", "otherwise_closed", "decisions")
    stateless = table.filter(pl.col("origin_unhcr_code") == "STA")
    assert stateless.select(counts).rows() == [(12, 0, 11, 0, 25)]
    assert stateless.get_column("decision_level").to_list() == ["NA"]


def test_not_applicable_is_null_and_counted(
    parsed: Mapping[Source, Parsed], core: Mapping[Source, pl.DataFrame]
) -> None:
    assert [parsed[source].marks for source in SOURCES] == [{"-": 0}, {"-": 0}, {"-": 9}]
    table = core[POPULATION]
    assert table.filter(year=1953).select(
        "origin_unhcr_code", "refugees", "asylum_seekers", "others_needing_protection"
    ).rows() == [
        ("CHL", 40, 10, None),
        ("COL", 0, 0, None),
        ("TIB", 5, None, 30),
        ("UKN", None, 5, None),
    ]
    assert table.filter(origin_unhcr_code="COL").get_column("internally_displaced").to_list() == [
        1_500
    ]
    assert table.get_column("host_community").null_count() == 1
    assert [parsed[source].notes for source in SOURCES] == [(), (), ()]


def test_applications_new_only_persons_apart_from_cases(
    core: Mapping[Source, pl.DataFrame],
) -> None:
    flows = flows_of(APPLICATIONS, core[APPLICATIONS])
    assert flows.schema == DRAFT_FLOWS
    persons, cases = "asylum_applications_new", "asylum_applications_new_cases"
    assert set(flows.get_column("indicator")) == {persons, cases}
    # 2006: appeal (35) and repeat (10) are not new; N (0) and NA (25) are
    assert values(flows, persons, "CAN") == with_totals(
        {(2001, "STA"): 60, (2002, "COL"): 2_720, (2005, "COL"): 1_490, (2006, "COL"): 25}
    )
    assert values(flows, persons, "USA") == with_totals({(2003, "COL"): 130, (2007, "COL"): 40})
    assert values(flows, cases, "USA") == with_totals(
        {(2000, "TIB"): 15, (2003, "COL"): 4_660, (2007, "COL"): 20}
    )
    assert values(flows, cases, "CAN") == {}


def test_origins_are_summed_over_every_destination(core: Mapping[Source, pl.DataFrame]) -> None:
    """The origin's total is what drivers are held against, so it counts Austria and Germany too."""
    flows = flows_of(APPLICATIONS, core[APPLICATIONS])
    assert set(flows.get_column("destination_iso3")) == {*FIVE, "all"}
    whole = values(flows, "asylum_applications_new", "all")
    assert (whole[2000, "AFG"], whole[2000, "@total"]) == (1_300 + 4_205, 5_505)
    assert (whole[2007, "AFG"], whole[2007, "@total"]) == (100, 40 + 10 + 100)
    australia = values(flows, "asylum_applications_new", "AUS")
    assert australia[2000, "AFG"] == 1_300
    assert sum(value for (_, origin), value in whole.items() if origin != "@total") == sum(
        value for (_, origin), value in whole.items() if origin == "@total"
    )


def test_what_is_summed_is_marked_derived(core: Mapping[Source, pl.DataFrame]) -> None:
    flows = flows_of(APPLICATIONS, core[APPLICATIONS])
    printed = flows.filter(~pl.col("is_derived"))
    assert "all" not in set(printed.get_column("destination_iso3"))
    assert "@total" not in set(printed.get_column("origin_label"))
    # two application types of one corridor make one figure
    summed = flows.filter(destination_iso3="CAN", origin_label="COL", period_start=date(2006, 1, 1))
    assert summed.get_column("is_derived").to_list() == [True]
    single = flows.filter(destination_iso3="AUS", origin_label="AFG", period_start=date(2001, 1, 1))
    assert single.get_column("is_derived").to_list() == [False]


def test_flows_are_yearly_and_of_no_route(core: Mapping[Source, pl.DataFrame]) -> None:
    for source in SOURCES:
        flows = flows_of(source, core[source])
        assert flows.schema == DRAFT_FLOWS
        for column, value in {
            "route": "all",
            "place": "all",
            "population_group": "all",
            "frequency": "A",
            "rounding": 1,
            "is_suppressed": False,
            "is_partial": False,
        }.items():
            assert flows.get_column(column).unique().to_list() == [value], column
        assert flows.get_column("period_start").dt.ordinal_day().unique().to_list() == [1]
        assert flows.get_column("value").null_count() == 0


def test_decisions_flows(core: Mapping[Source, pl.DataFrame]) -> None:
    flows = flows_of(DECISIONS, core[DECISIONS])
    recognized = values(flows, "asylum_decisions_recognized", "USA")
    assert recognized == with_totals({(2001, "COL"): 90, (2002, "COL"): 80})
    assert values(flows, "asylum_decisions_total", "all")[2000, "AFG"] == 620 + 1_000
    assert values(flows, "asylum_decisions_recognized_cases", "USA")[2001, "COL"] == 300
    assert values(flows, "asylum_decisions_total_cases", "GBR")[2000, "@total"] == 105


def test_population_flows_leave_out_what_is_not_applicable(
    core: Mapping[Source, pl.DataFrame],
) -> None:
    flows = flows_of(POPULATION, core[POPULATION])
    assert set(flows.get_column("indicator")) == {"refugees", "asylum_seekers_pending"}
    refugees = values(flows, "refugees", "CAN")
    assert (1953, "UKN") not in refugees
    assert (refugees[1953, "CHL"], refugees[1953, "@total"]) == (40, 40)
    assert values(flows, "asylum_seekers_pending", "NZL") == {}
    assert values(flows, "refugees", "all")[1951, "UKN"] == 18_000 + 282_000


@pytest.mark.parametrize("day", [date(2007, 11, 11), date(2008, 6, 12), date(2009, 1, 1)])
def test_the_marked_year_is_partial_whatever_the_day(
    core: Mapping[Source, pl.DataFrame], day: date
) -> None:
    marked = core[APPLICATIONS].with_columns(is_partial=pl.col("year") == 2007)
    flows = flows_of(APPLICATIONS, marked, day)
    assert set(flows.filter("is_partial").get_column("period_start").dt.year()) == {2007}
    assert not flows_of(APPLICATIONS, core[APPLICATIONS], day).get_column("is_partial").any()


@by_source
def test_a_release_file_gives_the_same_table(
    tmp_path: Path, core: Mapping[Source, pl.DataFrame], source: Source
) -> None:
    file = write_release(tmp_path, source)
    assert hold(source, source.parse([file])).equals(core[source])


@by_source
def test_every_origin_resolves(core: Mapping[Source, pl.DataFrame], source: Source) -> None:
    known = aliases(REFERENCE_DIR, source.country_scheme)
    resolved, unresolved = resolve(flows_of(source, core[source]), known)
    assert unresolved.is_empty()
    assert {"country", "total", "unknown"} <= set(resolved.get_column("origin_class"))
    tibetan = resolve(pl.DataFrame({"origin_label": ["TIB", "STA", "AUS", "NA"]}), known)
    assert tibetan[0].rows() == [
        ("TIB", "tibetan", "other"),
        ("STA", "stateless", "stateless"),
        ("AUS", "AUT", "country"),
    ]
    assert tibetan[1].get_column("origin_label").to_list() == ["NA"]


@by_source
@pytest.mark.parametrize(
    ("name", "day"),
    [
        (RELEASE, date(2025, 11, 11)),
        ("page-001.json", None),
        ("simulated__2025-13-45__x.parquet", None),
    ],
)
def test_the_release_date_is_in_a_release_files_name(
    source: Source, name: str, day: date | None
) -> None:
    assert source.release_date([ReleaseFile(name, Path(name))]) == day
