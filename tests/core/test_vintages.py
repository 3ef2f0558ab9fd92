"""Revisions: completing a period is counted apart from changing a settled figure."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.archive.releases import one_per_day, usable_releases
from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.model import Column, Table
from fcm_migration.config import Home
from fcm_migration.core.build import revised, standing_frames
from fcm_migration.core.tables import latest_table, marked_table
from fcm_migration.core.vintages import revisions
from fcm_migration.marts.series import build_series
from fcm_migration.marts.tables import HELD_BACK
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.parts import harmonised_part
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import Source
from tests.sources.unhcr_pages import APPLICATIONS

TABLE = Table(
    "core",
    "claims",
    "Claims by year and origin.",
    "year and origin",
    (
        Column("year", "integer", "Calendar year."),
        Column("origin", "string", "Origin."),
        Column("claims", "integer", "Claims.", unit="persons"),
    ),
    ("year", "origin"),
    source_id="claims",
    period="year",
    partial="is_partial",
)
EARLIER, LATER = date(2024, 10, 1), date(2025, 6, 1)


def release(rows: list[tuple[int, str, int]], half: int | None) -> pl.DataFrame:
    schema = {"year": pl.Int64, "origin": pl.String, "claims": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(is_partial=pl.lit(half).eq_missing(pl.col("year")))


def compared(half: int | None) -> tuple[dict[str, object], list[tuple[object, ...]]]:
    """What the later release changes, where the earlier one holds a half of that year."""
    before = release([(2023, "A", 10), (2023, "B", 20), (2024, "A", 5), (2024, "B", 7)], half)
    after = release(
        [(2023, "A", 13), (2023, "B", 20), (2024, "A", 11), (2024, "C", 4), (2025, "A", 1)], 2025
    )
    summary, detail = revisions(TABLE, [(EARLIER, before), (LATER, after)])
    names = ("period_start", "changed", "completed", "net_change")
    return summary.row(0, named=True), detail.select(names).rows()


def test_completion_is_no_revision() -> None:
    summary, periods = compared(2024)
    counts = ("compared", "changed", "appeared", "vanished", "added", "completed")
    assert [summary[name] for name in counts] == [2, 1, 0, 0, 1, 3]
    assert (summary["net_change"], summary["largest_change"]) == (3, 3)
    assert summary["revised_pct"] == 50
    assert summary["last_revised_period"] == date(2023, 1, 1)
    assert periods == [(date(2023, 1, 1), 1, 0, 3), (date(2024, 1, 1), 0, 3, 0)]


def test_what_changes_a_whole_year_is_a_revision() -> None:
    summary, periods = compared(None)
    counts = ("compared", "changed", "appeared", "vanished", "added", "completed")
    assert [summary[name] for name in counts] == [3, 2, 1, 1, 1, 0]
    # the cells that both print: 10 to 13 and 5 to 11; what appeared or vanished is not in it
    assert (summary["net_change"], summary["largest_change"]) == (9, 6)
    assert periods == [(date(2023, 1, 1), 1, 0, 3), (date(2024, 1, 1), 1, 0, 6)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.source_id)
def test_a_table_with_a_mark_has_someone_who_sets_it(source: Source) -> None:
    for table in source.tables:
        is_added = marked_table(table) != table
        assert not is_added or source.incomplete is not None
        if table.partial is not None:
            assert latest_table(table).column(table.partial).dtype == "boolean"


def unhcr(root: Path) -> Context:
    now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    nothing = root / "bundled"
    return Context(Home(root / "home"), now, (APPLICATIONS,), offline=True, bundled_dir=nothing)


def ingested(context: Context, paths: list[Path]) -> list[pl.DataFrame]:
    """What stood after each release."""
    for path in paths:
        assert ingest(context, APPLICATIONS, [path]).outcome == "ok"
    releases = one_per_day(usable_releases(context.home, context.archive, APPLICATIONS))
    return [frame for _, frame in standing_frames(APPLICATIONS, APPLICATIONS.tables[0], releases)]


@pytest.mark.shared_data
def test_the_half_year_of_2025_under_a_date_in_june(shared_data: Path, tmp_path: Path) -> None:
    """Case 01: the half as it is, dated 15 June 2026, stays a half and is no revision."""
    context = unhcr(tmp_path)
    folder = shared_data / "unhcr" / "releases"
    half = folder / "asylum_applications__2025-11-11__2025.06.0.parquet"
    again = tmp_path / "asylum_applications__2026-06-15__2025.06.0.parquet"
    again.write_bytes(half.read_bytes())
    later = next(iter(ingested(context, [again])))
    assert later.filter("is_partial").get_column("year").unique().to_list() == [2025]
    settle_source(context, APPLICATIONS)
    flows = pl.read_parquet(harmonised_part(context, APPLICATIONS)["mart.flows"].path)
    newest = flows.filter(period_start=date(2025, 1, 1), origin_iso3="total")
    assert dict(newest.select("destination_iso3", "value").rows())["GBR"] == 49_682
    assert newest.get_column("is_partial").all()
    assert not flows.filter(pl.col("period_start") < date(2025, 1, 1))["is_partial"].any()
    # forecasts and alerts read the panel, which ends with the last complete year
    series, index = build_series(flows, [], empty(HELD_BACK))
    assert index.get_column("last_period").max() == date(2024, 1, 1)
    assert series.get_column("period_start").max() == date(2024, 1, 1)


@pytest.mark.shared_data
def test_the_full_year_of_2025_completes_the_half(shared_data: Path, tmp_path: Path) -> None:
    """Before, 3,883 changed cells and a net change of 2,209,069 were counted as revisions."""
    fresh = shared_data.parent / "fresh" / "unhcr" / "releases"
    if not fresh.is_dir():
        pytest.skip("the releases of 2026 are not here")
    context = unhcr(tmp_path)
    half = shared_data / "unhcr" / "releases"
    paths = [
        half / "asylum_applications__2025-11-11__2025.06.0.parquet",
        fresh / "asylum_applications__2026-06-12__2025.12.0.parquet",
    ]
    marks = [frame.get_column("is_partial").any() for frame in ingested(context, paths)]
    assert marks == [True, False]
    releases = one_per_day(usable_releases(context.home, context.archive, APPLICATIONS))
    summary, detail = revised(context.home, APPLICATIONS, APPLICATIONS.tables[0], releases)
    counts = summary.row(0, named=True)
    names = ("changed", "appeared", "vanished", "net_change", "revised_pct")
    assert [counts[name] for name in names] == [0, 0, 0, 0, 0]
    assert counts["completed"] == 5_701
    assert detail.select("period_start", "completed").rows() == [(date(2025, 1, 1), 5_701)]
