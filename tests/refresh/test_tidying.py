"""A home stays bounded; no original, no only copy and nothing behind a link is removed."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import take_inbox
from fcm_migration.refresh.tidying import KEEPING, tidy
from tests.toy import TOY, write_release

ROWS = [("2024-01", "Chad", "5")]


def later(context: Context, days: float) -> Context:
    """The same home, so many days after the files of this test were made."""
    return dataclasses.replace(context, now=datetime.now(UTC) + timedelta(days=days))


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def written(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def brought(context: Context) -> Context:
    """One file taken from the inbox and one refused, with the reason."""
    inbox = context.home.inbox / "toy"
    inbox.mkdir(parents=True)
    write_release(inbox, "2024-03-01", ROWS)
    bad = write_release(inbox, "2024-04-01", ROWS)
    bad.write_text(bad.read_text().replace("count", "number"))
    take_inbox(context, TOY)
    return context


def test_files_that_were_brought_go_when_the_archive_holds_them(brought: Context) -> None:
    inbox, archive = brought.home.inbox, files(brought.home.archive)
    everything = files(inbox)
    assert len(everything) == 3
    assert tidy(later(brought, KEEPING.taken_days - 1)) == []
    taken = "_taken/toy/toy_2024-03-01.csv"
    assert tidy(later(brought, KEEPING.taken_days + 1)) == [f"inbox/{taken}"]
    assert files(inbox) == everything - {taken}
    tidy(later(brought, KEEPING.brought_days + 1))
    assert files(inbox) == set()
    assert files(brought.home.archive) == archive


def test_an_only_copy_is_kept_for_a_year(brought: Context) -> None:
    """A release that was discarded, or whose bytes in the archive were damaged."""
    taken = brought.home.inbox / "_taken" / "toy" / "toy_2024-03-01.csv"
    taken.write_text("other bytes than those archived")
    assert tidy(later(brought, KEEPING.brought_days - 1)) == []
    assert taken.exists()


def test_litter_goes_and_an_original_stays(context: Context) -> None:
    digest = "ab" * 32
    home = context.home
    original = written(home.archive / "blobs" / "ab" / digest)
    half = written(original.with_name(f"{digest}.4711.part"))
    gone = [
        written(home.cache / "steps" / "no_such_step.json"),
        written(home.cache / "judged" / "no_such_source.json"),
        written(home.root / "mart" / "parts" / "no_such_source" / "inputs.json"),
        written(home.cache / "backtest" / "fits.parquet"),
    ]
    logs = [written(home.published_dir / f"stray-{n}.wal.quarantined") for n in range(5)]
    for age, log in enumerate(reversed(logs)):
        os.utime(log, (1e9 - age, 1e9 - age))
    fits = home.cache / "fits" / "fits.parquet"
    store.write_frame(pl.DataFrame({"key": ["a"]}), fits)
    kept = [
        original,
        written(home.cache / "steps" / "forecast.json"),
        written(home.cache / "judged" / "toy.json"),
        written(home.root / "mart" / "parts" / "toy" / "inputs.json"),
        fits,
        store.seal_path(fits),
        written(home.published_dir / "editions" / "000001-a.duckdb"),
        *logs[-KEEPING.stray_logs :],
    ]
    removed = tidy(later(context, KEEPING.study_days + 1))
    assert len(removed) == 7
    assert not any(path.exists() for path in (half, *gone, *logs[: -KEEPING.stray_logs]))
    assert all(path.exists() for path in kept)


def test_damaged_fits_go_though_no_forecast_was_made(context: Context) -> None:
    fits = context.home.cache / "fits" / "fits.parquet"
    store.write_frame(pl.DataFrame({"key": ["a"]}), fits)
    assert tidy(context) == []
    fits.write_bytes(fits.read_bytes()[:-9])
    assert tidy(context) == ["cache/fits/fits.parquet", "cache/fits/.fits.parquet.seal"]
    assert not any(path.exists() for path in (fits, store.seal_path(fits)))


@pytest.mark.parametrize("place", ["archive/blobs/ab", "inbox/_taken/toy", "inbox/_refused"])
def test_nothing_is_removed_through_a_link(context: Context, tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    precious = [
        written(outside / f"{'ab' * 32}.1.part"),
        written(outside / "toy" / "precious.csv"),
        written(outside / "precious.csv"),
    ]
    link = context.home.root / place
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    orphan = written(context.home.cache / "steps" / "gone.json")
    told: list[str] = []
    context = dataclasses.replace(later(context, 1000), report=told.append)
    assert tidy(context) == [str(orphan.relative_to(context.home.root))]
    assert all(path.exists() for path in precious)
    assert all("put a folder in its place" in line for line in told)
