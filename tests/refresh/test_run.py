"""A whole refresh of the toy source: what is published, when nothing is, and what it says."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from fcm_migration import store
from fcm_migration.archive.model import Attempt
from fcm_migration.errors import CheckFailedError, SourceError, UsageError
from fcm_migration.metadata.build import status_rows
from fcm_migration.metadata.tables import SOURCES
from fcm_migration.publish.editions import list_editions, rollback, verify
from fcm_migration.publish.query import connect
from fcm_migration.refresh import report
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.parts import harmonised_part
from fcm_migration.refresh.publishing import current_edition, publish_edition, published_tables
from fcm_migration.refresh.review_report import print_quarantine
from fcm_migration.refresh.run import refresh
from tests.toy import TABLE, TOY, write_release
from tests.toy_home import MARKUP, QUOTED, give, rows, toy_context

pytestmark = pytest.mark.slow


def write_suite(context: Context, column: str, highest: int, severity: str = "critical") -> None:
    """Expect no value of a column of core.toy_claims above a number."""
    context.suites_dir.mkdir(parents=True, exist_ok=True)
    suite = {
        "name": "core.toy_claims",
        "expectations": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": column, "max_value": highest},
                "severity": severity,
                "meta": {"id": "plausible", "reason": "Never more than that."},
            }
        ],
        "meta": {},
    }
    (context.suites_dir / "core.toy_claims.json").write_text(json.dumps(suite))


def test_every_table_is_checked_and_published(published: Context) -> None:
    edition = current_edition(published)
    assert edition is not None
    assert set(edition.tables) == set(published_tables(published))
    assert verify(published.home.published_dir).rows == sum(n for n, _ in edition.tables.values())
    with connect(published.home.root) as fcm:
        checked = fcm.sql("SELECT DISTINCT table_name FROM meta.check_results")
        assert set(checked.get_column("table_name")) == set(edition.tables) - {"meta.check_results"}
        status = fcm.sql("FROM meta.status").row(0, named=True)
    assert (status["source_id"], status["obtained"]) == ("toy", "inbox")
    assert status["newest_period_end"].isoformat() == "2023-06-30"
    assert (status["age_days"], status["is_stale"]) == (351, True)
    words = "newest figures to 2023-06-30, 351 days old (at most 100 are usual)"
    assert (status["freshness"], status["freshness_words"]) == ("stale", words)
    sources = store.read(published.home.table("meta", "sources"), SOURCES)
    (row,) = status_rows(sources, published.today)
    assert (row["freshness"], row["in words"]) == ("stale", words)


def test_nothing_new_keeps_the_edition_and_says_so(own_home: Context) -> None:
    before = current_edition(own_home)
    later = dataclasses.replace(own_home, now=own_home.now.replace(hour=18))
    summary = refresh(later)
    assert before is not None
    assert (summary.is_new, summary.edition.edition_id) == (False, before.edition_id)
    assert summary.edition.sequence == before.sequence + 1
    with connect(own_home.home.root) as fcm:
        assert fcm.edition.published_at.hour == 18
        assert fcm.sql("SELECT count(*) FROM meta.attempts").item() == 3


def test_a_revised_figure_is_a_new_edition_with_its_history(own_home: Context) -> None:
    before = current_edition(own_home)
    give(own_home, "2024-04-01", last="3")
    summary = refresh(own_home)
    assert before is not None
    assert summary.is_new
    assert summary.edition.edition_id != before.edition_id
    with connect(own_home.home.root) as fcm:
        history = fcm.sql(
            "SELECT claims_persons FROM history.toy_claims WHERE origin = 'Chad' "
            "AND month_start_date = '2023-06-01' ORDER BY first_seen_date"
        )
        assert history.get_column("claims_persons").to_list() == [2, 3]
    rollback(own_home.home.published_dir)
    assert current_edition(own_home) == dataclasses.replace(before, is_current=True)


def test_a_critical_failure_publishes_nothing_and_says_what_failed(own_home: Context) -> None:
    before = list_editions(own_home.home.published_dir)
    write_suite(own_home, "claims_persons", 1)
    with pytest.raises(CheckFailedError) as raised:
        refresh(own_home)
    message = str(raised.value)
    assert "nothing was published" in message
    assert "core.toy_claims: plausible failed: 10 of 63, such as [2" in message
    assert "Never more than that." in message
    assert list_editions(own_home.home.published_dir) == before
    with connect(own_home.home.root) as fcm:
        assert fcm.edition.edition_id == before[0].edition_id
    (own_home.suites_dir / "core.toy_claims.json").unlink()
    assert refresh(own_home).edition.edition_id == before[0].edition_id


def test_a_warning_is_published_and_counted(own_home: Context) -> None:
    write_suite(own_home, "claims_persons", 1, severity="warning")
    publish_edition(own_home)
    with connect(own_home.home.root) as fcm:
        assert fcm.sql("SELECT failed_expectations FROM meta.status").item() == 1
        (failed,) = fcm.sql(
            "SELECT expectation, unexpected_count FROM meta.check_results WHERE NOT success"
        ).rows()
    assert failed == ("plausible", 10)


def test_a_candidate_changed_after_its_check_is_checked_again(own_home: Context) -> None:
    where = own_home.home.table("meta", "quarantined_labels")
    table = published_tables(own_home)["meta.quarantined_labels"]
    store.write(store.read(where, table).head(1), table, where)
    publish_edition(own_home)
    with connect(own_home.home.root) as fcm:
        judged = fcm.sql(
            "SELECT finding FROM meta.check_results "
            "WHERE table_name = 'meta.quarantined_labels' AND expectation = 'not null'"
        )
    assert judged.item() == "8 columns of 1 rows"
    write_suite(own_home, "claims_persons", 1)
    with pytest.raises(CheckFailedError, match=r"core\.toy_claims: plausible failed"):
        publish_edition(own_home)
    assert len(list_editions(own_home.home.published_dir)) == 1


def test_a_refused_release_does_not_stop_the_others(own_home: Context) -> None:
    bad = write_release(own_home.home.inbox / "toy", "2024-05-01", [("2024-01", "Chad", "x")])
    summary = refresh(own_home)
    assert not summary.is_new
    assert not bad.exists()
    with connect(own_home.home.root) as fcm:
        statuses = fcm.sql("SELECT status, outcome FROM meta.snapshots ORDER BY as_of_date").rows()
        assert statuses == [("in_use", "ok"), ("quarantined", "layout_changed")]
        (outcome,) = fcm.sql(
            "SELECT outcome FROM meta.attempts WHERE detail LIKE '%parser failed%'"
        ).row(0)
    assert outcome == "layout_changed"


def test_nothing_of_any_source_ends_the_refresh(tmp_path: Path) -> None:
    context = toy_context(tmp_path)
    with pytest.raises(SourceError, match=r"no source has a usable release.*fcm ingest"):
        refresh(context)
    assert current_edition(context) is None


def test_a_source_without_a_release_has_tables_without_rows(own_home: Context) -> None:
    """One that was never reached does not stop the others, and says so."""
    silent = dataclasses.replace(
        TOY,
        source_id="silent",
        fetch=None,
        tables=(dataclasses.replace(TABLE, name="silent_claims", source_id="silent"),),
        flows=lambda tables: TOY.flows({TABLE.name: tables["silent_claims"]}),
    )
    both = dataclasses.replace(own_home, sources=(*own_home.sources, silent), offline=False)
    summary = refresh(both)
    assert {o.source_id: o.outcome for o in summary.outcomes}["silent"] == "by_hand"
    with connect(both.home.root) as found:
        assert found.sql("SELECT count(*) FROM core.silent_claims").item() == 0
        row = "SELECT releases, as_of_date, obtained FROM meta.sources WHERE source_id = 'silent'"
        assert found.sql(row).rows() == [(0, None, None)]
        check = "SELECT finding FROM meta.check_results WHERE table_name = 'core.silent_claims'"
        assert found.sql(check).item() == "no release of this dataset yet"


def test_no_file_of_a_home_is_a_pickle(published: Context) -> None:
    for path in published.home.root.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                start = file.read(2)
            assert start[:1] != b"\x80", path
            assert path.suffix not in (".pkl", ".pickle", ".joblib"), path


def test_the_summary_prints_labels_and_details_as_they_are(
    own_home: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = "expected [month] or [/b]"
    summary = refresh(own_home)
    outcome = dataclasses.replace(summary.outcomes[0], outcome="layout_changed", detail=odd)
    report.print_summary(own_home, dataclasses.replace(summary, outcomes=(outcome,)))
    out = capsys.readouterr().out
    assert f"toy: layout_changed: {odd}" in out
    assert repr(MARKUP) in out
    assert repr(QUOTED) in out
    assert "by hand" in out
    assert "unchanged; published anew" in out
    assert str(own_home.home.published) in out


def test_the_summary_says_that_releases_are_held_back(
    own_home: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An acceptance that ended makes the figures older without a look at the publisher."""
    summary = refresh(own_home)
    report.print_summary(own_home, summary)
    assert "in quarantine" not in capsys.readouterr().out
    with pytest.raises(SourceError):
        ingest(own_home, TOY, [write_release(tmp_path, "2024-05-01", rows()[:5])])
    report.print_summary(own_home, summary)
    assert "1 release in quarantine, toy (suspect): see `fcm review`" in capsys.readouterr().out
    with pytest.raises(UsageError, match=r"no release of that name.*2024-05-01_nothing"):
        print_quarantine(own_home, "2024-05-01_nothing")


def test_sources_and_editions_are_listed(
    own_home: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report.print_sources(own_home)
    report.print_sources(toy_context(tmp_path / "empty"))
    report.print_editions(own_home.home.published_dir)
    out = capsys.readouterr().out
    assert "2024-01-15" in out
    assert "none yet" in out
    assert "stale" in out
    assert "never obtained" in out
    edition = current_edition(own_home)
    assert edition is not None
    assert edition.edition_id in out


def test_harmonising_follows_the_alias_table(own_home: Context) -> None:
    harmonised_part(own_home, TOY)
    stamp = own_home.home.root / "mart" / "parts" / "toy" / "inputs.json"
    before = stamp.read_bytes()
    harmonised_part(own_home, TOY)
    assert stamp.read_bytes() == before
    alias = own_home.reference_dir / "country_aliases" / "toy.csv"
    mine = own_home.home.root.parent / "reference" / "country_aliases" / "toy.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text(alias.read_text() + f"{MARKUP},DEU,country,simulated\n")
    harmonised_part(dataclasses.replace(own_home, reference_dir=mine.parent.parent), TOY)
    assert stamp.read_bytes() != before


def test_attempts_outlive_a_refresh(own_home: Context, tmp_path: Path) -> None:
    attempt = Attempt("toy", own_home.now, "blocked", "a wall", None)
    own_home.archive.record(attempt)
    ingest(own_home, TOY, [write_release(tmp_path / "in", "2024-05-01", rows("3"))])
    assert [a.outcome for a in own_home.archive.attempts("toy")][-2:] == ["blocked", "ok"]
