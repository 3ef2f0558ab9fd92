"""Hostile files are refused in seconds, by type, and this process lives on."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from fcm_migration.errors import FcmError, UnsafeFileError
from fcm_migration.workbook import Limits, child, read_workbook, reader
from tests.workbook.hostile import HOSTILE, xlsx_sheet
from tests.workbook.writers import write_ods, write_xlsx

_MEET = """
import sys
from pathlib import Path
from fcm_migration.errors import UnsafeFileError
from fcm_migration.workbook import read_workbook
refused = 0
for name in sys.argv[1:]:
    try:
        read_workbook(Path(name))
    except UnsafeFileError:
        refused += 1
# Not getrusage: its peak is inherited from the process that started this one.
status = Path("/proc/self/status").read_text()
print(refused, status.partition("VmHWM:")[2].split()[0])
"""


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_file_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    path = HOSTILE[name](tmp_path / "file")
    started = time.perf_counter()
    with pytest.raises(UnsafeFileError) as caught:
        read_workbook(path)
    assert time.perf_counter() - started < 5
    assert str(caught.value).startswith("file: ")
    assert caught.value.outcome == "unsafe_file"
    assert list(scratch.iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc")
def test_parent_stays_small(tmp_path: Path) -> None:
    """A fresh process that meets the greedy files stays below 100 MB (the peak is in kB)."""
    greedy = ("size_bomb", "ratio_bomb", "lying_bomb", "far_cell_spaced", "repeated_content")
    paths = [str(HOSTILE[name](tmp_path / name)) for name in greedy]
    done = subprocess.run(
        [sys.executable, "-c", _MEET, *paths], capture_output=True, text=True, check=True
    )
    refused, peak = done.stdout.split()
    assert int(refused) == len(greedy)
    assert int(peak) < 100_000


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(members=3), "too many ZIP members"),
        (Limits(unpacked_bytes=1_000), "unpacks too large"),
        (Limits(cells=100), "reaching too far"),
        # A library short of memory blames the file or dies; either way the file is refused.
        (Limits(address_space=100_000_000), "died|broken"),
    ],
)
def test_each_limit_is_kept(limits: Limits, what: str, tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"S": [[1, 2]] * 100})
    with pytest.raises(UnsafeFileError, match=what):
        read_workbook(path, limits=limits)


def test_cells_of_an_ods_are_limited_too(tmp_path: Path) -> None:
    path = write_ods(tmp_path / "a.ods", {"S": [[1, 2]] * 100})
    with pytest.raises(UnsafeFileError, match="too large"):
        read_workbook(path, limits=Limits(cells=100))


def test_slow_child_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(reader, "_CHILD", slow)
    monkeypatch.setattr(reader, "_GRACE_SECONDS", 0)
    started = time.perf_counter()
    with pytest.raises(UnsafeFileError, match="too long"):
        read_workbook(write_xlsx(tmp_path / "a.xlsx", {"S": [[1]]}), limits=Limits(seconds=1))
    assert time.perf_counter() - started < 3


def test_busy_child_is_ended_by_its_own_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = tmp_path / "busy.py"
    code = Path(child.__file__).read_text(encoding="utf-8").replace("from typing import Any", "")
    busy.write_text(
        f"from typing import Any\n{code.split('def read(')[0]}"
        "def read(*_):\n    while True:\n        pass\n\n\nsys.exit(main(sys.argv[1:]))\n"
    )
    monkeypatch.setattr(reader, "_CHILD", busy)
    with pytest.raises(UnsafeFileError, match="died"):
        read_workbook(write_xlsx(tmp_path / "a.xlsx", {"S": [[1]]}), limits=Limits(seconds=1))


def test_missing_reader_library_is_no_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        f"import sys\nsys.stderr.write('no fastexcel')\nsys.exit({child.EXIT_NO_READER})"
    )
    monkeypatch.setattr(reader, "_CHILD", broken)
    with pytest.raises(FcmError, match="no fastexcel") as caught:
        read_workbook(write_xlsx(tmp_path / "a.xlsx", {"S": [[1]]}))
    assert not isinstance(caught.value, UnsafeFileError)


def test_formatted_but_empty_far_cell_is_harmless(tmp_path: Path) -> None:
    path = xlsx_sheet(tmp_path / "a.xlsx", '<c r="A1"><v>1</v></c><c r="XFD1048576" s="1"/>')
    assert read_workbook(path)["S"].rows == (("1",),)


def test_wide_declared_dimension_is_harmless(tmp_path: Path) -> None:
    path = xlsx_sheet(tmp_path / "a.xlsx", '<c r="A1"><v>1</v></c>', dimension="A1:XFD1048576")
    started = time.perf_counter()
    assert read_workbook(path)["S"].rows == (("1",),)
    assert time.perf_counter() - started < 5
