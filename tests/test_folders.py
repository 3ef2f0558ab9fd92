"""Functions that remove, move or take files never leave their folder through a link."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from fcm_migration import folders
from fcm_migration.errors import LinkError

PRECIOUS = "precious"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder of somebody else's, with a file in it and one deeper."""
    made = tmp_path / "outside"
    (made / "inner").mkdir(parents=True)
    for path in (made / "a.fcm-part", made / "inner" / "b.fcm-part"):
        path.write_text(PRECIOUS)
    return made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "root"
    made.mkdir()
    return made


def untouched(outside: Path) -> bool:
    kept = [outside / "a.fcm-part", outside / "inner" / "b.fcm-part"]
    return [path.read_text() for path in kept if path.exists()] == [PRECIOUS, PRECIOUS]


def test_a_link_is_removed_itself_wherever_it_lies(root: Path, outside: Path) -> None:
    (root / "tree" / "deep").mkdir(parents=True)
    (root / "tree" / "deep" / "link").symlink_to(outside)
    (root / "tree" / "file").symlink_to(outside / "a.fcm-part")
    (root / "tmp").symlink_to(outside)
    assert folders.remove(root / "tree", root)
    assert folders.remove(root / "tmp", root)
    assert not folders.remove(root / "tmp", root)
    assert list(root.iterdir()) == []
    assert untouched(outside)


@pytest.mark.parametrize("is_root", [True, False])
def test_nothing_is_removed_listed_or_moved_through_a_link(
    root: Path, outside: Path, *, is_root: bool
) -> None:
    link = root / "link"
    link.symlink_to(outside)
    within = link if is_root else root
    with pytest.raises(LinkError, match="nothing was taken, moved or deleted"):
        folders.remove(link / "inner" / "b.fcm-part", within)
    with pytest.raises(LinkError):
        folders.names(link, within)
    with pytest.raises(LinkError):
        folders.move(link / "a.fcm-part", root / "x", root, same=folders.Identity(0, 0, 0, 0))
    assert untouched(outside)


def test_leftovers_are_looked_for_in_own_folders_only(root: Path, outside: Path) -> None:
    (root / "core").mkdir()
    (root / "core" / "left.fcm-part").write_text("x")
    (root / "core" / "kept").write_text("x")
    (root / "linked").symlink_to(outside)
    theirs = root / "inbox" / "toy" / "theirs.fcm-part"
    theirs.parent.mkdir(parents=True)
    theirs.write_text("of somebody who may forbid that it is removed")
    assert folders.remove_ending(root, ".fcm-part", without="inbox") == 1
    assert untouched(outside)
    assert theirs.exists()
    assert (root / "core" / "kept").exists()


def test_a_linked_folder_of_a_home_is_named_before_anything_is_removed(
    root: Path, outside: Path
) -> None:
    (root / "inbox").symlink_to(outside)
    (root / "published").mkdir()
    folders.refuse_links(root, without=frozenset(("inbox",)))
    (root / "published" / "editions").symlink_to(outside)
    with pytest.raises(LinkError, match="published/editions"):
        folders.refuse_links(root, without=frozenset(("inbox",)))


def _put(kind: str, path: Path, outside: Path) -> None:
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(str(path))
    elif kind == "hard link":
        path.hardlink_to(outside / "a.fcm-part")
    else:
        path.symlink_to(outside / "a.fcm-part")


@pytest.mark.parametrize("kind", ["a link", "a pipe", "a socket", "hard link"])
def test_only_a_regular_file_of_one_name_is_copied(
    kind: str, root: Path, outside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe does not block either."""
    monkeypatch.chdir(root)  # the path of a socket must be short
    _put(kind, Path("x"), outside)
    with pytest.raises(LinkError, match=kind):
        folders.copy(root / "x", tmp_path / "copy", root)
    assert not (tmp_path / "copy").exists()


def test_a_file_moves_only_as_it_was_read_and_replaces_nothing(root: Path) -> None:
    path, target = root / "in" / "a.csv", root / "taken" / "a.csv"
    path.parent.mkdir()
    path.write_text("first")
    same = folders.copy(path, root / "copy", root)
    assert (root / "copy").read_text() == "first"
    path.write_text("another")
    with pytest.raises(LinkError, match="changed while it was read"):
        folders.move(path, target, root, same=same)
    (root / "copy").unlink()
    same = folders.copy(path, root / "copy", root)
    folders.move(path, target, root, same=same)
    path.write_text("third")
    with pytest.raises(FileExistsError):
        folders.move(path, target, root, same=same)
    assert target.read_text() == "another"
    assert path.read_text() == "third"


def test_a_note_replaces_a_link_and_not_what_it_points_to(root: Path, outside: Path) -> None:
    (root / "note").symlink_to(outside / "a.fcm-part")
    folders.write_text(root / "note", "mine", root)
    assert (root / "note").read_text() == "mine"
    assert untouched(outside)
