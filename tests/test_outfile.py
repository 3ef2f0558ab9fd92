"""Files that a person names: never one of the home's, and never half written."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from fcm_migration.config import Home, shipped
from fcm_migration.errors import UsageError
from fcm_migration.outfile import check_file, check_out, write_bytes, write_file, write_text


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    (home.published_dir / "editions").mkdir(parents=True)
    edition = home.published_dir / "editions" / "000001-abc.duckdb"
    edition.write_text("edition")
    os.link(edition, home.published)
    return home


def test_nothing_in_the_home_is_written_to_by_any_name(tmp_path: Path, home: Home) -> None:
    """--out emptied the published file and, through the hard link, its edition."""
    link, folder, hard = tmp_path / "link", tmp_path / "folder", tmp_path / "hard"
    link.symlink_to(home.published)
    folder.symlink_to(home.root)
    os.link(home.published, hard)
    inside = [home.published, home.root / "x.csv", link, folder / "x.csv", hard]
    inside.append(tmp_path / "away" / ".." / "home" / "x.csv")
    for path in inside:
        with pytest.raises(UsageError, match="never written to"):
            check_out(path, home)
    check_out(tmp_path / "x.csv", home)
    check_out(shipped("bundled"), Home(shipped("bundled").parent))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "x"):
        with pytest.raises(UsageError):
            check_file(path)
    with pytest.raises(UsageError, match="not UTF-8"):
        check_file(Path(os.fsdecode(bytes(tmp_path) + b"/\xff")))


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    path, link = tmp_path / "x.txt", tmp_path / "link"
    path.write_text("old")
    path.chmod(0o640)
    link.symlink_to(path)

    def fail(part: Path) -> None:
        part.write_text("half")
        raise OSError("no more")

    with pytest.raises(OSError, match="no more"):
        write_file(path, fail)
    assert path.read_text() == "old"
    write_text(link, "new")
    assert (path.read_text(), link.is_symlink()) == ("new", True)
    assert path.stat().st_mode & 0o777 == 0o640
    write_bytes(path, b"again")
    assert sorted(tmp_path.iterdir()) == [link, path]


def test_a_pipe_is_written_to_where_it_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_text(pipe, "through")
    reader.join(10)
    assert read == ["through"]
    write_text(Path("/dev/null"), "gone")


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs /dev/fd")
def test_a_file_behind_standard_output_is_not_replaced(tmp_path: Path) -> None:
    with (
        (tmp_path / "out.csv").open("w") as out,
        pytest.raises(UsageError, match="standard output is a file"),
    ):
        check_file(Path(f"/dev/fd/{out.fileno()}"))


def test_a_folder_whose_name_begins_like_a_device_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fcm_migration.outfile.DEVICES", (tmp_path / "dev",))
    path = tmp_path / "development" / "out.csv"
    path.parent.mkdir()
    for text in ("new", "newer"):
        write_text(path, text)
        assert path.read_text() == text
