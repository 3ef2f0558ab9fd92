"""Hostile files are refused in seconds, by type, and this process lives on."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from fcm_migration import limited
from fcm_migration.errors import UnsafeFileError
from fcm_migration.sources.base import Parsed, ReleaseFile
from fcm_migration.workbook import Limits, read_workbook
from tests.toy import TOY
from tests.workbook.hostile import HOSTILE, xlsx_sheet
from tests.workbook.writers import write_ods, write_xlsx


def _open(files: Sequence[ReleaseFile]) -> Parsed:
    return Parsed({}, {str(sheet): 1 for sheet in read_workbook(files[0].path)})


BOOK = replace(TOY, module=__name__, parse=_open)
# What the checks before the reader let pass: only the limits around it refuse these.
FOR_THE_LIMITED_PROCESS = frozenset({"far_cell_as_entity", "repeated_content"})


@pytest.mark.parametrize("name", sorted(HOSTILE.keys() - FOR_THE_LIMITED_PROCESS))
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


@pytest.mark.usefixtures("limited_process")
@pytest.mark.parametrize("name", sorted(FOR_THE_LIMITED_PROCESS))
def test_what_a_library_would_choke_on_is_refused_around_it(name: str, tmp_path: Path) -> None:
    path = HOSTILE[name](tmp_path / "file")
    with pytest.raises(UnsafeFileError, match=r"memory|broken|time"):
        limited.read_release(BOOK, [ReleaseFile("file", path)], tmp_path / "tmp")


@pytest.mark.parametrize(
    ("limits", "what"),
    [
        (Limits(members=3), "too many ZIP members"),
        (Limits(unpacked_bytes=1_000), "unpacks too large"),
        (Limits(cells=100), "reaching too far"),
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


def test_formatted_but_empty_far_cell_is_harmless(tmp_path: Path) -> None:
    path = xlsx_sheet(tmp_path / "a.xlsx", '<c r="A1"><v>1</v></c><c r="XFD1048576" s="1"/>')
    assert read_workbook(path)["S"].rows == (("1",),)


def test_wide_declared_dimension_is_harmless(tmp_path: Path) -> None:
    path = xlsx_sheet(tmp_path / "a.xlsx", '<c r="A1"><v>1</v></c>', dimension="A1:XFD1048576")
    started = time.perf_counter()
    assert read_workbook(path)["S"].rows == (("1",),)
    assert time.perf_counter() - started < 5
