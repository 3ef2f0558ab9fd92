"""Age and sex: figures as printed, a lost history refused, the real release."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import NO_FLOWS, ReleaseFile
from tests.sources.unhcr_pages import (
    DEMOGRAPHICS,
    RELEASE,
    bodies,
    hold,
    pages,
    write,
    write_release,
)
from tests.wire import unhcr_demographics as wire

REAL = "demographics__2026-06-12__2025.12.0.parquet"
FEMALE = (
    "female_0_4_persons",
    "female_5_11_persons",
    "female_12_17_persons",
    "female_18_59_persons",
    "female_60_over_persons",
    "female_age_unknown_persons",
)
MALE = tuple(name.replace("female", "male") for name in FEMALE)


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("unhcr-demographics")
    return hold(DEMOGRAPHICS, DEMOGRAPHICS.parse(write(folder, bodies(DEMOGRAPHICS))))


def test_one_place_under_two_kinds_of_place_is_two_rows(table: pl.DataFrame) -> None:
    rows = table.filter(location="Peshawar : District")
    assert rows.select(
        "location_type", "accommodation_type", *FEMALE, "female_all_ages_persons", "total_persons"
    ).rows() == [
        ("R", "P", 50, 60, 40, 120, 10, 0, 280, 560),
        ("U", "I", 5, 10, 0, 25, 0, 0, 40, 90),
    ]
    assert rows.select(*MALE, "male_all_ages_persons").rows() == [
        (55, 65, 45, 110, 5, 0, 280),
        (5, 0, 15, 30, 0, 0, 50),
    ]


def test_places_keep_the_text_na_and_lose_outer_spaces(table: pl.DataFrame) -> None:
    assert table.height == 8
    assert table.filter(location="NA").get_column("total_persons").to_list() == [65]
    assert table.filter(location="Dispersed in the country / territory").height == 2


def test_everybody_counts_although_sex_is_unknown(table: pl.DataFrame) -> None:
    (row,) = table.filter(asylum_printed_iso3="AUS").rows(named=True)
    assert row["origin_unhcr_code"] == "TIB"
    assert (
        row["female_all_ages_persons"],
        row["male_all_ages_persons"],
        row["total_persons"],
    ) == (15, 10, 55)
    austria = table.filter(asylum_unhcr_code="AUS").get_column("asylum_printed_iso3")
    assert austria.to_list() == ["AUT"]


def test_fingerprint_names_the_codes_met(tmp_path: Path) -> None:
    parsed = DEMOGRAPHICS.parse(write(tmp_path, bodies(DEMOGRAPHICS)))
    codes = [line for line in parsed.layout if not line.startswith("column ")]
    assert codes == [
        "accommodation_type: I",
        "accommodation_type: P",
        "accommodation_type: U",
        "location_type: C",
        "location_type: R",
        "location_type: U",
        "location_type: V",
    ]
    assert len(parsed.layout) - len(codes) == 26


def test_nothing_to_harmonise(table: pl.DataFrame) -> None:
    flows = DEMOGRAPHICS.flows({"unhcr_demographics": table})
    assert flows.equals(NO_FLOWS)
    assert flows.schema == NO_FLOWS.schema


def test_a_release_that_lost_its_history_is_refused(tmp_path: Path) -> None:
    """As the release of 25 June 2026 did, which holds 2025 alone."""
    content = pages(DEMOGRAPHICS)
    del content[0]
    content[0] |= {"page": 1, "maxPages": 1}
    with pytest.raises(LayoutError, match=r"a year without a row.*since 2001.*got none of 2001"):
        DEMOGRAPHICS.parse(write(tmp_path, content))


def test_more_women_and_men_than_people_is_refused(tmp_path: Path) -> None:
    content = pages(DEMOGRAPHICS)
    content[1]["items"][0]["total"] = 69
    with pytest.raises(LayoutError, match=r"1 rows with more women and men.*2003, 'STA', 'CAN'"):
        DEMOGRAPHICS.parse(write(tmp_path, content))


@pytest.mark.parametrize(
    ("one", "other"), [("f_5_11", "m_5_11"), ("f_18_59", "f_total"), ("m_other", "m_total")]
)
def test_ages_and_sexes_that_changed_places_are_refused(
    tmp_path: Path, one: str, other: str
) -> None:
    content = pages(DEMOGRAPHICS)
    for page in content:
        for row in page["items"]:
            row[one], row[other] = row[other], row[one]
    with pytest.raises(LayoutError, match=r"ages do not make|more women and men"):
        DEMOGRAPHICS.parse(write(tmp_path, content))


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (lambda column: column.cast(pl.Float64), True),
        (lambda column: column.cast(pl.Float64) + 0.25, False),
        (lambda column: column.cast(pl.Float64) / 0, False),
    ],
)
def test_decimals_in_a_release_file_are_whole_or_refused(
    tmp_path: Path, table: pl.DataFrame, change: Callable[[pl.Expr], pl.Expr], same: bool
) -> None:
    """The release file that is real has its numbers as decimals."""
    file = write_release(tmp_path, DEMOGRAPHICS, RELEASE)
    frame = pl.read_parquet(file.path)
    frame = frame.with_columns(change(pl.col("year", "f_18_59", "total")))
    frame.write_parquet(file.path)
    if same:
        assert hold(DEMOGRAPHICS, DEMOGRAPHICS.parse([file])).equals(table)
    else:
        with pytest.raises(LayoutError, match="neither a whole number"):
            DEMOGRAPHICS.parse([file])


def test_the_wire_is_read(tmp_path: Path, table: pl.DataFrame) -> None:
    files = [ReleaseFile(path.name, path) for path in wire.release(tmp_path)]
    assert hold(DEMOGRAPHICS, DEMOGRAPHICS.parse(files)).equals(table)


@pytest.mark.shared_data
def test_the_real_release(shared_data: Path) -> None:
    file = ReleaseFile(REAL, shared_data / "unhcr" / REAL)
    assert DEMOGRAPHICS.release_date([file]) == date(2026, 6, 12)
    parsed = DEMOGRAPHICS.parse([file])
    core = hold(DEMOGRAPHICS, parsed)
    assert (core.height, parsed.notes) == (266_661, ())
    assert set(core.get_column("year")) == set(range(2001, 2026))
    assert core.filter(year=2025).height == 20_770
    assert core.filter(population_type="REF").height == 137_141
    for sex, parts in (("female", FEMALE), ("male", MALE)):
        whole = core.get_column(f"{sex}_all_ages_persons")
        assert core.select(pl.sum_horizontal(parts)).to_series().equals(whole)
    known = pl.sum_horizontal("female_all_ages_persons", "male_all_ages_persons")
    assert core.filter(known < pl.col("total_persons")).height == 100_282
    assert core.filter(known.gt(0), known < pl.col("total_persons")).height == 4_156
    assert core.filter(pl.col("total_persons") < 5).is_empty()


def test_no_break_spaces_in_a_place_are_spaces(tmp_path: Path, table: pl.DataFrame) -> None:
    """UNHCR writes a few places of camps with them, which would make two places of one."""
    content = [
        body.replace(b"Dispersed in the", "Dispersed\u00a0in\u00a0the".encode())
        for body in bodies(DEMOGRAPHICS)
    ]
    assert content != bodies(DEMOGRAPHICS)
    assert hold(DEMOGRAPHICS, DEMOGRAPHICS.parse(write(tmp_path, content))).equals(table)
