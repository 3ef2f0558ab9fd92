"""Parquet between steps is complete or absent, and never taken for another table."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcm_migration import store
from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import ConformError, EditionError

TABLE = Table(
    "core",
    "x",
    "Simulated.",
    "key",
    (Column("key", "string", "Key."), Column("n_persons", "integer", "Count.", nullable=True)),
    ("key",),
)
FRAME = pl.DataFrame({"key": ["b", "a"], "n_persons": [1, None]})


def test_what_is_written_is_read_in_key_order(tmp_path: Path) -> None:
    stored = store.write(FRAME, TABLE, tmp_path / "deep" / "x.parquet")
    assert store.read(stored.path, TABLE).rows() == [("a", None), ("b", 1)]
    assert store.facts(stored.path) == stored
    assert set(stored.path.parent.iterdir()) == {stored.path, store.seal_path(stored.path)}


def test_the_same_content_is_not_written_again(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    store.write(FRAME, TABLE, path)
    os.utime(path, ns=(1, 1))
    store.write(FRAME.reverse(), TABLE, path)
    assert path.stat().st_mtime_ns == 1
    store.write(FRAME.fill_null(2), TABLE, path)
    assert path.stat().st_mtime_ns != 1


def test_a_frame_that_breaks_the_declaration_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    store.write(FRAME, TABLE, path)
    with pytest.raises(ConformError, match="type Float64, declared integer"):
        store.write(FRAME.cast({"n_persons": pl.Float64}), TABLE, path)
    assert store.read(path, TABLE).height == 2


def test_a_write_that_fails_leaves_no_part_and_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    store.write_json(path, {"a": 1})
    with pytest.raises(UnicodeEncodeError):
        store.write_json(path, {"a": "\ud800"})
    assert store.read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_missing_damaged_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    for refused in (store.facts, lambda p: store.read(p, TABLE)):
        path.unlink(missing_ok=True)
        with pytest.raises(EditionError, match="fcm refresh"):
            refused(path)
        path.write_bytes(b"PAR1 but no more")
        with pytest.raises(EditionError, match="not a readable table of the working home"):
            refused(path)
    FRAME.write_parquet(path)
    with pytest.raises(EditionError, match="an older version wrote it"):
        store.facts(path)
    store.write_frame(FRAME.rename({"key": "other"}), path)
    with pytest.raises(EditionError, match=r"columns of core\.x"):
        store.read(path, TABLE)
    store.write_frame(FRAME, path)
    assert store.read_frame(path).equals(FRAME)


def test_a_table_with_any_bit_changed_is_absent_and_is_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store, "WRITER_SECONDS", 0)
    path = store.write(FRAME, TABLE, tmp_path / "x.parquet").path
    whole, seal = path.read_bytes(), store.seal_path(path).read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert not store.holds(path, TABLE)
        for refused in (store.facts, lambda p: store.read(p, TABLE)):
            with pytest.raises(EditionError, match="fcm refresh"):
                refused(path)
    store.write(FRAME, TABLE, path)
    assert path.read_bytes() == whole
    assert "x.parquet is damaged: it is made again" in caplog.text
    for at in range(0, len(seal), 5):
        changed = seal[:at] + bytes([seal[at] ^ 1]) + seal[at + 1 :]
        store.seal_path(path).write_bytes(changed)
        assert not store.holds(path, TABLE) or json.loads(changed) == json.loads(seal)


def test_a_file_in_the_place_of_another_is_damaged(tmp_path: Path) -> None:
    one = store.write(FRAME, TABLE, tmp_path / "one" / "x.parquet").path
    two = store.write(FRAME.fill_null(2), TABLE, tmp_path / "two" / "x.parquet").path
    assert store.holds(two, TABLE, store.facts(two).content_hash)
    assert not store.holds(two, TABLE, store.facts(one).content_hash)
    for path in (two, store.seal_path(two)):
        path.write_bytes((one.parent / path.name).read_bytes())
    assert not store.holds(two, TABLE)  # file and seal belong together, and elsewhere


def test_a_sealed_note_is_read_whole_and_in_its_place_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a" / "x.json"
    store.write_note(path, {"b": "Türkiye", "a": (1,)})
    assert store.read_note(path) == {"b": "Türkiye", "a": [1]}
    assert store.read_note(path, of="another") is None
    text = path.read_bytes()
    for at in range(0, len(text), 3):
        path.write_bytes(text[:at] + bytes([text[at] ^ 4]) + text[at + 1 :])
        assert store.read_note(path) in (None, {"b": "Türkiye", "a": [1]})
    for body in (b"", b"[]", b"{}", b"\xff", text[:-9], b"[" * 100_000):
        path.write_bytes(body)
        assert store.read_note(path) is None


cells = st.one_of(st.none(), st.text(st.characters(codec="utf-8", exclude_characters="\x00")))


@settings(deadline=None, max_examples=60)
@given(st.lists(cells, min_size=1, max_size=4), st.lists(cells, min_size=1, max_size=4))
def test_the_fingerprint_is_equal_exactly_when_the_content_is(
    one: list[str | None], other: list[str | None]
) -> None:
    frames = [pl.DataFrame({"t": c}, schema={"t": pl.String}) for c in (one, other)]
    same = store.content_hash(frames[0]) == store.content_hash(frames[1])
    assert same == (one == other)


def test_the_fingerprint_tells_null_from_empty_types_and_names() -> None:
    frames = [
        pl.DataFrame({"t": [""]}),
        pl.DataFrame({"t": [None]}, schema={"t": pl.String}),
        pl.DataFrame({"t": ["1"]}),
        pl.DataFrame({"t": [1]}),
        pl.DataFrame({"t": [1.0]}),
        pl.DataFrame({"u": [1]}),
        pl.DataFrame({"t": [1, 2]}),
        pl.DataFrame({"t": [2, 1]}),
    ]
    assert len({store.content_hash(frame) for frame in frames}) == len(frames)


def test_the_fingerprint_is_the_same_on_every_machine() -> None:
    frame = pl.DataFrame({"t": ["a", None], "n": [1, 2], "x": [0.1, 1e300]})
    digest = "f2899bbba2f3d7c8218e5b8dd3622f05d65d01fb65d7875844206986be5ed55d"
    assert store.content_hash(frame) == digest
    assert store.content_hash(frame.rechunk()) == digest


def test_json_notes_are_sorted_and_keep_their_letters(tmp_path: Path) -> None:
    store.write_json(tmp_path / "x.json", {"b": "Türkiye", "a": [1]})
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert text == '{\n "a": [\n  1\n ],\n "b": "Türkiye"\n}\n'
    assert json.loads(text) == {"a": [1], "b": "Türkiye"}


def test_half_written_files_are_cleaned_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / f".x.parquet.123{store.PART}").write_bytes(b"")
    (tmp_path / "a" / "x.parquet").write_bytes(b"")
    assert store.clean(tmp_path) == 1
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["x.parquet"]
