"""A home written by version 0.1.0 can be refreshed, and nothing of it is lost."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import originals
from fcm_migration.archive.snapshots import WITHDRAWN
from fcm_migration.notify import REFRESH_MEMORY_NAME, SETTINGS_NAME
from fcm_migration.publish.editions import list_editions, verify
from fcm_migration.publish.query import connect
from fcm_migration.refresh import journal, ledger_files
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.ledger import COLUMNS
from fcm_migration.refresh.ledger_files import OLDER
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.originals import damaged_originals
from fcm_migration.refresh.review import withdraw
from fcm_migration.refresh.run import refresh
from tests.forging import as_an_older_version
from tests.toy import TOY, write_release
from tests.toy_home import rows


@pytest.fixture
def older(own_home: Context, tmp_path: Path) -> Context:
    """The published toy home, with a withdrawn release, in the layout of version 0.1.0."""
    given = write_release(tmp_path / "given", "2024-04-01", rows("9"))
    ingest(own_home, TOY, [given])
    later = own_home.archive.snapshots("toy")[-1].snapshot_id
    withdraw(own_home, later, by="somebody", reason="a wrong date")
    root = own_home.home.root
    for path in (root / "history").glob("*.parquet"):
        path.rename(root / "core" / f"{path.stem}_history.parquet")
    shutil.rmtree(root / "history")
    for parsed in (root / "core" / "releases" / "toy").glob("*/*"):
        parsed.rename(parsed.with_name("v1"))
    (ledger,) = (root / "ledger").iterdir()
    (root / OLDER).parent.mkdir()
    ledger.rename(root / OLDER)
    (root / "ledger").rmdir()
    stamp = {"declaration": "0" * 64, "releases": later, "dates": ["2024-01-15"]}
    (root / "core" / "toy.inputs.json").write_text(json.dumps(stamp))
    for path in (root / "cache" / "steps").iterdir():
        path.unlink()
    for name in ("forecast/inputs", "forecast/coherent", "trend/alerts.inputs"):
        (root / f"{name}.json").write_text(json.dumps({"version": 1}))
    for path in (root / "archive").rglob("*.refused"):
        as_an_older_version(path, lambda told: (told.pop("parser"), told.update(parser_version=1)))
    for path in (
        *root.rglob("archive/snapshots/*/*.json"),
        *root.glob("published/editions/*.json"),
    ):
        as_an_older_version(path)
    for path in (*root.rglob(".*.seal"), *root.rglob(".*.spare")):
        path.unlink()
    return own_home


def _ledger(context: Context) -> pl.DataFrame:
    rows = ledger_files.read(context.home, COLUMNS).rows
    assert rows is not None
    return rows


def test_an_older_home_needs_no_manual_work(older: Context, tmp_path: Path) -> None:
    """Nor one with settings, memory and journal that cannot be read."""
    (older.home.root / SETTINGS_NAME).mkdir()
    (older.home.root / REFRESH_MEMORY_NAME).write_text("[1")
    with (older.home.root / journal.NAME).open("ab") as file:
        file.write(b'{"event": "began", "run": "cut sh')
    before, (edition,) = _ledger(older), list_editions(older.home.published_dir)
    assert before.height > 0
    next_day = replace(older, now=older.now + timedelta(days=1))
    summary = refresh(next_day)
    made = summary.edition
    (told,) = summary.told
    assert "it cannot be read" in told
    assert [run.sequence for run in journal.runs(older.home)] == [1, 2]
    assert made.edition_id == edition.edition_id
    assert _ledger(older).equals(before)
    assert not (older.home.root / OLDER).exists()
    (withdrawn,) = [s for s in older.archive.snapshots("toy") if older.archive.is_withdrawn(s)]
    refusal = older.archive.refusal(withdrawn)
    assert refusal is not None
    assert (refusal["outcome"], refusal["parser_version"]) == (WITHDRAWN, 1)
    assert not list((older.home.root / "core").glob("*_history.parquet"))
    assert {path.name for path in older.home.core.glob("releases/toy/*/*")} != {"v1"}
    assert verify(older.home.published_dir).rows > 0
    # originals of the older version are sealed now, and kept twice
    assert list(damaged_originals(older)) == []
    assert all(originals.spare_of(p).exists() for p in older.home.root.rglob("snapshots/*/*.*ed"))
    with connect(older.home.root) as fcm:
        assert fcm.sql("FROM history.toy_claims").height > 0

    # what is published since is still added to the ledger
    write = write_release(tmp_path / "given", "2024-02-28", [*rows(), ("2023-07", "Chad", "1")])
    later = replace(older, now=older.now + timedelta(days=20))
    ingest(later, TOY, [write])
    refresh(later)
    after = _ledger(older)
    assert after.height > before.height
    assert before.join(after, on=before.columns, how="anti", nulls_equal=True).is_empty()
