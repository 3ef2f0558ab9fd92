"""Harmonised flows and the gapless panel, on small frames made by hand."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog import conform
from fcm_migration.catalog.derive import empty
from fcm_migration.errors import LayoutError
from fcm_migration.marts.countries import aliases
from fcm_migration.marts.harmonise import harmonise, merge_labels
from fcm_migration.marts.panel import model_panel, modelled
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.series import absent_is_zero, build_series
from fcm_migration.marts.tables import FLOWS, HELD_BACK, SERIES, SERIES_INDEX
from tests.toy import TOY, write_aliases

JAN, FEB, MAR = date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)


def core(rows: list[tuple[date, str, int | None]]) -> dict[str, pl.DataFrame]:
    frame = pl.DataFrame(
        rows,
        schema={"month_start_date": pl.Date, "origin": pl.String, "claims_persons": pl.Int64},
        orient="row",
    ).with_columns(as_of_date=date(2024, 4, 1), snapshot_id=pl.lit("s"), obtained=pl.lit("inbox"))
    return {"toy_claims": frame}


ROWS = [(JAN, "Chad", 5), (MAR, "Chad", 6), (JAN, "Peru", None), (MAR, "Peru", 1), (FEB, "Peru", 2)]


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return write_aliases(tmp_path, {"Chad": "TCD", "Peru": "PER"})


def flows_of(reference: Path) -> pl.DataFrame:
    return conform(harmonise(TOY, core(ROWS), aliases(reference, TOY.country_scheme)).flows, FLOWS)


def test_flows_carry_unit_class_and_provenance(reference: Path) -> None:
    flows = flows_of(reference)
    assert set(flows.get_column("unit")) == {"persons"}
    peru = flows.filter((pl.col("origin_iso3") == "PER") & (pl.col("period_start") == JAN))
    row = peru.row(0, named=True)
    assert row["value"] is None
    assert row["is_suppressed"]
    assert (row["as_of_date"], row["snapshot_id"], row["obtained"]) == (
        date(2024, 4, 1),
        "s",
        "inbox",
    )
    totals = flows.filter(pl.col("origin_iso3") == "total")
    assert set(totals.get_column("origin_class")) == {"total"}
    assert totals.get_column("is_derived").all()


def test_an_unreviewed_label_is_held_back_not_guessed(tmp_path: Path) -> None:
    reference = write_aliases(tmp_path, {"Chad": "TCD", "Perú": "PER"})
    made = harmonise(TOY, core(ROWS), aliases(reference, TOY.country_scheme))
    assert made.held.select("source_id", "label", "period_start", "rows").rows() == [
        ("toy", "Peru", month, 1) for month in (JAN, FEB, MAR)
    ]
    assert "PER" not in made.flows.get_column("origin_iso3").to_list()


def test_a_source_that_breaks_its_promise_is_refused(reference: Path) -> None:
    broken = dataclasses.replace(TOY, flows=lambda tables: TOY.flows(tables).drop("route"))
    with pytest.raises(LayoutError, match="promised schema"):
        harmonise(broken, core(ROWS), aliases(reference, broken.country_scheme))


def test_absent_rows_are_zeros_only_where_the_publisher_leaves_zeros_out(reference: Path) -> None:
    flows = flows_of(reference)
    series, index = build_series(flows, absent_is_zero((TOY,)), empty(HELD_BACK))
    conform(series, SERIES)
    conform(index, SERIES_INDEX)
    chad = series.filter(pl.col("origin_iso3") == "TCD")
    assert chad.select("period_start", "value", "is_implied_zero").rows() == [
        (JAN, 5.0, False),
        (FEB, 0.0, True),
        (MAR, 6.0, False),
    ]
    never = dataclasses.replace(TOY, absent_is_zero=False)
    series, _ = build_series(flows, absent_is_zero((never,)), empty(HELD_BACK))
    chad = series.filter(pl.col("origin_iso3") == "TCD")
    assert chad.get_column("value").to_list() == [5.0, None, 6.0]
    assert not chad.get_column("is_implied_zero").any()


def test_a_month_no_release_covers_is_not_zero(reference: Path) -> None:
    """Windows of years leave a gap where nobody brought the one between."""
    gap = harmonise(
        TOY, core([(JAN, "Chad", 5), (MAR, "Chad", 6)]), aliases(reference, TOY.country_scheme)
    ).flows
    series, index = build_series(gap, absent_is_zero((TOY,)), empty(HELD_BACK))
    chad = series.filter(pl.col("origin_iso3") == "TCD")
    assert chad.get_column("value").to_list() == [5, None, 6]
    assert not chad.get_column("is_implied_zero").any()
    assert index.get_column("missing").to_list() == [1, 1]


def test_a_suppressed_cell_stays_null_and_is_counted(reference: Path) -> None:
    series, index = build_series(flows_of(reference), absent_is_zero((TOY,)), empty(HELD_BACK))
    peru = series.filter(pl.col("origin_iso3") == "PER")
    assert peru.get_column("value").to_list() == [None, 2.0, 1.0]
    assert peru.get_column("is_suppressed").to_list() == [True, False, False]
    row = index.filter(pl.col("origin_iso3") == "PER").row(0, named=True)
    assert (row["suppressed"], row["missing"], row["periods"]) == (1, 0, 3)


def test_an_incomplete_period_is_left_out(reference: Path) -> None:
    flows = flows_of(reference).with_columns(is_partial=pl.col("period_start") == MAR)
    series, index = build_series(flows, absent_is_zero((TOY,)), empty(HELD_BACK))
    assert series.get_column("period_start").max() == FEB
    assert set(index.get_column("last_period")) == {FEB}


def test_a_pool_is_a_source_an_indicator_and_a_frequency(reference: Path) -> None:
    series, index = build_series(flows_of(reference), absent_is_zero((TOY,)), empty(HELD_BACK))
    panel = model_panel(series, index, empty(SERIES_BREAKS), **modelled((TOY,)))
    assert panel.columns == [
        "series_id", "pool", "frequency", "period_start", "value", "rounding",
    ]  # fmt: skip
    assert set(panel.get_column("pool")) == {"toy/asylum_claims/M"}
    assert set(panel.get_column("frequency")) == {"M"}


def test_crossed_breakdowns_are_modelled_only_on_request(reference: Path) -> None:
    crossed = flows_of(reference).with_columns(
        place=pl.when(pl.col("origin_iso3") == "TCD").then(pl.lit("Kent")).otherwise(pl.lit("all"))
    )
    series, index = build_series(crossed, absent_is_zero((TOY,)), empty(HELD_BACK))
    assert (
        not model_panel(series, index, empty(SERIES_BREAKS), **modelled((TOY,)))
        .get_column("series_id")
        .str.contains("Kent")
        .any()
    )
    asks = dataclasses.replace(TOY, models_crossed=True)
    assert (
        model_panel(series, index, empty(SERIES_BREAKS), **modelled((asks,)))
        .get_column("series_id")
        .str.contains("Kent")
        .any()
    )


def test_a_source_may_see_all_its_releases_at_once(reference: Path) -> None:
    """Figures that are differences between releases keep the release of each row."""
    newer = core([(FEB, "Chad", 8)])["toy_claims"].with_columns(snapshot_id=pl.lit("t"))
    both = {"toy_claims": pl.concat([core(ROWS)["toy_claims"].head(1), newer])}
    calls: list[int] = []

    def across(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        calls.append(tables["toy_claims"].height)
        rows = tables["toy_claims"].filter(pl.col("snapshot_id") == "t")
        kept = rows.select("as_of_date", "snapshot_id", "obtained")
        draft = TOY.flows(tables).filter(pl.col("period_start") == FEB).head(1)
        return pl.concat([draft, kept], how="horizontal")

    source = dataclasses.replace(TOY, flows=across, flows_across_releases=True)
    flows = conform(harmonise(source, both, aliases(reference, source.country_scheme)).flows, FLOWS)
    assert calls == [2]
    assert flows.select("period_start", "value", "snapshot_id").rows() == [(FEB, 8, "t")]
    unstamped = dataclasses.replace(TOY, flows_across_releases=True)
    with pytest.raises(LayoutError, match="promised schema"):
        harmonise(unstamped, both, aliases(reference, unstamped.country_scheme))


def test_labels_of_one_origin_are_added_up_and_say_so(tmp_path: Path) -> None:
    reference = write_aliases(tmp_path, {"Gaza": "PSE", "West Bank": "PSE", "Chad": "TCD"})
    rows = [
        (JAN, "Gaza", 3),
        (JAN, "West Bank", 4),
        (FEB, "Gaza", 3),
        (FEB, "West Bank", None),
        (JAN, "Chad", 1),
    ]
    made = harmonise(TOY, core(rows), aliases(reference, TOY.country_scheme)).flows.filter(
        pl.col("origin_iso3") != "total"
    )
    found = made.select(
        "origin_iso3", pl.col("period_start").dt.month(), "value", "is_suppressed", "is_derived"
    )
    assert sorted(found.rows()) == [
        ("PSE", 1, 7, False, True),
        ("PSE", 2, None, True, True),
        ("TCD", 1, 1, False, False),
    ]
    # a part the publisher does not print, though nothing is withheld: no sum either
    unprinted = merge_labels(
        pl.DataFrame(
            {
                "origin_iso3": ["PSE", "PSE"],
                "period_start": [JAN, JAN],
                "value": [3, None],
                "is_suppressed": [False, False],
                "is_derived": [False, False],
                "is_partial": [False, False],
            }
        )
    )
    assert unprinted.select("value", "is_suppressed").rows() == [(None, False)]
