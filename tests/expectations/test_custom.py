"""Each expectation of our own: passes on good frames, fails on bad ones, with counts."""

from __future__ import annotations

import json
from datetime import date

import polars as pl

from fcm_migration.catalog.model import Column, Table
from tests.expectations.conftest import FIGURES, GOOD, Judge, figures

PARTS = {
    "column": "count",
    "by": ["month_start_date"],
    "parts": {"origin": {"not": "All"}},
    "totals": {"origin": "All"},
}
TOTALS = {
    "column": "count",
    "by": ["count_year = year(month_start_date)"],
    "where": {"origin": "All"},
    "period_column": "month_start_date",
    "periods": 3,
}
REVISIONS = {
    "previous_table": "core.figures@previous",
    "column": "count",
    "key": ["month_start_date", "origin"],
    "period_column": "month_start_date",
    "newest_periods": 1,
    "changed_pct": 20,
    "total_pct": 50,
}


def with_count(month: str, origin: str, count: int | None) -> pl.DataFrame:
    """The good figures with one count changed."""
    here = (pl.col("month_start_date") == date.fromisoformat(f"{month}-01")) & (
        pl.col("origin") == origin
    )
    return GOOD.with_columns(pl.when(here).then(count).otherwise("count").alias("count"))


def test_known_totals(judge: Judge) -> None:
    known = [{"count_year": 2024, "total": 85}, {"count_year": 2019, "total": 7}]
    good = judge(GOOD, "expect_totals_to_equal", totals=known, **TOTALS)
    assert good.success
    assert (good.element_count, good.unexpected_count) == (1, 0)
    assert "1 of 2 known totals" in good.observed
    assert "2019" in good.observed
    bad = judge(with_count("2024-02", "All", 51), "expect_totals_to_equal", totals=known, **TOTALS)
    assert not bad.success
    assert bad.unexpected_count == 1
    assert json.loads(bad.examples) == [
        {"count_year": 2024, "difference": 1, "expected": 85, "found": 86}
    ]


def test_known_totals_of_an_incomplete_year_are_not_compared(judge: Judge) -> None:
    shorter = GOOD.filter(pl.col("month_start_date") < date(2024, 3, 1))
    known = [{"count_year": 2024, "total": 85}]
    result = judge(shorter, "expect_totals_to_equal", totals=known, **TOTALS)
    assert result.success
    assert result.element_count == 0
    assert "not compared: 2024" in result.observed


def test_parts_against_totals(judge: Judge) -> None:
    good = judge(GOOD, "expect_parts_to_match_totals", **PARTS)
    assert good.success
    assert good.element_count == 3
    assert good.observed.endswith("from 0 to 0")
    bad = judge(with_count("2024-02", "SY", 33), "expect_parts_to_match_totals", **PARTS)
    assert not bad.success
    assert bad.unexpected_count == 1
    assert json.loads(bad.examples)[0] == {
        "difference": 3,
        "month_start_date": "2024-02-01",
        "parts": 53,
        "total": 50,
    }
    assert judge(
        with_count("2024-02", "SY", 33), "expect_parts_to_match_totals", **PARTS, highest=3
    ).success


def test_parts_rounded_or_withheld_widen_the_bounds(judge: Judge) -> None:
    withheld = with_count("2024-02", "NA", None)
    assert not judge(withheld, "expect_parts_to_match_totals", **PARTS).success
    assert judge(withheld, "expect_parts_to_match_totals", **PARTS, per_null=20).success
    rounded = with_count("2024-02", "NA", 25)
    assert judge(rounded, "expect_parts_to_match_totals", **PARTS, per_part=2.5).success
    assert not judge(rounded, "expect_parts_to_match_totals", **PARTS, per_part=1.5).success
    assert judge(rounded, "expect_parts_to_match_totals", **PARTS, share_pct=10).success


def test_a_total_without_parts_fails_only_where_parts_are_required(judge: Judge) -> None:
    lost = GOOD.filter(~((pl.col("origin") != "All") & (pl.col("count") == 5)))
    assert judge(lost, "expect_parts_to_match_totals", **PARTS).element_count == 2
    required = judge(lost, "expect_parts_to_match_totals", **PARTS, require_parts=True)
    assert not required.success
    assert required.unexpected_count == 1


def test_no_part_exceeds_its_total(judge: Judge) -> None:
    largest = {**PARTS, "aggregate": "max", "lowest": None}
    assert judge(GOOD, "expect_parts_to_match_totals", **largest).success
    assert not judge(
        with_count("2024-01", "SY", 31), "expect_parts_to_match_totals", **largest
    ).success


def test_totals_of_another_table(judge: Judge) -> None:
    weeks = pl.DataFrame({"week": [date(2024, 1, 7)], "total": [30]})
    kwargs = {
        "column": "count",
        "by": ["week = week_ending(month_start_date)"],
        "parts": {"origin": "All", "month_start_date": ["2024-01-01"]},
        "totals_table": "core.weeks",
        "totals_column": "total",
        "totals_by": ["week"],
    }
    kind = "expect_parts_to_match_totals"
    assert judge(GOOD, kind, context={"core.weeks": weeks}, **kwargs).element_count == 1
    other = weeks.with_columns(total=pl.lit(31))
    assert not judge(GOOD, kind, context={"core.weeks": other}, **kwargs).success
    absent = judge(GOOD, kind, **kwargs)
    assert absent.success
    assert absent.observed == "the table to compare with is not there"


def test_no_gaps_in_periods(judge: Judge) -> None:
    kwargs = {"column": "month_start_date", "step": "1mo"}
    good = judge(GOOD, "expect_no_gaps_in_periods", **kwargs)
    assert good.success
    assert good.observed == "3 periods from 2024-01-01 to 2024-03-01"
    gap = GOOD.filter(pl.col("month_start_date") != date(2024, 2, 1))
    bad = judge(gap, "expect_no_gaps_in_periods", **kwargs)
    assert not bad.success
    assert json.loads(bad.examples)[0]["next_expected"] == "2024-02-01"
    one = figures(("2024-01", "NA", 1), ("2024-03", "NA", 1), ("2024-02", "SY", 1))
    assert judge(one, "expect_no_gaps_in_periods", **kwargs).success
    assert not judge(one, "expect_no_gaps_in_periods", by=["origin"], **kwargs).success


def test_revisions_within_a_bound(judge: Judge) -> None:
    kind, previous = "expect_revisions_within", {"core.figures@previous": GOOD}
    same = judge(GOOD, kind, context=previous, **REVISIONS)
    assert same.success
    assert same.element_count == 6
    assert judge(with_count("2024-03", "All", 500), kind, context=previous, **REVISIONS).success
    few = judge(with_count("2024-01", "NA", 11), kind, context=previous, **REVISIONS)
    assert few.success
    assert few.unexpected_count == 1
    assert few.observed == "16.7 % of settled figures changed, their total by 0.625 %"
    moved = judge(with_count("2024-01", "NA", 500), kind, context=previous, **REVISIONS)
    assert not moved.success
    gone = GOOD.filter(pl.col("origin") != "SY")
    assert not judge(gone, kind, context=previous, **REVISIONS).success
    new = pl.concat([GOOD, figures(("2024-01", "AF", 1), ("2024-02", "AF", 1))])
    appeared = judge(new, kind, context=previous, **REVISIONS)
    assert not appeared.success
    assert appeared.unexpected_count == 2


def test_the_first_release_has_nothing_to_be_compared_with(judge: Judge) -> None:
    result = judge(GOOD, "expect_revisions_within", **REVISIONS)
    assert result.success
    assert result.observed == "no previous release to compare with"


def test_one_unit_for_a_series(judge: Judge) -> None:
    kwargs = {"column": "unit", "by": ["origin"]}
    assert judge(GOOD, "expect_column_constant_within", **kwargs).success
    mixed = GOOD.with_columns(
        pl.when(pl.col("count") == 20).then(pl.lit("cases")).otherwise("unit").alias("unit")
    )
    bad = judge(mixed, "expect_column_constant_within", **kwargs)
    assert (bad.success, bad.unexpected_count, bad.column) == (False, 2, "unit")
    assert json.loads(bad.examples)[0] == {"origin": "NA", "unit": ["cases", "persons"]}


def test_quantiles_do_not_cross(judge: Judge) -> None:
    kwargs = {"column": "count", "order_by": "month_start_date", "by": ["unit"]}
    rising = GOOD.filter(pl.col("origin") == "SY")
    assert judge(rising, "expect_column_not_to_fall_within", **kwargs).success
    falling = judge(
        GOOD.filter(pl.col("origin") == "All"), "expect_column_not_to_fall_within", **kwargs
    )
    assert (falling.success, falling.unexpected_count) == (False, 1)


def test_columns_add_up_to_their_total(judge: Judge) -> None:
    names = ("row", "a", "b", "total")
    table = Table(
        "core", "sums", "Sums.", "row", tuple(Column(n, "integer", n) for n in names), ("row",)
    )
    frame = pl.DataFrame({"row": [1, 2, 3], "a": [1, 2, 3], "b": [1, 2, 3], "total": [2, 5, 6]})
    kwargs = {"columns": ["a", "b"], "total": "total", "show": ["row"], "table": table}
    bad = judge(frame, "expect_columns_to_add_up", **kwargs)
    assert not bad.success
    assert json.loads(bad.examples) == [{"difference": -1, "row": 2, "sum": 4, "total": 5}]
    assert judge(frame, "expect_columns_to_add_up", tolerated=1, largest=1, **kwargs).success
    assert not judge(frame, "expect_columns_to_add_up", tolerated=1, largest=0, **kwargs).success


def test_freshness_is_judged_on_the_day_given(judge: Judge) -> None:
    table = Table(
        "meta",
        "ages",
        "Ages.",
        "source",
        (
            Column("source_id", "string", "Source."),
            Column("newest", "date", "Newest day."),
            Column("days", "integer", "Days.", nullable=True),
        ),
        ("source_id",),
    )
    frame = pl.DataFrame(
        {
            "source_id": ["fresh", "frozen", "stale"],
            "newest": [date(2026, 4, 24), date(2023, 9, 30), date(2026, 4, 1)],
            "days": [7, None, 29],
        }
    )
    kwargs = {"column": "newest", "days_column": "days", "show": ["source_id"], "table": table}
    result = judge(frame, "expect_newest_period_fresher_than", severity="warning", **kwargs)
    assert (result.success, result.severity) == (False, "warning")
    assert (result.element_count, result.unexpected_count) == (2, 1)
    assert json.loads(result.examples)[0]["age_days"] == 30


def test_bounds_take_dates_and_ignore_nulls(judge: Judge) -> None:
    kwargs = {"column": "month_start_date", "max_value": "2024-02-01"}
    result = judge(GOOD, "expect_column_within_bounds", **kwargs)
    assert (result.success, result.unexpected_count) == (False, 2)
    unknown = with_count("2024-01", "NA", None)
    assert judge(unknown, "expect_column_within_bounds", column="count", min_value=0).success
    assert FIGURES.column("count").nullable
