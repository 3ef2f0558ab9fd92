"""Which of contradicting releases is set aside, and that order of arrival decides nothing else."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from fcm_migration.archive.releases import usable_releases
from fcm_migration.errors import SourceError, SuspectError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.judging import judge
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.review import accept, quarantined, releases_beside, withdraw
from fcm_migration.refresh.settling import settle_source
from tests.toy import TABLE, TOY, write_release

MONTHS = [f"20{year}-{month:02d}" for year in range(19, 25) for month in range(1, 13)]
ORDERS = list(itertools.permutations(range(4)))[::5]
Rows = list[tuple[str, str, str]]


def rows(months: int, figure: str = "5") -> Rows:
    return [(month, "Chad", figure) for month in MONTHS[:months]]


def give(context: Context, folder: Path, day: str, given: Rows, minute: int = 0) -> str:
    """Ingest one release at a minute of its own; return the outcome."""
    later = replace(context, now=context.now + timedelta(minutes=minute))
    try:
        return ingest(later, TOY, [write_release(folder / f"{day}-{minute}", day, given)]).outcome
    except SourceError as error:
        return error.outcome


def used(context: Context) -> list[str]:
    judge(context, TOY)
    releases = usable_releases(context.home, context.archive, TOY)
    return [release.snapshot.as_of.isoformat() for release in releases]


@pytest.fixture
def later(context: Context) -> Context:
    return replace(context, now=context.now.replace(year=2026))


def limits(context: Context, folder: Path, changed: float) -> Context:
    """A context whose suite allows that share of settled figures to change."""
    folder.mkdir()
    key = list(TABLE.key)
    suite = {
        "name": "core.toy_claims",
        "expectations": [
            {
                "type": "expect_revisions_within",
                "kwargs": {
                    "previous_table": "core.toy_claims@previous",
                    "column": "claims_persons",
                    "key": key,
                    "period_column": "month_start_date",
                    "newest_periods": 1,
                    "changed_pct": changed,
                    "total_pct": 100,
                },
                "severity": "critical",
                "meta": {"id": "revisions", "reason": "Settled."},
            }
        ],
        "meta": {},
    }
    (folder / "core.toy_claims.json").write_text(json.dumps(suite))
    return replace(context, suites_dir=folder)


GROWING = {"2024-03-01": 60, "2024-04-10": 61, "2024-05-10": 62, "2024-06-10": 63, "2025-02-10": 72}


@pytest.mark.parametrize("order", ORDERS)
def test_releases_that_agree_are_all_used_in_any_order(
    later: Context, tmp_path: Path, order: Sequence[int]
) -> None:
    days = list(GROWING)
    for minute, at in enumerate([*order, 4]):
        give(later, tmp_path, days[at], rows(GROWING[days[at]]), minute)
    assert used(later) == days
    assert quarantined(later) == []


def test_neighbours_far_apart_may_differ_once_those_between_are_there(
    later: Context, tmp_path: Path
) -> None:
    """A tenth of the figures is revised each time: the steps are small, the whole is not."""
    context = limits(later, tmp_path / "suites", 12)
    steps = [rows(60, "9")[: 6 * n] + rows(60)[6 * n :] for n in range(5)]
    days = [f"2024-0{n + 1}-10" for n in range(5)]
    hashes = set()
    for seed, four in enumerate(ORDERS):
        mine = replace(context, home=type(context.home)(tmp_path / f"home{seed}"))
        order = [*four, 4]
        outcomes = [
            give(mine, tmp_path / str(seed), days[n], steps[n], at) for at, n in enumerate(order)
        ]
        assert set(outcomes) <= {"ok", "suspect"}
        assert used(mine) == days
        stored = settle_source(mine, TOY).stored
        hashes.add(tuple(sorted((name, item.content_hash) for name, item in stored.items())))
    assert len(hashes) == 1


def test_settled_figures_that_change_too_much_set_the_newcomer_aside(
    later: Context, tmp_path: Path
) -> None:
    context = limits(later, tmp_path / "suites", 20)
    give(context, tmp_path, "2024-03-01", rows(60))
    changed = rows(60, "9")[:30] + rows(60)[30:]
    with pytest.raises(SuspectError, match=r"50.8 % of settled figures changed") as caught:
        ingest(context, TOY, [write_release(tmp_path, "2024-04-01", changed)])
    said = str(caught.value)
    assert "what agrees with the release before it, 2024-03-01_" in said
    for command in ("--accept --by NAME", "--as-of YYYY-MM-DD", "--withdraw --by NAME"):
        assert command in said
    assert used(context) == ["2024-03-01"]


def test_an_early_date_for_a_newer_file_is_refused_beside_the_release_after_it(
    later: Context, tmp_path: Path
) -> None:
    give(later, tmp_path, "2025-09-30", rows(60))
    assert give(later, tmp_path, "2025-01-20", rows(70), minute=1) == "suspect"
    assert used(later) == ["2025-09-30"]
    (held,) = quarantined(later)
    assert "ends with 2023-12-01 after 2024-10-01: an older file" in held.detail
    assert "the release after it, 2025-09-30_" in held.detail


def test_the_odd_one_out_is_set_aside_whenever_it_came(later: Context, tmp_path: Path) -> None:
    """Three agree with one another; one between them reaches further than the two after it."""
    months = {"2025-03-10": 60, "2025-04-10": 70, "2025-05-10": 62, "2025-06-10": 63}
    for number, order in enumerate(ORDERS):
        mine = replace(later, home=type(later.home)(tmp_path / f"home{number}"))
        for minute, at in enumerate(order):
            day = list(months)[at]
            give(mine, tmp_path / str(number), day, rows(months[day]), minute)
        assert used(mine) == ["2025-03-10", "2025-05-10", "2025-06-10"]
        assert [item.snapshot.as_of.isoformat() for item in quarantined(mine)] == ["2025-04-10"]


def test_a_truncated_release_stays_out_however_often_it_comes(
    later: Context, tmp_path: Path
) -> None:
    """Two of one shape against one before them are no majority: a person has to say so."""
    give(later, tmp_path, "2024-03-01", rows(60))
    assert give(later, tmp_path, "2024-04-01", rows(40), minute=1) == "suspect"
    assert give(later, tmp_path, "2024-05-01", rows(41), minute=2) == "suspect"
    assert used(later) == ["2024-03-01"]
    second = quarantined(later)[1].snapshot.snapshot_id
    accept(later, second, by="Ann", reason="cut by law", until=date(2027, 1, 1))
    assert used(later) == ["2024-03-01", "2024-05-01"]


def test_two_truncated_releases_of_one_date_both_stay_out(later: Context, tmp_path: Path) -> None:
    """What takes the place of a release set aside is compared with its neighbours as well."""
    for seed, order in enumerate(((40, 41), (41, 40))):
        mine = replace(later, home=type(later.home)(tmp_path / f"home{seed}"))
        give(mine, tmp_path / str(seed), "2024-03-01", rows(60))
        for minute, months in enumerate(order, start=1):
            outcome = give(mine, tmp_path / str(seed), "2024-05-01", rows(months), minute)
            assert outcome == "suspect"
        assert used(mine) == ["2024-03-01"]
        assert len(quarantined(mine)) == 2
        (smaller,) = [q.snapshot for q in quarantined(mine) if "has 40 rows" in q.detail]
        accept(mine, smaller.snapshot_id, by="Ann", reason="cut by law", until=date(2027, 1, 1))
        assert settle_source(mine, TOY).stored["core.toy_claims"].rows == 40


def test_the_wrong_one_of_two_is_withdrawn_and_the_other_comes_back(
    later: Context, tmp_path: Path
) -> None:
    give(later, tmp_path, "2025-09-30", rows(60))
    give(later, tmp_path, "2025-01-20", rows(70), minute=1)
    wrong = later.archive.usable("toy")[0].snapshot_id
    withdraw(later, wrong, by="Ann", reason="dated by guess")
    assert used(later) == ["2025-01-20"]


def test_of_two_releases_of_one_date_one_is_used_and_the_other_said(
    later: Context, tmp_path: Path
) -> None:
    """The rule is the same in either order: here the one that reaches further."""
    for seed, order in enumerate(((60, 61), (61, 60))):
        mine = replace(later, home=type(later.home)(tmp_path / f"home{seed}"))
        outcomes = [
            give(mine, tmp_path / str(seed), "2024-05-01", rows(months), minute)
            for minute, months in enumerate(order)
        ]
        assert outcomes == (["ok", "ok"] if seed == 0 else ["ok", "same_date"])
        stored = settle_source(mine, TOY).stored
        assert stored["core.toy_claims"].rows == 61
        ((other, chosen),) = releases_beside(mine)
        assert (other.rows, chosen.rows) == ({"toy_claims": 60}, {"toy_claims": 61})
        assert quarantined(mine) == []
        detail = mine.archive.attempts("toy")[-1].detail
        assert f"{chosen.snapshot.snapshot_id} is used" in detail
        assert f"fcm review {chosen.snapshot.snapshot_id} --withdraw" in detail
        withdraw(mine, chosen.snapshot.snapshot_id, by="Ann", reason="the other is right")
        assert settle_source(mine, TOY).stored["core.toy_claims"].rows == 60


def test_the_same_bytes_keep_their_earliest_date(later: Context, tmp_path: Path) -> None:
    """UNHCR's files of 11 November 2025 and 30 March 2026 are the same bytes."""
    for seed, days in enumerate((("2024-03-01", "2024-04-01"), ("2024-04-01", "2024-03-01"))):
        mine = replace(later, home=type(later.home)(tmp_path / f"home{seed}"))
        for minute, day in enumerate(days):
            give(mine, tmp_path / str(seed), day, rows(60), minute)
        assert [s.as_of for s in mine.archive.snapshots("toy")] == [date(2024, 3, 1)]
    # an earlier date that is not possible changes nothing
    assert give(mine, tmp_path, "2023-06-01", rows(60), 3) == "wrong_date"
    assert [s.as_of for s in mine.archive.snapshots("toy")] == [date(2024, 3, 1)]
    assert used(mine) == ["2024-03-01"]


def test_a_wrong_date_is_put_right_by_the_right_one(later: Context, tmp_path: Path) -> None:
    path = write_release(tmp_path, "2023-06-01", rows(60))
    with pytest.raises(SourceError, match="though the release is dated 2023-06-01"):
        ingest(later, TOY, [path])
    assert [item.outcome for item in quarantined(later)] == ["wrong_date"]
    assert ingest(later, TOY, [path], as_of=date(2024, 1, 9)).outcome == "ok"
    assert quarantined(later) == []
    assert used(later) == ["2024-01-09"]
