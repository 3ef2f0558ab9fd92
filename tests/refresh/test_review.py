"""A suspect release is held back until a person accepts it by name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from fcm_migration.archive.releases import usable_releases
from fcm_migration.errors import LayoutError, SourceError, SuspectError, UsageError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.review import accept, accepted, discard, quarantined, withdraw
from tests.toy import ROLLING, TOY, write_release

MONTHS = [f"20{year}-{month:02d}" for year in range(19, 24) for month in range(1, 13)]
FULL = [(month, "Chad", "5") for month in MONTHS]


def dates(context: Context) -> list[date]:
    return [r.snapshot.as_of for r in usable_releases(context.home, context.archive, TOY)]


def suspect(context: Context, tmp_path: Path, rows: list[tuple[str, str, str]]) -> str:
    """Give a good release, then this one; return what is said of it."""
    ingest(context, TOY, [write_release(tmp_path, "2024-03-01", FULL)])
    with pytest.raises(SuspectError) as caught:
        ingest(context, TOY, [write_release(tmp_path, "2024-04-01", rows)])
    assert dates(context) == [date(2024, 3, 1)]
    assert [a.outcome for a in context.archive.attempts("toy")] == ["ok", "suspect"]
    return str(caught.value)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([*FULL[:1], *FULL[8:]], "toy_claims has 53 rows after 60"),
        (FULL[:-1], "toy_claims ends with 2023-11-01 after 2023-12-01: an older file"),
        (FULL[1:], "toy_claims begins with 2019-02-01 after 2019-01-01"),
    ],
)
def test_what_is_suspect(
    context: Context, tmp_path: Path, rows: list[tuple[str, str, str]], words: str
) -> None:
    assert words in suspect(context, tmp_path, rows)


def test_small_revisions_are_not_suspect(context: Context, tmp_path: Path) -> None:
    """Five of sixty rows withdrawn (Australia 2024), others changed: that is a revision."""
    ingest(context, TOY, [write_release(tmp_path, "2024-03-01", FULL)])
    revised = [(month, "Chad", "7") for month, _, _ in [*FULL[:20], *FULL[25:]]]
    assert ingest(context, TOY, [write_release(tmp_path, "2024-04-01", revised)]).outcome == "ok"


def test_a_window_that_moves_may_lose_its_beginning(context: Context, tmp_path: Path) -> None:
    rolling = replace(context, sources=(ROLLING,))
    ingest(rolling, ROLLING, [write_release(tmp_path, "2024-03-01", FULL)])
    later = write_release(tmp_path, "2024-04-01", FULL[12:])
    assert ingest(rolling, ROLLING, [later]).outcome == "ok"


def test_an_accepted_release_is_used_until_the_day(context: Context, tmp_path: Path) -> None:
    suspect(context, tmp_path, FULL[12:])
    (held,) = quarantined(context)
    assert held.can_be_accepted
    assert Path(held.files[0]).exists()
    accept(
        context,
        held.snapshot.snapshot_id,
        by="A. Analyst",
        reason="the year was withdrawn",
        until=date(2024, 7, 31),
    )
    assert dates(context) == [date(2024, 3, 1), date(2024, 4, 1)]
    assert quarantined(context) == []
    (word,) = accepted(context)
    assert (word.acceptance.by, word.acceptance.reason) == ("A. Analyst", "the year was withdrawn")
    august = replace(context, now=datetime(2024, 8, 1, tzinfo=UTC))
    assert dates(august) == [date(2024, 3, 1)]
    assert accepted(august) == []
    assert [item.outcome for item in quarantined(august)] == ["suspect"]


def test_an_acceptance_is_renewed_before_it_ends(context: Context, tmp_path: Path) -> None:
    suspect(context, tmp_path, FULL[12:])
    known = quarantined(context)[0].snapshot.snapshot_id
    accept(context, known, by="A", reason="withdrawn", until=date(2024, 7, 31))
    accept(context, known, by="B", reason="still so", until=date(2024, 12, 31))
    august = replace(context, now=datetime(2024, 8, 1, tzinfo=UTC))
    assert dates(august) == [date(2024, 3, 1), date(2024, 4, 1)]
    assert [item.acceptance.by for item in accepted(august)] == ["B"]


def test_what_cannot_be_accepted(context: Context, tmp_path: Path) -> None:
    suspect(context, tmp_path, FULL[12:])
    known = quarantined(context)[0].snapshot.snapshot_id
    day = date(2024, 7, 31)
    for change, words in (
        ({"snapshot_id": "2024-01-01_000000000000"}, "no release of that name"),
        ({"by": " "}, "needs a name and a reason"),
        ({"reason": ""}, "needs a name and a reason"),
        ({"until": date(2024, 1, 1)}, "would have expired"),
    ):
        call = {"snapshot_id": known, "by": "A", "reason": "B", "until": day, **change}
        with pytest.raises(UsageError, match=words):
            accept(context, **call)  # type: ignore[arg-type]
    bad = write_release(tmp_path, "2024-05-01", FULL)
    bad.write_text("month,origin,number\n")
    with pytest.raises(LayoutError):
        ingest(context, TOY, [bad])
    unreadable = quarantined(context)[-1].snapshot.snapshot_id
    with pytest.raises(UsageError, match="refused as layout_changed cannot be accepted"):
        accept(context, unreadable, by="A", reason="B", until=day)


def test_yesterdays_file_again_is_said_and_changes_nothing(
    context: Context, tmp_path: Path
) -> None:
    first = write_release(tmp_path, "2024-03-01", FULL)
    ingest(context, TOY, [first])
    ingest(context, TOY, [write_release(tmp_path, "2024-04-01", [*FULL, ("2024-01", "Chad", "1")])])
    again = ingest(context, TOY, [first])
    assert again.outcome == "older_file"
    assert "the newer one stays in use" in again.detail
    assert dates(context) == [date(2024, 3, 1), date(2024, 4, 1)]


def test_an_older_file_that_arrives_late_pushes_nothing_out(
    context: Context, tmp_path: Path
) -> None:
    """The release of April is in use; one of March with more rows comes to hand afterwards."""
    ingest(context, TOY, [write_release(tmp_path, "2024-04-01", FULL[6:])])
    later = replace(context, now=context.now + timedelta(hours=1))
    with pytest.raises(SuspectError, match="begins with 2019-07-01 after 2019-01-01") as caught:
        ingest(later, TOY, [write_release(tmp_path, "2024-03-01", FULL)])
    assert "what agrees with the release after it, 2024-04-01_" in str(caught.value)
    assert dates(later) == [date(2024, 4, 1)]
    assert [item.outcome for item in quarantined(later)] == ["suspect"]


def test_a_wrong_date_is_put_right_by_withdrawing(context: Context, tmp_path: Path) -> None:
    path = write_release(tmp_path, "2024-03-01", FULL)
    ingest(context, TOY, [path], as_of=date(2024, 1, 3))
    (wrong,) = context.archive.snapshots("toy")
    for call, words in (
        ({"by": "", "reason": "b"}, "needs a name and a reason"),
        ({"by": "Ann", "reason": " "}, "needs a name and a reason"),
    ):
        with pytest.raises(UsageError, match=words):
            withdraw(context, wrong.snapshot_id, **call)
    with pytest.raises(UsageError, match="no release of that name"):
        withdraw(context, "2024-01-01_000000000000", by="Ann", reason="b")
    withdraw(context, wrong.snapshot_id, by="Ann", reason="the year was mistyped")
    assert dates(context) == []
    (held,) = quarantined(context)
    assert held.detail == "withdrawn by Ann on 2024-06-15: the year was mistyped"
    assert not held.can_be_accepted
    with pytest.raises(SourceError, match="withdrawn by Ann") as caught:
        ingest(context, TOY, [path], as_of=date(2024, 1, 3))
    assert f"fcm review {wrong.snapshot_id} --discard" in str(caught.value)
    with pytest.raises(UsageError, match="cannot be accepted: a person set it aside"):
        accept(context, wrong.snapshot_id, by="A", reason="B", until=date(2030, 1, 1))
    assert ingest(context, TOY, [path], as_of=date(2024, 3, 1)).outcome == "ok"
    assert dates(context) == [date(2024, 3, 1)]
    # a newer parser does not bring it back
    newer = replace(TOY, module="tests.toy_home")  # other code
    found = usable_releases(context.home, context.archive, newer)
    assert [r.snapshot.as_of for r in found] == [date(2024, 3, 1)]


def test_a_withdrawal_by_mistake_is_undone(context: Context, tmp_path: Path) -> None:
    """Also that of an accepted release, which is then no longer listed as accepted."""
    path = write_release(tmp_path, "2024-03-01", FULL)
    ingest(context, TOY, [path])
    shrunk = write_release(tmp_path, "2024-04-01", FULL[:20])
    with pytest.raises(SuspectError):
        ingest(context, TOY, [shrunk])
    name = quarantined(context)[0].snapshot.snapshot_id
    accept(context, name, by="Ann", reason="right", until=date(2030, 1, 1))
    withdraw(context, name, by="Ann", reason="a slip")
    assert accepted(context) == []
    discard(context, name)
    assert "withdrawn by Ann on 2024-06-15: a slip" in context.archive.attempts("toy")[-1].detail
    with pytest.raises(SuspectError):
        ingest(context, TOY, [shrunk])
    accept(context, name, by="Ann", reason="right", until=date(2030, 1, 1))
    assert dates(context) == [date(2024, 3, 1), date(2024, 4, 1)]
