"""Two editions compared: every kind of change, made in a copy of the published bundled edition.

The changes are simulated: rows of the copy are altered by hand, and each must be told, once, with
the figures that were put there.
"""

# ruff: noqa: S608  (every piece is SQL of this module)
from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import polars as pl
import pytest

from fcm_migration.changes import Changes, compare, since, told
from fcm_migration.config import Home
from fcm_migration.errors import EditionError
from fcm_migration.publish.change_tables import CHANGED_SERIES, CHANGES, KINDS

# of these two, the second has a copy of every change that only a whole series can have
BOATS = "indicator = 'small_boat_arrivals' AND frequency = 'M' AND source_id = 'uk_small_boats'"
COUNTED = "indicator = 'small_boats' AND frequency = 'M' AND source_id = 'uk_small_boats'"
AIRPORTS = (
    "source_id = 'ca_ircc_asylum' AND frequency = 'M' AND origin_iso3 = 'total' AND place = 'all' "
    "AND route = 'airport'"
)  # rounded to 5
SERIES = "uk_small_boats/small_boat_arrivals/GBR/total/english_channel/all/all/M"
SHOWN = "computed.forecast_published"  # where the rows of forecast.published lie
TARGETS = f"(SELECT target_period FROM {SHOWN} WHERE series_id = '{SERIES}' AND horizon ="
FIRST_ALERT = "(SELECT alert_id FROM trend.current ORDER BY weight DESC, alert_id LIMIT 1)"
LABEL = "{0} <b>''x</b> {origin}"  # braces are no template, markup no markup, a quote no end
OF_BOATS = "meta.snapshots WHERE source_id = 'uk_small_boats' AND snapshot_id NOT IN ('x', 'y')"
ALTERED = (
    f"UPDATE mart.flows SET value = value + 7 WHERE {BOATS} AND period_start = '2025-03-01'",
    f"UPDATE mart.flows SET value = value - 2 WHERE {BOATS} AND period_start = '2025-04-01'",
    f"UPDATE mart.flows SET value = 2000, is_partial = false "
    f"WHERE {BOATS} AND period_start = '2026-08-01'",
    f"DELETE FROM mart.flows WHERE {BOATS} AND period_start = '2024-03-01'",
    f"INSERT INTO mart.flows SELECT * REPLACE (DATE '1999-01-01' AS period_start) "
    f"FROM mart.flows WHERE {BOATS} AND period_start = '2024-04-01'",
    "INSERT INTO mart.flows SELECT * REPLACE (DATE '2026-09-01' AS period_start, 123 AS value, "
    f"true AS is_partial) FROM mart.flows WHERE {BOATS} AND period_start = '2026-08-01'",
    f"UPDATE mart.flows SET value = NULL, is_suppressed = true "
    f"WHERE {COUNTED} AND period_start = '2025-03-01'",
    f"INSERT INTO mart.flows SELECT * REPLACE ('{LABEL}' AS place, DATE '2026-10-01' AS "
    f"period_start) FROM mart.flows WHERE {COUNTED} AND period_start = '2026-08-01'",
    f"UPDATE mart.flows SET value = value + 5 WHERE {AIRPORTS} AND period_start = '2024-03-01'",
    f"UPDATE mart.flows SET value = value + 10 WHERE {AIRPORTS} AND period_start = '2024-04-01'",
    "INSERT INTO meta.snapshots SELECT * REPLACE ('x' AS snapshot_id, DATE '2026-08-28' AS "
    f"as_of_date, 'download' AS obtained) FROM {OF_BOATS}",
    "INSERT INTO meta.snapshots SELECT * REPLACE ('y' AS snapshot_id, DATE '2026-08-27' AS "
    f"as_of_date, 'quarantined' AS status, 'a column is gone.' AS detail) FROM {OF_BOATS}",
    "UPDATE meta.snapshots SET status = 'quarantined', detail = 'totals differ' "
    "WHERE source_id = 'us_cbp_sbo'",
    f"DELETE FROM trend.alerts WHERE series_id = {FIRST_ALERT.replace('alert_id', 'series_id', 1)}",
    f"UPDATE {SHOWN} SET median = upper_50 + 1 "
    f"WHERE series_id = '{SERIES}' AND target_period = {TARGETS} 3)",
    f"UPDATE {SHOWN} SET median = upper_50 "
    f"WHERE series_id = '{SERIES}' AND target_period = {TARGETS} 4)",
    f"DELETE FROM {SHOWN} WHERE source_id = 'us_cbp_sbo'",
    'UPDATE forecast.year_totals SET "value" = 99 '
    f"WHERE series_id = '{SERIES}' AND quantile = 0.5 AND total_year = 2026",
    "UPDATE meta.check_results SET success = false, unexpected_count = 3 "
    "WHERE table_name = 'core.us_cbp_sbo' AND expectation = 'key'",
    "DELETE FROM meta.check_results "
    "WHERE table_name = 'core.au_boat_arrivals' AND expectation = 'key'",
    "UPDATE meta.edition SET published_at = TIMESTAMP '2030-01-01', package_version = '9.9'",
    "UPDATE meta.tables SET table_hash = 'x' WHERE table_name IN ('population', 'us_cbp_sbo')",
)


@pytest.fixture(scope="module")
def found(bundled_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Changes:
    """What is told from the bundled edition to the copy with all that was altered."""
    path = tmp_path_factory.mktemp("altered") / "new.duckdb"
    return compare(bundled_home.published, altered(bundled_home, path, ALTERED))


@pytest.fixture(scope="module")
def back(bundled_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Changes]:
    """The same told the other way round."""
    path = tmp_path_factory.mktemp("altered") / "old.duckdb"
    yield compare(altered(bundled_home, path, ALTERED), bundled_home.published)
    path.unlink()


def altered(home: Home, path: Path, statements: Sequence[str]) -> Path:
    """Return a copy of a home's published file in which these statements were run."""
    shutil.copyfile(home.published, path)
    with duckdb.connect(str(path)) as connection:
        for statement in statements:
            connection.execute(statement)
    return path


def sentences(changes: Changes, *kinds: str, indicator: str | None = None) -> list[str]:
    lines = changes.lines.filter(pl.col("kind").is_in(kinds))
    if indicator is not None:
        lines = lines.filter(indicator=indicator)
    return lines.get_column("sentence").to_list()


def test_nothing_changed_is_said(bundled_home: Home, tmp_path: Path) -> None:
    same = compare(bundled_home.published, altered(bundled_home, tmp_path / "same.duckdb", ()))
    assert same.lines.get_column("kind").to_list() == ["nothing"]
    assert same.series.is_empty()
    assert told(same).splitlines()[-1] == "Nothing changed since the edition of 1 September 2026."


def test_a_revision_names_the_period_and_both_figures(found: Changes) -> None:
    (said,) = sentences(found, "revised", indicator="small_boat_arrivals")
    assert "Small-boat arrivals in the United Kingdom: 2 figures of 1 series" in said
    assert "March 2025 to April 2025, revised beyond rounding; March 2025: " in said
    (row,) = found.series.filter(kind="revised", indicator="small_boat_arrivals").rows(named=True)
    assert (row["periods"], row["new_value"] - row["old_value"]) == (2, 7)
    assert f"{row['old_value']:,.0f} before, {row['new_value']:,.0f} people now" in said


def test_a_step_of_rounding_is_counted_and_no_revision(found: Changes) -> None:
    (said,) = sentences(found, "revised", indicator="asylum_claims")
    assert "1 figure of 1 series, April 2024" in said
    assert said.endswith("1 more figure differs by one step of the publisher's rounding.")
    within = found.series.filter(kind="within_rounding")
    assert within.get_column("named_period").dt.to_string().to_list() == ["2024-03-01"]


def test_a_figure_withheld_now_is_a_revision_and_no_number(found: Changes) -> None:
    (said,) = sentences(found, "revised", indicator="small_boats")
    assert "1 of them withheld or no longer withheld" in said
    assert "no figure, or one withheld now" in said


def test_new_periods_are_told_with_their_newest_figure(found: Changes) -> None:
    assert sentences(found, "new_period", indicator="small_boat_arrivals") == [
        "Small-boat arrivals in the United Kingdom: September 2026 is new; 123 people so far "
        "(UK Home Office, uk_small_boats)."
    ]


def test_a_period_that_is_whole_now_is_no_revision(found: Changes) -> None:
    (said,) = sentences(found, "completed")
    assert "August 2026, held in part before, is now complete: 2,000 people" in said
    assert "and 1,697 so far before" in said


def test_lost_and_filled_periods_are_told(found: Changes) -> None:
    (said,) = sentences(found, "withdrawn")
    assert (
        "1 figure of 1 series, March 2024, no longer in the edition, such as March 2024: " in said
    )
    (said,) = sentences(found, "filled")
    assert "1 figure of 1 series for periods that were held without them, January 1999" in said


def test_labels_of_publishers_stand_as_they_are(found: Changes) -> None:
    (said,) = sentences(found, "new_period", indicator="small_boats")
    assert "; {0} <b>'x</b> {origin}: 20 boats so far" in said


def test_releases_added_withdrawn_and_refused(found: Changes) -> None:
    prefix = "UK Home Office, uk_small_boats: the release of"
    assert sentences(found, "release_added") == [f"{prefix} 28 August 2026 is new, downloaded."]
    refused = f"{prefix} 27 August 2026 was set aside: a column is gone."
    assert sentences(found, "release_refused") == [refused]
    (withdrawn,) = sentences(found, "release_withdrawn")
    assert withdrawn.endswith("the release of 30 September 2025 is no longer used: totals differ.")


def test_an_alert_that_closed_says_why(found: Changes) -> None:
    closed = sentences(found, "alert_closed")
    assert any(
        said.startswith("No longer an alert, as the figure of ")
        and ", or what it is compared with, differs: " in said
        for said in closed
    )
    # four years later every other one is too old
    assert any("ended more than 12 months before this edition: " in said for said in closed)


def test_an_alert_that_opened_is_told_in_its_words(back: Changes, bundled_home: Home) -> None:
    with duckdb.connect(str(bundled_home.published), read_only=True) as connection:
        sql = f"SELECT headline FROM trend.current WHERE alert_id = {FIRST_ALERT}"
        ((headline,),) = connection.execute(sql).fetchall()
    opened = sentences(back, "alert_opened")
    assert f"New alert: {headline}" in opened
    # of the edition before, four years later, none is current, but their episodes are known
    assert any(said.startswith("An alert again, of an episode since ") for said in opened)


def test_a_forecast_beyond_its_old_interval_has_moved_one_at_its_end_has_not(
    found: Changes,
) -> None:
    said, of_year = sentences(found, "forecast_moved")
    assert "though its own figures end where they did" in said
    assert said.endswith("periods that both editions forecast, 1 moved that far.")
    assert "the forecast for the whole of the year 2026 is now 99 people in the middle" in of_year


def test_forecasts_begun_and_ended_are_counted(found: Changes, back: Changes) -> None:
    ((kind, said),) = (
        found.lines.filter(pl.col("kind").str.starts_with("forecast_"))
        .filter(pl.col("kind") != "forecast_moved")
        .select("kind", "sentence")
        .rows()
    )
    assert kind == "forecast_ended"
    assert said.startswith("US Customs and Border Protection, us_cbp_sbo: ")
    assert said.endswith("series have no forecast any more (forecast.not_shown says why).")
    assert len(sentences(back, "forecast_begun")) == 1


def test_checks_with_another_result_and_of_one_edition_alone(found: Changes, back: Changes) -> None:
    (failed,) = sentences(found, "check_failed")
    assert failed.startswith("A check failed that passed before (critical): key of core.us_cbp_sbo")
    assert sentences(back, "check_passed") == ["A check passes again: key of core.us_cbp_sbo."]
    assert sentences(found, "check_declared") == [
        "0 checks only in the newer edition, of which 0 failed; 1 only in the older one."
    ]


def test_a_stale_source_another_table_and_another_version_are_told(found: Changes) -> None:
    stale = sentences(found, "freshness")
    assert any(said.startswith("UK Home Office, uk_small_boats is now stale, ") for said in stale)
    (others,) = sentences(found, "other_tables")
    assert others.startswith("Tables whose rows differ, by what is told above")
    assert "mart.population" in others
    (said,) = sentences(found, "software")
    assert "made by version 9.9 of this project" in said


def test_every_line_has_its_kind_and_its_place(found: Changes) -> None:
    assert set(found.lines.get_column("kind")) <= set(KINDS)
    assert found.lines.get_column("line").to_list() == [*range(1, found.lines.height + 1)]
    assert found.lines.columns == list(CHANGES.column_names)
    assert found.series.columns == list(CHANGED_SERIES.column_names)
    # what the lines count of figures is what the series hold
    for kind in ("new_period", "completed", "revised", "filled", "withdrawn"):
        figures = found.series.filter(kind=kind).get_column("periods").sum()
        assert found.lines.filter(kind=kind).get_column("items").sum() == figures


def test_what_an_older_edition_lacks_is_said_and_no_view_reads_another_file(
    bundled_home: Home, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    reaching = (
        "CREATE VIEW trend.current AS SELECT 'x' AS series_id, 'surge' AS direction, "
        "DATE '2026-01-01' AS episode_start, DATE '2026-01-01' AS period, 'M' AS frequency, "
        "a AS headline, 1 AS observed, '' AS unit, '' AS source_id, '' AS indicator, "
        f"'' AS destination_iso3, 1 AS weight, '' AS alert_id FROM read_csv('{secret}')"
    )
    other = altered(
        bundled_home,
        tmp_path / "reaching.duckdb",
        (
            "ALTER TABLE meta.check_results DROP COLUMN finding",
            "DROP VIEW trend.current",
            reaching,
            ALTERED[0],
        ),
    )
    found = compare(bundled_home.published, other)
    said = sentences(found, "not_compared")
    assert [words.split(" are ")[0] for words in said] == ["Alerts", "Checks"]
    assert len(sentences(found, "revised")) == 1


def test_a_file_that_is_no_edition_is_named(bundled_home: Home, tmp_path: Path) -> None:
    other = tmp_path / "other.duckdb"
    duckdb.connect(str(other)).close()
    with pytest.raises(EditionError, match=r"other\.duckdb: this is no edition that can be read"):
        compare(other, bundled_home.published)
    rows = since(other, bundled_home.published)[CHANGES]
    assert rows.get_column("kind").to_list() == ["not_compared"]
