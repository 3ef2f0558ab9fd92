"""The two halves of a release of CBP's nationwide files may come apart, in any order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.archive.releases import usable_releases
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.core.build import build_core
from fcm_migration.core.reading import read_latest
from fcm_migration.marts.countries import aliases
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.marts.series import absent_is_zero, build_series
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.us_cbp.nationwide import SOURCE
from fcm_migration.sources.us_cbp.nationwide_tables import AREAS, NATION, STATES
from tests.sources.us_cbp_nationwide_csv import (
    AREAS_BYTES,
    AREAS_NAME,
    STATES_BYTES,
    STATES_NAME,
    table,
    text_of,
)

NOW = datetime(2026, 11, 20, tzinfo=UTC)
DAY = date(2023, 12, 20)
EVENTS = "encounters_events"
AREA, STATE = (AREAS_NAME, AREAS_BYTES), (STATES_NAME, STATES_BYTES)
File = tuple[str, bytes]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(
        Home(tmp_path / "home"),
        NOW,
        (SOURCE,),
        offline=True,
        reference_dir=REFERENCE_DIR,
        suites_dir=SUITES_DIR,
        bundled_dir=tmp_path / "bundled",
        workers=1,
    )


def bring(context: Context, folder: Path, day: date, *files: File) -> None:
    """Ingest these files together as one release."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, content in files:
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    assert ingest(context, SOURCE, paths, as_of=day).outcome == "ok"


def marts(
    context: Context, *, is_checked: bool = True
) -> tuple[dict[str, int], pl.DataFrame, pl.DataFrame]:
    """Rows of the core tables, the flows, and the series.

    Tables that another test has had checked need not be checked again.
    """
    if is_checked:
        settle_source(context, SOURCE)
    else:
        build_core(context.home, SOURCE, usable_releases(context.home, context.archive, SOURCE))
    core = read_latest(context.home, SOURCE)
    made = harmonise(SOURCE, core, aliases(REFERENCE_DIR, SOURCE.country_scheme))
    series, _ = build_series(made.flows, absent_is_zero([SOURCE]), made.held)
    key = ["origin_iso3", "route", "place", "population_group", "period_start"]
    assert made.flows.select(key).is_unique().all()
    return {name: frame.height for name, frame in core.items()}, made.flows, series


def figures(flows: pl.DataFrame) -> pl.DataFrame:
    columns = ["origin_iso3", "route", "place", "population_group", "period_start", "value"]
    return flows.select(columns).sort(columns)


@pytest.mark.parametrize(
    "order", [((AREA, STATE),), ((AREA,), (STATE,)), ((STATE,), (AREA,))], ids=("pair", "as", "sa")
)
def test_halves_of_a_day_join(
    context: Context, tmp_path: Path, order: tuple[tuple[File, ...], ...]
) -> None:
    for number, files in enumerate(order):
        bring(context, tmp_path / str(number), DAY, *files)
    rows, flows, series = marts(context, is_checked=len(order) == 1)
    assert rows[AREAS.name] == len(table()) - 1
    assert rows[STATES.name] == len(table(STATES_BYTES)) - 1
    total = flows.filter(origin_iso3="total", route="all", place="all", population_group="all")
    assert total.get_column("value").sum() == sum(int(row[-1]) for row in table()[1:])
    assert set(flows.get_column("place")) == {
        "all", "U.S. Border Patrol", "Office of Field Operations",
    }  # fmt: skip
    assert series.get_column("value").null_count() == 0


def test_a_state_file_alone_gives_the_nation_and_no_component(
    context: Context, tmp_path: Path
) -> None:
    bring(context, tmp_path / "a", DAY, STATE)
    rows, flows, _ = marts(context)
    assert rows[AREAS.name] == 0
    assert set(flows.get_column("place")) == {"all"}
    assert figures(flows).get_column("value").sum() > 0


def later(content: bytes) -> bytes:
    """The same window a year later: what was fiscal year 2023 leaves it."""
    rows = table(content)
    kept = [row for row in rows[1:] if row[0] != "2023"]
    moved = [["2025 (FYTD)", *row[1:]] for row in kept]
    closed = [["2024", *row[1:]] for row in rows[1:] if row[0] == "2023"]
    return text_of([rows[0], *closed, *moved])


def test_a_later_state_file_keeps_components_of_its_years_where_they_stand(
    context: Context, tmp_path: Path
) -> None:
    """What only the file by area tells is unknown after its last month, never zero."""
    bring(context, tmp_path / "a", DAY, AREA, STATE)
    _, before, _ = marts(context, is_checked=False)
    name = "nationwide-encounters-fy24-fy25-nov-state.csv"
    bring(context, tmp_path / "b", date(2024, 12, 20), (name, later(STATES_BYTES)))
    rows, flows, series = marts(context)
    assert rows[AREAS.name] == len(table()) - 1
    assert flows.filter(place="all").get_column("period_start").max() == date(2024, 11, 1)
    component = pl.col("place") != "all"
    assert figures(flows.filter(component)).equals(figures(before.filter(component)))
    assert series.filter(component).get_column("period_start").max() == date(2023, 11, 1)
    assert not series.filter(component).get_column("is_implied_zero").any()
    # fiscal years the later file holds are its word; the year before stands as it was
    first = flows.filter(pl.col("period_start") < date(2023, 10, 1), place="all")
    old = before.filter(pl.col("period_start") < date(2023, 10, 1), place="all")
    assert figures(first).equals(figures(old))
    nation = read_latest(context.home, SOURCE)[NATION.name]
    assert dict(nation.group_by("fiscal_year").agg(pl.col("as_of_date").first()).iter_rows()) == {
        2023: DAY,
        2024: date(2024, 12, 20),
        2025: date(2024, 12, 20),
    }


CONTROL = {
    2020: 646_822, 2021: 1_956_519, 2022: 2_766_582, 2023: 3_201_144, 2024: 2_901_142,
    2025: 691_906,
}  # fmt: skip


@pytest.mark.shared_data
def test_the_real_state_files(context: Context, shared_data: Path) -> None:
    folder = shared_data.parent / "fresh" / "us_cbp_nationwide"
    if not folder.is_dir():
        pytest.skip("the newer real files are not beside the publishers' real files")
    days = (date(2023, 11, 14), date(2025, 12, 5), date(2025, 12, 19))
    for day, path in zip(days, sorted(folder.glob("*-state.csv")), strict=True):
        assert ingest(context, SOURCE, [path], as_of=day).outcome == "ok"
    rows, flows, _ = marts(context)
    assert rows[AREAS.name] == 0
    nation = read_latest(context.home, SOURCE)[NATION.name]
    sums = dict(nation.group_by("fiscal_year").agg(pl.col(EVENTS).sum()).iter_rows())
    assert {year: sums[year] for year in CONTROL} == CONTROL
    november = flows.filter(
        period_start=date(2025, 11, 1), origin_iso3="total", route="all", population_group="all"
    )
    assert november.get_column("value").to_list() == [30_375]
