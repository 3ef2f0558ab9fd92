"""``fcm status``: text, exit code and JSON; quick whatever the home holds."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fcm_migration.archive.lock import refresh_lock
from fcm_migration.cli import main
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.refresh import journal
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.noting import noted
from fcm_migration.status import EXIT_CODES, KINDS, Status, gather, lines
from tests.toy_home import give, toy_context

DAY = timedelta(days=1)
CALM = ("figures", "labels")  # the toy's figures are old, and some of its labels held back


def fail(context: Context) -> None:
    with (
        pytest.raises(OSError, match="space"),
        refresh_lock(context.home.root, holder="t"),
        noted(context.home, context.now, "t"),
    ):
        raise OSError(28, "No space left on device")


def told(context: Context) -> Status:
    return gather(context, ignore=CALM)


def test_a_home_in_order_is_fine(published: Context) -> None:
    found = told(published)
    assert (found.state, found.exit_code, found.detail) == ("fine", 0, "")
    assert found.edition.is_whole
    assert found.last_refresh is not None
    assert (found.last_refresh.outcome, found.last_refresh.sequence) == ("published", 1)
    assert found.last_published_at == published.now
    assert found.lock is None
    (source,) = found.sources
    assert (source.source_id, source.freshness) == ("toy", "stale")
    assert source.in_words == "newest figures to 2023-06-30, 351 days old (at most 100 are usual)"
    assert found.labels_held_back == 2
    assert {item.kind for item in found.attention} == set(CALM)
    assert found.disk is not None
    assert found.disk.is_complete
    files = {
        p.stat().st_ino: p.stat().st_size for p in published.home.root.rglob("*") if p.is_file()
    }
    assert found.disk.home_bytes == sum(files.values())  # the edition counts once
    assert gather(published).exit_code == EXIT_CODES["attention"] == 22


def test_every_state_has_its_code(own_home: Context) -> None:
    later = replace(own_home, now=own_home.now + 2 * DAY)
    fail(later)
    found = told(later)
    assert (found.state, found.exit_code) == ("failed", 20)
    assert found.detail == "OSError: No space left on device"
    assert found.last_refresh is not None
    assert found.last_refresh.outcome == "failed"
    stale = told(replace(own_home, now=own_home.now + 4 * DAY))
    assert (stale.state, stale.exit_code) == ("stale", 21)
    assert "nothing has been published for 4 days; the last refresh failed" in stale.detail
    own_home.home.published.unlink()
    gone = told(own_home)
    assert (gone.state, gone.exit_code) == ("unpublished", 6)
    assert "nothing is published" in gone.detail


def test_a_refresh_that_goes_on_is_told_and_one_that_was_killed(own_home: Context) -> None:
    with refresh_lock(own_home.home.root, holder="fcm refresh"):
        journal.begin(own_home.home, own_home.now, "fcm refresh")
        found = told(own_home)
        assert (found.state, found.lock is not None) == ("fine", True)
        assert found.last_refresh is not None
        assert found.last_refresh.outcome == "running"
    killed = told(own_home)
    assert (killed.state, killed.exit_code) == ("failed", 20)
    assert killed.last_refresh is not None
    assert killed.last_refresh.outcome == "killed"


def test_what_waits_for_a_person_is_named_with_its_command(own_home: Context) -> None:
    give(own_home, "2024-05-01", last="9")
    snapshot = own_home.archive.snapshots("toy")[-1]
    own_home.archive.refuse(snapshot, outcome="suspect", detail="rows are lost", parser="x")
    found = told(own_home)
    assert (found.state, found.exit_code) == ("attention", 22)
    (item,) = found.quarantine
    assert (item.outcome, item.command) == ("suspect", f"fcm review {snapshot.snapshot_id}")
    own_home.archive.refuse(snapshot, outcome="withdrawn", detail="by Ann", parser="")
    assert told(own_home).quarantine == ()


def _flip_edition(root: Path) -> None:
    path = next((root / "published" / "editions").glob("*.duckdb"))
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _cut_edition(root: Path) -> None:
    path = next((root / "published" / "editions").glob("*.duckdb"))
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:1000])


def _no_facts(root: Path) -> None:
    for path in (root / "published" / "editions").glob("*.json*"):
        path.write_text('{"a": [')


def _log_beside(root: Path) -> None:
    (root / "published" / "fcm_migration.duckdb.wal").write_bytes(b"x")


def _folder(root: Path) -> None:
    (root / "published" / "fcm_migration.duckdb").unlink()
    (root / "published" / "fcm_migration.duckdb").mkdir()


@pytest.mark.parametrize("damage", [_flip_edition, _cut_edition, _no_facts, _log_beside, _folder])
def test_a_damaged_edition_is_code_6(own_home: Context, damage: Callable[[Path], None]) -> None:
    damage(own_home.home.root)
    found = told(own_home)
    assert (found.state, found.exit_code) == ("unpublished", 6)
    assert found.detail
    assert list(lines(found))


def _sidecar(root: Path) -> None:
    for path in (root / "archive" / "snapshots").glob("*/*.json*"):
        path.write_text("{")


def _sources(root: Path) -> None:
    (root / "meta" / "sources.parquet").write_bytes(b"PAR1")


def _ledger(root: Path) -> None:
    next((root / "ledger").iterdir()).write_bytes(b"PAR1")


def _labels(root: Path) -> None:
    (root / "meta" / "quarantined_labels.parquet").write_bytes(b"")


def _everything(root: Path) -> None:
    for path in root.rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"\x00{")


@pytest.mark.parametrize("damage", [_sidecar, _sources, _ledger, _labels, _everything])
def test_whatever_is_damaged_the_rest_is_told(
    own_home: Context, damage: Callable[[Path], None]
) -> None:
    damage(own_home.home.root)
    found = told(own_home)
    assert found.exit_code == (6 if damage is _everything else 22 if damage is not _sources else 0)
    assert found.disk is not None
    json.dumps(found.as_json())
    assert list(lines(found))


def test_an_empty_home_has_nothing_published(tmp_path: Path) -> None:
    context = toy_context(tmp_path)
    assert told(context).exit_code == 6
    context.home.root.mkdir()
    assert told(context).exit_code == 6


def shape(value: Any) -> Any:
    """Return the names of a document's fields, those of a list's items too."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items() if key != "folders"}
    return [shape(inner) for inner in value[:1]] if isinstance(value, list) else None


def test_the_json_document_is_as_documented(
    own_home: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["status", "--json"], given=own_home)
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], document["version"]) == ("fcm-status", 1)
    assert document["exit_code"] == ended.value.code == 22
    assert document["last_refresh"]["started_at"] == own_home.now.isoformat()
    page = (PROJECT_ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`([a-z_]+)`", page))
    names = set(re.findall(r'"([a-z_]+)":', json.dumps(shape(document))))
    assert names - documented == set()
    assert set(KINDS) | set(EXIT_CODES) <= documented


def test_the_command_prints_the_state_first_and_tells_who_is_to_be_told(
    own_home: Context, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (own_home.home.root / "notify.toml").write_text('[log]\nlevel = "warning"\n')
    late = replace(own_home, now=own_home.now + 9 * DAY)
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            main(["status", "--notify"], given=late)
        assert ended.value.code == 21
    out, err = capsys.readouterr()
    assert out.startswith("stale: nothing has been published for 9 days\n")
    assert err == "notification: log: 1 told\n"
    (message,) = [r.message for r in caplog.records if "refreshes" in r.name]
    assert "no refresh has published for too long" in message


def test_it_loads_no_heavy_library_and_is_quick(own_home: Context) -> None:
    script = (
        "import sys, time\nfrom fcm_migration.cli import main\nbegun = time.process_time()\n"
        "try:\n    main(['--home', sys.argv[1], 'status'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('great_expectations', 'statsmodels', 'dagster', 'duckdb', 'scipy', 'httpx')\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)\n"
        "print(time.process_time() - begun, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(own_home.home.root)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded, seconds = done.stderr.splitlines()[-2:]
    assert loaded == "[]"
    assert float(seconds) < 1.5


def test_nothing_is_written(own_home: Context) -> None:
    root = own_home.home.root
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*")}
    told(own_home)
    assert {p: p.stat().st_mtime_ns for p in root.rglob("*")} == before
    shutil.rmtree(root / "published")
    told(own_home)
    assert not (root / "published").exists()
