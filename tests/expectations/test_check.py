"""From a table to results: the derived suite, types that survive, severity, messages, purity."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform
from fcm_migration.errors import UsageError
from fcm_migration.expectations import (
    CHECK_RESULTS,
    check_table,
    critical_failures,
    failure_message,
    required_context,
    results_frame,
    suite_hash,
)
from fcm_migration.expectations.run import to_pandas
from tests.expectations.conftest import FIGURES, GOOD, TODAY, Judge, entry, figures, write_suite


def test_importing_the_package_does_not_load_the_library() -> None:
    code = (
        "import sys, fcm_migration.expectations\n"
        "sys.exit('great_expectations' in sys.modules or 'pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_conforming_table_passes_what_is_derived(tmp_path: Path) -> None:
    results = check_table(FIGURES, GOOD, suites_dir=tmp_path, today=TODAY)
    assert [item.expectation for item in results] == [
        "columns",
        "rows",
        "key",
        "not null",
        "month_start_date: bounds",
        "origin: pattern",
        "unit: vocabulary",
        "count: bounds",
    ]
    assert all(item.success and item.kind == "structural" and item.reason for item in results)


def test_every_breach_of_the_declaration_is_counted_with_examples(tmp_path: Path) -> None:
    bad = pl.concat(
        [
            GOOD,
            figures(("1999-12", "NA", -1), ("2024-04", "Syria", 1), ("2024-01", "NA", 10)),
            figures(("2024-05", "NA", 1)).with_columns(unit=pl.lit("boats")),
            figures(("2024-06", "NA", 1)).with_columns(unit=pl.lit(None, dtype=pl.String)),
        ]
    )
    results = check_table(FIGURES, bad, suites_dir=tmp_path, today=TODAY)
    failed = {r.expectation: (r.unexpected_count, r.examples) for r in critical_failures(results)}
    assert failed == {
        "key": (
            2,
            '[{"month_start_date": "2024-01-01", "origin": "NA"}]',
        ),
        "month_start_date: bounds": (1, '[{"month_start_date": "1999-12-01"}]'),
        "origin: pattern": (1, '["Syria"]'),
        "not null": (1, '[{"column": "unit", "nulls": 1}]'),
        "unit: vocabulary": (1, '["boats"]'),
        "count: bounds": (1, '[{"count": -1}]'),
    }


def test_a_missing_column_and_an_empty_table_are_failures_not_errors(tmp_path: Path) -> None:
    lost = check_table(FIGURES, GOOD.drop("unit"), suites_dir=tmp_path, today=TODAY)
    failed = {item.expectation: item.observed for item in critical_failures(lost)}
    assert set(failed) == {"columns", "not null", "unit: vocabulary"}
    assert failed["not null"].startswith("could not be evaluated: ")
    empty = check_table(FIGURES, GOOD.clear(), suites_dir=tmp_path, today=TODAY)
    assert [item.expectation for item in critical_failures(empty)] == ["rows"]
    write_suite(tmp_path, FIGURES, may_be_empty=True)
    allowed = check_table(FIGURES, GOOD.clear(), suites_dir=tmp_path, today=TODAY)
    assert not critical_failures(allowed)


def test_integers_dates_and_the_text_na_survive_the_way_to_pandas(judge: Judge) -> None:
    large = 9_007_199_254_740_993  # not a float
    frame = pl.concat([GOOD, figures(("2024-04", "NA", large), ("2024-04", "SY", None))])
    made = to_pandas(frame)
    assert int(made["count"].iloc[-2]) == large
    assert bool(made["count"].isna().iloc[-1])
    assert made["origin"].tolist().count("NA") == 4
    assert made["month_start_date"].iloc[0].date() == date(2024, 1, 1)
    result = judge(
        frame, "expect_column_values_to_not_be_in_set", column="origin", value_set=["NA"]
    )
    assert (result.unexpected_count, result.examples) == (4, '["NA"]')


def test_a_warning_does_not_stop_and_a_critical_failure_says_what_and_why(judge: Judge) -> None:
    kwargs = {"column": "origin", "value_set": ["SY", "All"]}
    warned = judge(GOOD, "expect_column_values_to_be_in_set", severity="warning", **kwargs)
    assert not warned.success
    assert critical_failures([warned]) == []
    failed = judge(GOOD, "expect_column_values_to_be_in_set", **kwargs)
    assert failure_message([warned, failed]) == (
        'core.figures: under test failed: 3 of 8, such as ["NA"] '
        "(expected because: the test says so)"
    )


def test_a_condition_on_rows_is_the_librarys_own(judge: Judge) -> None:
    condition = {
        "type": "comparison",
        "column": {"name": "origin"},
        "operator": "==",
        "parameter": "All",
    }
    kwargs = {"column": "count", "value_set": [30, 50, 5], "row_condition": condition}
    result = judge(GOOD, "expect_column_values_to_be_in_set", **kwargs)
    assert (result.success, result.element_count) == (True, 3)


def test_the_mean_of_nothing_is_not_a_failure(judge: Judge) -> None:
    nothing = GOOD.with_columns(pl.lit(None, dtype=pl.Int64).alias("count"))
    result = judge(nothing, "expect_column_mean_to_be_between", column="count", max_value=1)
    assert (result.success, result.observed) == (True, "no values to judge")


def test_results_become_rows_of_the_declared_table(judge: Judge, tmp_path: Path) -> None:
    failed = judge(GOOD, "expect_column_values_to_be_in_set", column="origin", value_set=["SY"])
    everything = check_table(FIGURES, GOOD, suites_dir=tmp_path, today=TODAY)
    frame = results_frame(everything)
    assert conform(frame, CHECK_RESULTS).equals(frame)
    assert failed in everything
    assert results_frame([]).is_empty()


def test_the_same_input_gives_the_same_results_and_leaves_no_file(tmp_path: Path) -> None:
    shuffled = GOOD.with_columns(pl.col("count") - 20).sample(fraction=1, shuffle=True, seed=1)
    first = check_table(FIGURES, shuffled, suites_dir=tmp_path, today=TODAY)
    assert check_table(FIGURES, shuffled, suites_dir=tmp_path, today=TODAY) == first
    assert list(tmp_path.iterdir()) == []


def test_examples_stay_short(judge: Judge) -> None:
    long = figures(*((f"2024-{n:02d}", "NA" * 200, 1) for n in range(1, 9)))
    result = judge(long, "expect_column_values_to_be_in_set", column="origin", value_set=["SY"])
    assert len(result.examples) <= 500
    assert isinstance(json.loads(result.examples), list)


def test_context_is_known_before_the_run_and_the_hash_follows_what_decides(
    tmp_path: Path,
) -> None:
    assert required_context(FIGURES, tmp_path) == ()
    bare = suite_hash(FIGURES, tmp_path)
    kwargs = {"column": "count", "by": ["origin"], "totals_table": "mart.series"}
    write_suite(tmp_path, FIGURES, entry("expect_parts_to_match_totals", **kwargs))
    assert required_context(FIGURES, tmp_path) == ("mart.series",)
    written = suite_hash(FIGURES, tmp_path)
    assert written != bare
    assert suite_hash(FIGURES, tmp_path) == written


@pytest.mark.parametrize(
    "spoil",
    [
        {"meta": {"id": "nameless"}},
        {"meta": {"id": "key", "reason": "an id of a derived one"}},
        {"severity": "info"},
        {"type": "expect_nothing"},
        {"kwargs": {"column": "origin", "value_sets": ["SY"]}},
    ],
)
def test_a_suite_that_is_not_one_is_refused(tmp_path: Path, spoil: dict[str, object]) -> None:
    good = entry("expect_column_values_to_be_in_set", column="origin", value_set=["SY"])
    write_suite(tmp_path, FIGURES, {**good, **spoil})
    with pytest.raises(UsageError, match=r"core\.figures"):
        check_table(FIGURES, GOOD, suites_dir=tmp_path, today=TODAY)


def test_a_file_that_is_not_a_suite_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "core.figures.json"
    path.write_text("{")
    with pytest.raises(UsageError, match="not JSON"):
        check_table(FIGURES, GOOD, suites_dir=tmp_path, today=TODAY)
    path.write_text('{"name": "core.others", "expectations": []}')
    with pytest.raises(UsageError, match="another name"):
        check_table(FIGURES, GOOD, suites_dir=tmp_path, today=TODAY)


def test_an_unknown_grouping_is_said_to_be_so(judge: Judge) -> None:
    kwargs = {
        "column": "count",
        "by": ["w = moon(month_start_date)"],
        "totals": [{"w": 1, "total": 1}],
    }
    result = judge(GOOD, "expect_totals_to_equal", **kwargs)
    assert not result.success
    assert "cannot group by this" in result.observed
