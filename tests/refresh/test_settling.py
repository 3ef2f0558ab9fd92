"""A bad release of one source keeps no other source from being published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.errors import CheckFailedError
from fcm_migration.publish.query import connect
from fcm_migration.refresh import report
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.publishing import current_edition, publish_edition
from fcm_migration.refresh.review import accept, quarantined, withdraw
from fcm_migration.refresh.run import refresh
from fcm_migration.refresh.settling import settle_source
from tests.toy import TABLE, TOY, write_release
from tests.toy_home import give, rows

pytestmark = pytest.mark.slow
OTHER = replace(
    TOY,
    source_id="other",
    tables=(replace(TABLE, name="other_claims", source_id="other"),),
    flows=lambda tables: TOY.flows({TABLE.name: tables["other_claims"]}).filter(
        origin_label="never"
    ),
    parse=lambda files: replace(
        parsed := TOY.parse(files), tables={"other_claims": parsed.tables[TABLE.name]}
    ),
)


def allow(context: Context, highest: int, table: str = "core.toy_claims") -> None:
    """Expect no count of a table above a number."""
    suite = {
        "name": table,
        "expectations": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "claims_persons", "max_value": highest},
                "severity": "critical",
                "meta": {"id": "plausible", "reason": "Never more than that."},
            }
        ],
        "meta": {},
    }
    (context.suites_dir / f"{table}.json").write_text(json.dumps(suite))


def later(context: Context, minutes: int) -> Context:
    return replace(context, now=context.now + timedelta(minutes=minutes))


def figures(context: Context) -> tuple[date, int]:
    """Date of the release in use, and its newest count."""
    with connect(context.home.root) as fcm:
        return fcm.sql(
            "SELECT as_of_date, claims_persons FROM core.toy_claims WHERE origin = 'Chad' "
            "ORDER BY month_start_date DESC LIMIT 1"
        ).row(0)


@pytest.fixture
def two(own_home: Context, tmp_path: Path) -> Context:
    """The published toy home with a second source, which gets a release of its own."""
    context = replace(own_home, sources=(TOY, OTHER))
    ingest(context, OTHER, [write_release(tmp_path / "other", "2024-03-01", rows())])
    allow(context, 5)
    return context


def test_a_failing_release_is_set_aside_and_the_edition_published(
    two: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    give(two, "2024-04-01", last="9")
    ingest(two, OTHER, [write_release(tmp_path / "other", "2024-04-02", rows("4"))])
    summary = refresh(later(two, 1))
    assert figures(two) == (date(2024, 1, 15), 2)
    with connect(two.home.root) as fcm:
        other = fcm.sql("SELECT max(claims_persons), max(as_of_date) FROM core.other_claims").row(0)
        assert other == (4, date(2024, 4, 2))
        held = fcm.sql(
            "SELECT source_id, outcome FROM meta.snapshots WHERE status = 'quarantined'"
        ).rows()
        assert held == [("toy", "failed_checks")]
        assert fcm.sql("SELECT failed_expectations FROM meta.status").to_series().sum() == 0
    (said,) = summary.set_aside
    name = quarantined(two)[0].snapshot.snapshot_id
    assert f"toy, release {name}: core.toy_claims: plausible failed: 1 of 63, such as [9]" in said
    assert f"fcm review {name} --withdraw --by NAME --reason WHY" in said
    report.print_summary(two, summary)
    out = " ".join(capsys.readouterr().out.split())
    assert f"set aside: toy, release {name}: core.toy_claims: plausible failed" in out
    assert "1 release in quarantine, toy (failed_checks): see `fcm review`" in out
    rows_ = {row["source"]: row for row in report.source_rows(two)}
    assert rows_["toy"]["held back"] == "1 failed_checks"
    assert rows_["toy"]["as of"] == "2024-01-15"
    # the next refresh does not try again, and is calm
    again = refresh(later(two, 2))
    assert (again.set_aside, again.is_new) == ((), False)


def test_releases_are_stepped_back_one_at_a_time(two: Context) -> None:
    for minute, (day, last) in enumerate(
        (("2024-04-01", "4"), ("2024-05-01", "8"), ("2024-06-01", "9"))
    ):
        give(later(two, minute), day, last)
    summary = refresh(later(two, 5))
    assert len(summary.set_aside) == 2
    assert figures(two) == (date(2024, 4, 1), 4)
    # a corrected suite tries them again
    allow(two, 8)
    summary = refresh(later(two, 6))
    assert figures(two) == (date(2024, 5, 1), 8)
    assert [item.snapshot.as_of for item in quarantined(two)] == [date(2024, 6, 1)]


def test_a_failing_release_is_used_on_a_persons_word(two: Context) -> None:
    give(two, "2024-04-01", last="9")
    refresh(two)
    (held,) = quarantined(two)
    assert held.can_be_accepted
    name = held.snapshot.snapshot_id
    accept(two, name, by="Ann", reason="the publisher confirms", until=date(2024, 7, 1))
    assert refresh(later(two, 1)).set_aside == ()
    assert figures(two) == (date(2024, 4, 1), 9)
    with connect(two.home.root) as fcm:
        failed = fcm.sql("SELECT expectation FROM meta.check_results WHERE NOT success")
        assert failed.get_column("expectation").to_list() == ["plausible"]
    august = replace(two, now=two.now.replace(month=8))
    refresh(august)
    assert figures(two) == (date(2024, 1, 15), 2)
    withdraw(two, name, by="Ann", reason="it was wrong after all")
    assert [item.outcome for item in quarantined(two)] == ["withdrawn"]


def test_a_source_of_which_nothing_passes_is_left_out_and_the_others_go_on(
    two: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    allow(two, 1, "core.other_claims")
    summary = refresh(later(two, 1))
    assert "other: no release passes its checks" in summary.set_aside[-1]
    with connect(two.home.root) as fcm:
        assert fcm.sql("SELECT count(*) FROM core.other_claims").item() == 0
        assert fcm.sql("SELECT count(*) FROM core.toy_claims").item() == 63
    report.print_summary(two, summary)
    assert "this source has no figures" in capsys.readouterr().out


def test_a_history_with_a_bad_release_in_it_does_not_hold_back_a_good_one(two: Context) -> None:
    """The bad one was set aside at its time; the next good one stands beside the one before."""
    give(two, "2024-04-01", last="9")
    refresh(later(two, 1))
    give(later(two, 2), "2024-05-01", last="3")
    assert refresh(later(two, 3)).set_aside == ()
    assert figures(two) == (date(2024, 5, 1), 3)
    assert [item.outcome for item in quarantined(two)] == ["failed_checks"]


def test_a_failed_mart_check_keeps_the_edition_and_names_step_source_and_command(
    own_home: Context,
) -> None:
    before = current_edition(own_home)
    assert before is not None
    give(later(own_home, 5), "2024-04-01", last="9")
    suite = {
        "name": "mart.flows",
        "expectations": [
            {
                "type": "expect_column_constant_within",
                "kwargs": {"column": "value", "by": ["source_id", "frequency"]},
                "severity": "critical",
                "meta": {"id": "one value", "reason": "For the test."},
            }
        ],
        "meta": {},
    }
    (own_home.suites_dir / "mart.flows.json").write_text(json.dumps(suite))
    with pytest.raises(CheckFailedError) as raised:
        refresh(later(own_home, 6))
    said = str(raised.value)
    name = own_home.archive.usable("toy")[-1].snapshot_id
    assert "mart.flows: one value failed" in said
    assert "made by the step: harmonise" in said
    assert f"the rows are of toy, release {name}" in said
    assert f"New since that edition: toy {name}" in said
    assert "fcm review RELEASE --withdraw --by NAME --reason WHY" in said
    assert current_edition(own_home) == before
    (own_home.suites_dir / "mart.flows.json").unlink()
    assert publish_edition(own_home).edition_id != before.edition_id


def test_a_failed_check_on_values_alone_names_the_source_of_rows_with_them(
    own_home: Context,
) -> None:
    suite = {
        "name": "mart.flows",
        "expectations": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": "value", "min_value": 0, "max_value": 4},
                "severity": "critical",
                "meta": {"id": "at most four", "reason": "For the test."},
            }
        ],
        "meta": {},
    }
    (own_home.suites_dir / "mart.flows.json").write_text(json.dumps(suite))
    with pytest.raises(CheckFailedError) as raised:
        refresh(later(own_home, 6))
    name = own_home.archive.usable("toy")[-1].snapshot_id
    assert f"rows with these values are of toy, release {name}" in str(raised.value)


def test_a_release_that_no_harmonisation_foresaw_is_set_aside(
    own_home: Context, tmp_path: Path
) -> None:
    def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
        if (tables[TABLE.name].get_column("claims_persons") > 8).any():
            raise ValueError("a figure nobody foresaw")
        return TOY.flows(tables)

    context = replace(own_home, sources=(replace(TOY, flows=flows),))
    give(context, "2024-04-01", last="9")
    summary = refresh(later(context, 1))
    (said,) = summary.set_aside
    assert "tables and flows can be made failed" in said
    assert "ValueError: a figure nobody foresaw" in said
    assert figures(context) == (date(2024, 1, 15), 2)
    (held,) = quarantined(context)
    assert (held.outcome, held.can_be_accepted) == ("not_conform", False)
    assert refresh(later(context, 2)).set_aside == ()


def test_settling_twice_builds_once(two: Context) -> None:
    stored = settle_source(two, TOY).stored
    path = stored["core.toy_claims"].path
    stamp = path.stat().st_mtime_ns
    assert settle_source(two, TOY).stored == stored
    assert path.stat().st_mtime_ns == stamp


def test_all_that_was_set_aside_is_said_where_nothing_is_left(own_home: Context) -> None:
    before = current_edition(own_home)
    allow(own_home, 1)
    with pytest.raises(
        CheckFailedError, match=r"nothing was published.*plausible failed: 10 of 63"
    ):
        refresh(own_home)
    assert current_edition(own_home) == before
