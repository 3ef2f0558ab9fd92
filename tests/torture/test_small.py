"""The campaigns in small: readers through publications, killed and simultaneous refreshes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_migration.refresh.context import Context
from tests.torture import corrupt, disk_full, kill, readers

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


@pytest.mark.parametrize(
    ("kills", "twos", "scenes"),
    [
        (3, 2, ["everything derived is made again"]),
        pytest.param(24, 6, list(kill.SHARES), marks=pytest.mark.torture, id="longer"),
    ],
)
def test_killed_and_simultaneous_refreshes_leave_nothing_to_repair(
    published: Context, kills: int, twos: int, scenes: list[str]
) -> None:
    given = [str(published.home.root.parent), "--kills", str(kills), "--pairs", str(twos)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture.small_run", *given, "--scenes", *scenes],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    killed, paired = json.loads(done.stdout)
    assert (killed["tried"], killed["failed"], killed["manual"]) == (kills, 0, 0), done.stderr
    assert (paired["tried"], paired["failed"], paired["manual"]) == (twos, 0, 0), done.stderr
    operations = killed["counts"][f"file operations where {scenes[0]}"]
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
