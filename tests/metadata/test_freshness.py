"""Fresh, stale, discontinued, never obtained: the same word in Python and in ``meta.status``."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import duckdb
import polars as pl
import pytest

from fcm_migration.metadata.build import freshness_of
from fcm_migration.publish.views import VIEWS
from fcm_migration.sources import SOURCES

EDITION_DAY = date(2026, 11, 28)
(STATUS,) = [view for view in VIEWS if view.name == "status"]


def source(source_id: str, **known: Any) -> dict[str, Any]:
    """A row of ``meta.sources``, as far as freshness goes."""
    nothing = {"as_of_date": None, "newest_period_end": None, "discontinued_since": None}
    return {"source_id": source_id, "stale_after_days": 75, **nothing, **known}


def at_age(days: int) -> dict[str, date]:
    """A release of today whose newest period ended so many days ago."""
    return {"as_of_date": EDITION_DAY, "newest_period_end": EDITION_DAY - timedelta(days=days)}


STOPPED = {"stale_after_days": None, "discontinued_since": "February 2025"}
CASES = [
    (source("monthly", **at_age(75)), "fresh", False, 75),
    (source("monthly_page", **at_age(76)), "stale", True, 76),
    (source("yesterday", **at_age(1)), "fresh", False, 1),
    # US Border Patrol by citizenship: 1,155 days old, which was said to be not stale
    (source("frozen", **at_age(1155), **STOPPED), "discontinued", True, 1155),
    (source("absent"), "never obtained", None, None),
    (source("retired", **STOPPED), "never obtained", None, None),
    (source("a_list", as_of_date=EDITION_DAY - timedelta(days=80)), "stale", True, 80),
]


@pytest.fixture(scope="module")
def status() -> dict[str, dict[str, Any]]:
    """Rows of ``meta.status`` over these sources, by source."""
    dates = {"as_of_date": pl.Date, "newest_period_end": pl.Date, "discontinued_since": pl.String}
    sources = pl.DataFrame([row for row, *_ in CASES], schema_overrides=dates).with_columns(
        obtained=pl.lit("inbox"),
        last_outcome=pl.lit("offline"),
        last_attempt_at=pl.lit(None, dtype=pl.Datetime),
        attribution=pl.lit("Publisher"),
    )
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA meta")
        connection.register("rows", sources.to_arrow())
        connection.execute("CREATE TABLE meta.sources AS FROM rows")
        connection.execute(
            f"CREATE TABLE meta.edition AS SELECT TIMESTAMP '{EDITION_DAY} 09:00' AS published_at"
        )
        connection.execute(
            "CREATE TABLE meta.tables AS SELECT unnest(['core', 'core']) AS schema_name, "
            "unnest(['monthly', 'monthly_page']) AS table_name, "
            "unnest(['monthly', 'monthly_page']) AS source_id"
        )
        connection.execute(
            "CREATE TABLE meta.check_results AS "
            "SELECT 'core.monthly_page' AS table_name, false AS success"
        )
        connection.execute(STATUS.statements()[0])
        rows = connection.sql("FROM meta.status").pl().to_dicts()
    return {row["source_id"]: row for row in rows}


@pytest.mark.parametrize(
    ("row", "word", "is_stale", "age"), CASES, ids=[row["source_id"] for row, *_ in CASES]
)
def test_view_and_library_say_the_same(
    status: dict[str, dict[str, Any]],
    row: dict[str, Any],
    word: str,
    is_stale: bool | None,
    age: int | None,
) -> None:
    own, shown = freshness_of(row, EDITION_DAY), status[row["source_id"]]
    assert (own.word, own.is_stale, own.age_days) == (word, is_stale, age)
    assert (shown["freshness"], shown["is_stale"], shown["age_days"]) == (word, is_stale, age)
    assert shown["freshness_words"] == own.words


def test_the_words_say_what_a_reader_needs(status: dict[str, dict[str, Any]]) -> None:
    words = {name: row["freshness_words"] for name, row in status.items()}
    assert words["monthly_page"] == (
        "newest figures to 2026-09-13, 76 days old (at most 75 are usual)"
    )
    assert words["yesterday"].endswith("1 day old (at most 75 are usual)")
    assert words["frozen"] == (
        "the publisher has released nothing since February 2025; "
        "newest figures to 2023-09-30, 1155 days old"
    )
    assert words["absent"] == "no release has been obtained here"
    assert words["retired"] == (
        "the publisher has released nothing since February 2025; no release has been obtained here"
    )
    assert words["a_list"].startswith("newest release of 2026-09-09, 80 days old")


def test_failures_are_counted_where_they_belong(status: dict[str, dict[str, Any]]) -> None:
    """A source whose name begins another one's has not failed with it."""
    failed = {name: row["failed_expectations"] for name, row in status.items()}
    assert (failed["monthly"], failed["monthly_page"]) == (0, 1)


def test_every_source_has_a_limit_unless_its_publisher_has_stopped() -> None:
    for each in SOURCES:
        cadence = each.cadence
        assert (cadence.stale_after_days is None) == (cadence.discontinued_since is not None)
        assert cadence.discontinued_since is None or cadence.interval_days is None, each.source_id
    stopped = {s.source_id for s in SOURCES if s.cadence.discontinued_since is not None}
    assert stopped == {"us_ohss_usbp", "us_ohss_monthly", "unhcr_monthly"}


@pytest.mark.parametrize(
    ("source_id", "newest", "still_usual", "too_late"),
    [
        # the year before comes in the middle of June: in November, 2024 is not the newest there is
        ("unhcr_population", date(2024, 12, 31), date(2026, 6, 17), date(2026, 11, 28)),
        ("uk_asylum_claims", date(2026, 3, 31), date(2026, 8, 27), date(2026, 11, 28)),
        ("us_cbp_sbo", date(2026, 8, 31), date(2026, 10, 21), date(2026, 11, 28)),
    ],
)
def test_limits_follow_the_publisher_s_calendar(
    source_id: str, newest: date, still_usual: date, too_late: date
) -> None:
    (found,) = [source for source in SOURCES if source.source_id == source_id]
    row = source(
        source_id,
        as_of_date=newest,
        newest_period_end=newest,
        stale_after_days=found.cadence.stale_after_days,
    )
    assert freshness_of(row, still_usual).word == "fresh"
    assert freshness_of(row, too_late).word == "stale"
