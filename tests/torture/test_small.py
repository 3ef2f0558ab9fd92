"""The campaigns in small: readers through publications, killed and simultaneous refreshes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_migration.publish.editions import verify
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from tests.torture import corrupt, disk_full, kill, readers, warm

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("many", "publishes"), [(2, 4), pytest.param(3, 6, marks=pytest.mark.torture, id="longer")]
)
def test_readers_meet_whole_editions_only(tmp_path: Path, many: int, publishes: int) -> None:
    figures = readers.campaign(tmp_path, readers=many, publishes=publishes, rows=2)
    assert figures["publications"] == publishes
    assert (figures["errors"], figures["torn"], figures["went_back"]) == (0, 0, 0)
    assert figures["opens"] >= figures["editions"] > figures["readers"]


def test_a_reader_counts_what_is_torn(tmp_path: Path) -> None:
    """The campaign would see a mixture: an edition of both kinds of row counts as torn."""
    from tests.small import publish_counts

    publish_counts(tmp_path / "published", [1, 2])
    stop = tmp_path / "stop"
    met = readers.read_on(tmp_path, stop, most=2)
    assert (met["opens"], met["torn"], met["errors"], met["went_back"]) == (2, 2, 0, 0)


@pytest.mark.parametrize("operation", [30])
def test_a_refresh_killed_at_a_file_operation_leaves_nothing_to_repair(
    own_home: Context, tmp_path: Path, operation: int
) -> None:
    """The command itself, killed while it writes core tables."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler")
    home = own_home.home
    kill.forget(home.root.parent)
    shim = {
        "LD_PRELOAD": str(warm.compiled(compiler, tmp_path)),
        "FCM_FAULT_BELOW": f"{home.root}/",
        "FCM_FAULT_AT": str(operation),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture.toy_fcm", "--home", str(home.root), "refresh"],
        env={**os.environ, **shim},
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    (before,) = verify(home.published_dir).editions
    assert refresh(own_home).edition.edition_id == before.edition_id
    assert len(verify(home.published_dir).editions) == 1
    assert warm.litter(home.root) == []


@pytest.mark.torture
def test_killed_and_simultaneous_refreshes_leave_nothing_to_repair(published: Context) -> None:
    given = [str(published.home.root.parent), "--kills", "24", "--pairs", "6"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture.small_run", *given],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    killed, paired = json.loads(done.stdout)
    assert (killed["tried"], killed["failed"], killed["manual"]) == (24, 0, 0), done.stderr
    assert (paired["tried"], paired["failed"], paired["manual"]) == (6, 0, 0), done.stderr
    operations = killed["counts"][f"file operations where {kill.DERIVED_AGAIN}"]
    assert operations > 300 or shutil.which("cc") is None


@pytest.mark.torture
def test_damaged_files_are_made_again_or_named(tmp_path: Path) -> None:
    blows = list(corrupt.campaign(tmp_path, tries=12, seed=5))
    assert [blow for blow in blows if blow.result in corrupt.BROKEN] == []
    assert len(blows) == 12


@pytest.mark.torture
def test_full_disks_leave_the_edition_and_nothing_to_repair() -> None:
    if reason := disk_full.why_not():
        pytest.skip(reason)
    found = disk_full.run(["--sizes", "0", "0.5"])
    assert (found.tried, found.failed, found.healed) == (4, 0, 4), found.notes
