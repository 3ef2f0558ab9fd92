"""Originals are kept twice: one damaged copy costs nothing, two are said and never used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fcm_migration import originals, store
from fcm_migration.errors import DamagedError, NewerNoteError

NOTE = {"count": 1, "name": "Türkiye"}


def decode(data: dict[str, Any]) -> dict[str, Any]:
    """Return a note that has the facts of :data:`NOTE` and no others."""
    if {name: type(value) for name, value in data.items()} != {"count": int, "name": str}:
        raise TypeError(data)
    return data


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "a" / "note.json"
    originals.write(where, NOTE)
    return where


def damage(path: Path) -> None:
    path.write_text(path.read_text(encoding="utf-8").replace('"count": 1', '"count": 2'))


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("how", [damage, Path.unlink])
def test_either_copy_alone_is_enough_and_brings_back_the_other(
    path: Path, which: int, how: Any, caplog: pytest.LogCaptureFixture
) -> None:
    copies = (path, originals.spare_of(path))
    whole = copies[0].read_bytes()
    how(copies[which])
    assert originals.read(path, decode) == NOTE
    originals.mend(path, decode)
    assert [copy.read_bytes() for copy in copies] == [whole, whole]
    assert ("is restored from its other copy" in caplog.text) is (how is damage)


def test_what_is_damaged_twice_is_an_error_and_is_left_alone(path: Path) -> None:
    for copy in (path, originals.spare_of(path)):
        damage(copy)
    before = path.read_bytes()
    with pytest.raises(DamagedError, match="fcm verify --archive"):
        originals.read(path, decode)
    originals.mend(path, decode)
    assert path.read_bytes() == before


def test_a_note_of_a_newer_version_is_said_to_be_one_and_is_left_alone(path: Path) -> None:
    """It is whole, by its seal: nothing but this version is to be repaired."""
    originals.write(path, {**NOTE, "added_later": True})
    copies = (path, originals.spare_of(path))
    before = [copy.read_bytes() for copy in copies]
    with pytest.raises(NewerNoteError, match="use the version that wrote it"):
        originals.read(path, decode)
    originals.mend(path, decode)
    damage(copies[1])
    originals.mend(path, decode)
    assert copies[0].read_bytes() == before[0]


def test_of_two_whole_copies_the_first_counts(path: Path) -> None:
    """A crash between writing them leaves the older in the spare."""
    store.write_note(originals.spare_of(path), {**NOTE, "count": 0}, of=store.place(path))
    originals.mend(path, decode)
    path.unlink()
    assert originals.read(path, decode) == NOTE


def test_a_removed_note_stays_away(path: Path) -> None:
    originals.remove(path, path.parent)
    assert originals.read(path, decode) is None
    assert list(path.parent.iterdir()) == []


def test_a_note_of_an_older_version_is_taken_and_sealed(tmp_path: Path) -> None:
    path = tmp_path / "note.json"
    path.write_text(json.dumps(NOTE))
    assert originals.read(path, decode) == NOTE
    originals.mend(path, decode)
    damage(path)
    assert originals.read(path, decode) == NOTE


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "{}", '{"count": 1}', '{"count": 1, "nome": "x"}', "\ud800", "9"]
)
def test_a_note_without_a_seal_is_read_strictly(tmp_path: Path, text: str) -> None:
    path = tmp_path / "note.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(DamagedError):
        originals.read(path, decode)


def test_a_sealed_note_whose_spare_is_gone_is_no_note_of_an_older_version(path: Path) -> None:
    originals.spare_of(path).unlink()
    damage(path)
    with pytest.raises(DamagedError):
        originals.read(path, decode)
