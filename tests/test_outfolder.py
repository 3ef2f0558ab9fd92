"""Folders that a person names: replaced whole, and only if this package wrote all that is there."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_migration import outfolder
from fcm_migration.errors import UsageError
from fcm_migration.outfolder import NOTE, check_folder, write_folder


def filled(*names: str, text: str = "new") -> Callable[[Path], None]:
    def fill(part: Path) -> None:
        for name in names:
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).write_text(text)

    return fill


def write(path: Path, *names: str, text: str = "new", marker: str = "export") -> None:
    write_folder(path, filled(*names, text=text), marker=marker)


def listed(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if not p.is_dir())


def test_a_folder_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, "a.txt", "deep/b.txt", text="old")
    path.chmod(0o750)
    write(path, "a.txt", "c.txt")
    assert listed(path) == [NOTE, "a.txt", "c.txt"]
    assert (path / "a.txt").read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o750
    assert list(tmp_path.iterdir()) == [path]


def test_it_is_replaced_where_names_cannot_be_exchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outfolder, "_exchanged", lambda _one, _other: False)
    path = tmp_path / "out"
    write(path, "a.txt", text="old")
    write(path, "b.txt")
    assert listed(path) == [NOTE, "b.txt"]
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_folder_and_a_link_to_one_are_filled(tmp_path: Path) -> None:
    path, link = tmp_path / "out", tmp_path / "link"
    path.mkdir()
    link.symlink_to(path)
    write(link, "a.txt")
    assert link.is_symlink()
    assert listed(path) == [NOTE, "a.txt"]


@pytest.mark.parametrize("is_first", [True, False])
def test_what_fails_leaves_the_folder_as_it_was(tmp_path: Path, is_first: bool) -> None:
    path = tmp_path / "out"
    if not is_first:
        write(path, "a.txt", text="old")
    before = listed(tmp_path)

    def fail(part: Path) -> None:
        (part / "half.txt").write_text("half")
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        write_folder(path, fail, marker="export")
    assert listed(tmp_path) == before


def test_only_a_folder_of_ours_is_replaced(tmp_path: Path) -> None:
    theirs, other, file = tmp_path / "theirs", tmp_path / "other", tmp_path / "file"
    theirs.mkdir()
    (theirs / "thesis.txt").write_text("years of work")
    write(other, "index.html", marker="site")
    file.write_text("a file")
    for path in (theirs, other):
        with pytest.raises(UsageError, match="did not write"):
            write(path, "a.txt")
    with pytest.raises(UsageError, match="no folder"):
        write(file, "a.txt")
    with pytest.raises(UsageError, match="no such folder"):
        write(tmp_path / "none" / "out", "a.txt")
    assert (theirs / "thesis.txt").read_text() == "years of work"
    assert listed(tmp_path) == ["file", f"other/{NOTE}", "other/index.html", "theirs/thesis.txt"]


@pytest.mark.parametrize("name", ["notes.txt", "deep/notes.txt", "link"])
def test_what_somebody_put_into_ours_is_kept(tmp_path: Path, name: str) -> None:
    path = tmp_path / "out"
    write(path, "a.txt")
    (path / name).parent.mkdir(exist_ok=True)
    if name == "link":
        (path / name).symlink_to(tmp_path)
    else:
        (path / name).write_text("mine")
    with pytest.raises(UsageError, match=rf"1 of them, such as {name}"):
        write(path, "a.txt")
    assert (path / name).exists()


def test_what_is_put_there_while_we_write_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "out"

    def slow(part: Path) -> None:
        (part / "a.txt").write_text("ours")
        path.mkdir()
        (path / "theirs.txt").write_text("theirs")

    with pytest.raises(UsageError, match="did not write"):
        write_folder(path, slow, marker="export")
    assert listed(tmp_path) == ["out/theirs.txt"]


def test_the_folder_one_is_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="you are in"):
        check_folder(Path(), "export")


def test_remains_of_a_killed_command_are_removed_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "out"
    dead, living = tmp_path / ".out.1.fcm-part", tmp_path / ".out.2.fcm-part"
    other = tmp_path / ".else.1.fcm-part"
    for folder in (dead, living, other):
        folder.mkdir()
        (folder / "a.txt").write_text("half")
    with outfolder._held(living):
        write(path, "a.txt")
    assert sorted(tmp_path.iterdir()) == [other, living, path]


def test_a_link_in_the_folder_replaced_is_not_followed(tmp_path: Path) -> None:
    path, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")
    write_folder(path, lambda part: (part / "link").symlink_to(outside), marker="export")
    write(path, "a.txt")
    assert listed(outside) == ["kept.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux exchanges two folders in one step")
def test_a_reader_finds_a_folder_at_every_moment(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write(path, "a.txt")
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
        write(path, "a.txt", text=str(number))
    stop.set()
    reader.join()
    assert looks > 100
    assert missed == []
