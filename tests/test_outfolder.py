"""Folders that a person names: replaced whole, and never one that was not written here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fcm_migration import outfolder
from fcm_migration.errors import UsageError
from fcm_migration.outfolder import check_folder, write_folder
from fcm_migration.store import PART, sha256

NOTE = "note.json"


def write(path: Path, **files: str) -> None:
    content = {name.replace("__", "/"): text.encode() for name, text in files.items()}
    write_folder(path, content, NOTE, {"edition": "x"})


def held(path: Path) -> dict[str, str]:
    """The files of a folder but the note, by name."""
    return {
        found.relative_to(path).as_posix(): found.read_text()
        for found in path.rglob("*")
        if found.is_file() and found.name != NOTE
    }


@pytest.mark.parametrize("can_exchange", [True, False])
def test_a_folder_is_replaced_and_files_of_the_old_one_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_exchange: bool
) -> None:
    if not can_exchange:
        monkeypatch.setattr(outfolder, "_exchanged", lambda *_: False)
    path = tmp_path / "out"
    write(path, a="old", sub__b="old")
    path.chmod(0o750)
    write(path, a="new", c="new")
    assert held(path) == {"a": "new", "c": "new"}
    note = json.loads((path / NOTE).read_text())
    assert note["files"] == {"a": sha256(b"new"), "c": sha256(b"new")}
    assert note["edition"] == "x"
    assert path.stat().st_mode & 0o777 == 0o750
    assert [found.name for found in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_and_one_behind_a_link_are_filled(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", a="1")
    write(tmp_path / "link", a="2")
    assert (tmp_path / "link").is_symlink()
    assert held(tmp_path / "real") == {"a": "2"}


def test_what_others_put_there_stays(tmp_path: Path) -> None:
    theirs, mixed, file = (tmp_path / name for name in ("theirs", "mixed", "file"))
    theirs.mkdir()
    (theirs / "letter.txt").write_text("dear")
    (theirs / NOTE).write_text('{"files": {"letter.txt": ""}}')  # not of this program
    write(mixed, a="ours")
    (mixed / "letter.txt").write_text("dear")
    file.write_text("dear")
    for path, why in (
        (theirs, "never replaced"),
        (mixed, r"did not write.*letter\.txt"),
        (file, "no folder"),
        (tmp_path / "none" / "out", "no such folder"),
    ):
        with pytest.raises(UsageError, match=why):
            write(path, a="new")
    assert (theirs / "letter.txt").read_text() == "dear"
    assert held(mixed) == {"a": "ours", "letter.txt": "dear"}
    (mixed / "letter.txt").unlink()
    (mixed / "link").symlink_to(theirs)
    with pytest.raises(UsageError, match=r"did not write.*link"):
        check_folder(mixed, NOTE)
    (mixed / "link").unlink()
    (mixed / "drafts").mkdir()  # where somebody means to put something
    with pytest.raises(UsageError, match=r"did not write.*drafts"):
        check_folder(mixed, NOTE)


def test_what_cannot_be_written_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    write(path, a="old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(outfolder, "_write", full)
    with pytest.raises(OSError, match="No space"):
        write(path, a="new")
    assert held(path) == {"a": "old"}
    assert [found.name for found in tmp_path.iterdir()] == ["out"]


def test_where_two_folders_cannot_be_exchanged_a_failure_puts_the_old_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    write(path, a="old")
    monkeypatch.setattr(outfolder, "_exchanged", lambda *_: False)
    rename = Path.rename

    def once(self: Path, target: Path) -> Path:
        if self.name.endswith(PART) and not target.exists():
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(OSError, match="Input/output"):
        write(path, a="new")
    assert held(path) == {"a": "old"}
    assert [found.name for found in tmp_path.iterdir()] == ["out"]


def test_what_killed_commands_left_goes_and_that_of_running_ones_stays(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    left = [
        tmp_path / f".out.{ended.pid}{PART}",
        tmp_path / f".out.{ended.pid}{outfolder.OLD}",
        tmp_path / f".out.{10**30}{PART}",
    ]
    kept = [tmp_path / f".out.{os.getppid()}{PART}", tmp_path / f".other.{ended.pid}{PART}"]
    for folder in (*left, *kept):
        folder.mkdir()
        (folder / "a").write_text("half")
    write(tmp_path / "out", a="new")
    assert not any(folder.exists() for folder in left)
    assert all(folder.exists() for folder in kept)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges two folders in one step")
def test_a_reader_finds_a_folder_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, a="0")
    stop, missed = threading.Event(), list[FileNotFoundError]()
    looks = 0

    def look() -> None:
        nonlocal looks
        while not stop.is_set():
            try:
                os.close(os.open(path, os.O_RDONLY))
            except FileNotFoundError as error:
                missed.append(error)
            looks += 1

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(12):
        write(path, a=str(number))
    stop.set()
    reader.join()
    assert looks > 100
    assert missed == []
