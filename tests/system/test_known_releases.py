"""The publishers' real releases, brought in any order, lead to one and the same edition."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from fcm_migration.config import BUNDLED_DIR, REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.review import quarantined, releases_beside
from fcm_migration.refresh.run import refresh
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.base import Source
from fcm_migration.sources.uk_home_office.small_boats import SOURCE as BOATS
from fcm_migration.sources.unhcr.asylum_applications import SOURCE as APPLICATIONS
from fcm_migration.sources.unhcr.asylum_decisions import SOURCE as DECISIONS
from fcm_migration.sources.unhcr.population import SOURCE as POPULATION
from fcm_migration.sources.us_cbp.nationwide import SOURCE as NATIONWIDE
from fcm_migration.sources.us_ohss.usbp import SOURCE as USBP

pytestmark = [pytest.mark.system, pytest.mark.shared_data]
COMMIT = re.compile(r"commit_(\d{4}-\d\d-\d\d)")


def fresh_data(shared_data: Path) -> Path:
    folder = shared_data.parent / "fresh"
    if not folder.is_dir():
        pytest.skip("the newer real files are not at ../shared/fresh")
    return folder


def empty_home(root: Path, *sources: Source) -> Context:
    return Context(
        Home(root),
        datetime(2026, 11, 28, 12, tzinfo=UTC),
        sources,
        offline=True,
        reference_dir=REFERENCE_DIR,
        suites_dir=SUITES_DIR,
        bundled_dir=BUNDLED_DIR,
        workers=1,
    )


def bring(context: Context, files: Iterable[Path], seed: int, *, by_commit: bool = False) -> None:
    """Ingest files one a second in an order of the seed's; each is accepted."""
    order = sorted(files)
    random.Random(seed).shuffle(order)  # noqa: S311  (an order, no secret)
    for second, path in enumerate(order):
        found = COMMIT.search(path.name) if by_commit else None
        day = date.fromisoformat(found[1]) if found else None
        later = replace(context, now=context.now + timedelta(seconds=second))
        outcome = ingest(later, context.sources[0], [path], as_of=day)
        assert outcome.outcome in {"ok", "same_date", "unchanged", "older_file"}, outcome.detail


def contents(context: Context) -> dict[str, str]:
    settled = settle_source(context, context.sources[0])
    assert settled.set_aside == ()
    assert quarantined(context) == []
    return {name: stored.content_hash for name, stored in settled.stored.items()}


@pytest.mark.parametrize("by_commit", [False, True], ids=["by document", "by commit"])
def test_33_releases_of_small_boats_in_any_order(
    shared_data: Path, tmp_path: Path, by_commit: bool
) -> None:
    """By the days their files were saved, or by the days somebody committed them, which differ."""
    files = [
        path
        for folder in (shared_data, fresh_data(shared_data))
        for path in (folder / "uk_small_boats" / "releases").glob("*.ods")
    ]
    assert len(files) == 33
    editions, tables = set(), []
    for seed in range(3):
        context = empty_home(tmp_path / str(seed), BOATS)
        bring(context, files, seed, by_commit=by_commit)
        tables.append(contents(context))
        if seed < 2:
            editions.add(
                refresh(replace(context, now=context.now + timedelta(days=1))).edition.content_hash
            )
    assert tables[0] == tables[1] == tables[2]
    assert len(editions) == 1
    days = {snapshot.as_of for snapshot in context.archive.usable(BOATS.source_id)}
    # the file committed on 10 July is of 3 July, by its own word; of two of one date the one saved
    # later is used
    assert (date(2026, 7, 3) in days) is not by_commit
    pairs = [(other.snapshot, used.snapshot) for other, used in releases_beside(context)]
    assert len(pairs) == (2 if by_commit else 0)
    assert all("484cc97" not in file.name for _, used in pairs for file in used.files)


@pytest.mark.parametrize(
    ("source", "prefix"),
    [
        (APPLICATIONS, "asylum_applications"),
        (DECISIONS, "asylum_decisions"),
        (POPULATION, "population"),
    ],
    ids=["applications", "decisions", "population"],
)
@pytest.mark.parametrize("all_years", [False, True], ids=["2026", "all"])
def test_releases_of_unhcr_in_any_order(
    shared_data: Path, tmp_path: Path, source: Source, prefix: str, all_years: bool
) -> None:
    """Among them two dates of the same bytes: the earlier one is the release's."""
    folders = [fresh_data(shared_data), *([shared_data] if all_years else [])]
    files = [p for f in folders for p in (f / "unhcr" / "releases").glob(f"{prefix}__*.parquet")]
    assert len(files) == (11 if all_years else 3)
    found = []
    for seed in range(3):
        context = empty_home(tmp_path / str(seed), source)
        bring(context, files, seed)
        found.append(contents(context))
    assert found[0] == found[1] == found[2]


def test_cbp_nationwide_in_any_order(shared_data: Path, tmp_path: Path) -> None:
    """Three windows of the fiscal years 2020 to November 2025; the day of each is stated."""
    folder = fresh_data(shared_data) / "us_cbp_nationwide"
    days = {
        folder / "nationwide-encounters-fy20-fy23-state.csv": date(2023, 11, 14),
        folder / "nationwide-encounters-fy22-fy25-state.csv": date(2025, 10, 15),
        folder / "nationwide-encounters-fy23-fy26-nov-state.csv": date(2025, 12, 15),
    }
    found = []
    for number, order in enumerate(permutations(days)):
        home = empty_home(tmp_path / str(number), NATIONWIDE)
        context = replace(home, bundled_dir=tmp_path / "none")  # which has all three
        for second, path in enumerate(order):
            later = replace(context, now=context.now + timedelta(seconds=second))
            ingest(later, NATIONWIDE, [path], as_of=days[path])
        found.append(contents(context))
    assert len(found) == 6
    assert all(one == found[0] for one in found)


@pytest.mark.parametrize("day", [None, date(2025, 1, 16), date(2025, 1, 20)])
def test_the_us_workbook_to_november_2024_is_used_under_its_right_date(
    shared_data: Path, tmp_path: Path, day: date | None
) -> None:
    (path,) = (fresh_data(shared_data) / "us_ohss_usbp").glob("*fy25m11.xlsx")
    context = empty_home(tmp_path / "home", USBP)
    assert ingest(context, USBP, [path], as_of=day).outcome == "ok"
    settled = settle_source(context, USBP)
    assert settled.set_aside == ()
    assert settled.stored["core.us_ohss_usbp_monthly"].rows == 40_899


@pytest.mark.parametrize(
    ("day", "outcome"),
    [(date(2024, 12, 1), "wrong_date"), (date(2025, 9, 30), "suspect")],
)
def test_the_us_workbook_under_a_wrong_date_is_not(
    shared_data: Path, tmp_path: Path, day: date, outcome: str
) -> None:
    from fcm_migration.errors import SourceError

    (path,) = (fresh_data(shared_data) / "us_ohss_usbp").glob("*fy25m11.xlsx")
    context = empty_home(tmp_path / "home", USBP)
    with pytest.raises(SourceError, match="--as-of 2025-01-16") as caught:
        ingest(context, USBP, [path], as_of=day)
    assert caught.value.outcome == outcome
