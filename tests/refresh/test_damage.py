"""Damage in a home: tables are made again, damaged originals named, and none is published."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from fcm_migration import originals, store
from fcm_migration.archive.damage import damaged_bytes
from fcm_migration.archive.releases import take, usable_releases
from fcm_migration.cli import main
from fcm_migration.errors import DamagedError, KnownRefusalError
from fcm_migration.publish.editions import list_editions, verify
from fcm_migration.refresh.bundle import write_bundle
from fcm_migration.refresh.checking import _context_path
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest, obtain
from fcm_migration.refresh.originals import damaged_originals
from fcm_migration.refresh.review import discard, quarantined
from fcm_migration.refresh.run import refresh
from fcm_migration.refresh.settling import settle_source
from tests.sources.fake_get import FakeGet
from tests.toy import TOY, write_release

ROWS = [("2024-01", "Chad", "450"), ("2024-01", "Peru", "3")]
# none of them leads to a step that takes long
ONE_OF_A_KIND = (
    "core/toy_claims.parquet",
    "core/releases/*/*/*/parsed.json",
    "history/.toy_claims.parquet.seal",
    "mart/parts/toy/flows.parquet",
    "meta/attempts.parquet",
    "cache/steps/drivers.json",
    "checks/core.toy_claims.json",
    "published/editions/*.json",
    "published/editions/*.duckdb",
)
DERIVED = ("core", "history", "mart", "forecast", "trend", "meta", "checks", "cache", "published")


def flip(path: Path, at: int | None = None) -> None:
    """Change one bit in the middle of a file, or at a place."""
    body = bytearray(path.read_bytes())
    body[len(body) // 2 if at is None else at] ^= 1
    path.chmod(0o644)
    path.write_bytes(body)


def derived(context: Context, patterns: Sequence[str]) -> list[Path]:
    """Return the files that a refresh makes; the published one once, by its edition's name."""
    found = [path for pattern in patterns for path in context.home.root.glob(pattern)]
    return [p for p in found if p.is_file() and p.parent.name not in ("ledger", "published")]


@pytest.mark.parametrize(
    "patterns",
    [
        pytest.param(ONE_OF_A_KIND, id="one of a kind"),
        pytest.param([f"{name}/**/*" for name in DERIVED], marks=pytest.mark.torture, id="every"),
    ],
)
def test_one_refresh_makes_every_damaged_derived_file_again(
    own_home: Context, patterns: Sequence[str]
) -> None:
    """Tables, stamps, seals, check reports and editions at once, one bit in each."""
    (before,) = list_editions(own_home.home.published_dir)
    struck = derived(own_home, patterns)
    assert len(struck) >= len(ONE_OF_A_KIND)
    for path in struck:
        flip(path)
    damaged = {path: path.read_bytes() for path in struck}
    after = refresh(own_home).edition
    assert after.content_hash == before.content_hash
    assert after.tables["mart.series"] == before.tables["mart.series"]
    assert verify(own_home.home.published_dir).rows > 0
    assert [p for p, now in damaged.items() if p.exists() and p.read_bytes() == now] == []


@pytest.fixture
def archived(context: Context, tmp_path: Path) -> Context:
    """A home with one release brought by hand, parsed."""
    ingest(context, TOY, [write_release(tmp_path, "2024-03-01", ROWS)])
    return context


def blob(context: Context) -> Path:
    (path,) = context.home.archive.glob("blobs/*/*")
    return path


def used(context: Context) -> int:
    return len(usable_releases(context.home, context.archive, TOY))


def forget_parsed(context: Context) -> None:
    shutil.rmtree(context.home.core)


def test_damaged_bytes_are_never_parsed_and_are_named(archived: Context) -> None:
    body = blob(archived).read_bytes()
    blob(archived).write_bytes(body.replace(b"450", b"451"))
    assert used(archived) == 1  # what was parsed of the good bytes is sealed, and stands
    forget_parsed(archived)
    assert used(archived) == 0
    (held,) = quarantined(archived)
    assert (held.outcome, held.files) == ("damaged", (str(blob(archived)),))
    (told,) = settle_source(archived, TOY).set_aside
    assert str(blob(archived)) in told
    (listed,) = damaged_originals(archived)
    assert listed.path == blob(archived)
    assert "fcm ingest toy FILE --as-of 2024-03-01" in listed.remedy
    blob(archived).write_bytes(body)  # from a backup
    assert used(archived) == 1
    assert quarantined(archived) == []
    assert settle_source(archived, TOY).set_aside == ()


def test_the_same_file_brought_again_restores_its_bytes(archived: Context, tmp_path: Path) -> None:
    body = blob(archived).read_bytes()
    flip(blob(archived))
    forget_parsed(archived)
    assert used(archived) == 0
    outcome = ingest(archived, TOY, [write_release(tmp_path, "2024-03-01", ROWS)])
    assert outcome.outcome == "unchanged"
    assert (blob(archived).read_bytes(), used(archived)) == (body, 1)


def test_a_download_is_fetched_again(context: Context, tmp_path: Path) -> None:
    body = write_release(tmp_path, "2024-03-01", ROWS).read_bytes()
    online = dataclasses.replace(context, offline=False)

    class Client:
        get = staticmethod(FakeGet(tmp_path, lambda _: body))

    assert obtain(online, TOY, Client()).outcome == "ok"  # type: ignore[arg-type]
    blob(context).unlink()
    forget_parsed(context)
    (damage,) = damaged_bytes(context.archive, "toy")
    assert "fetches them again" in damage.remedy
    assert used(context) == 0
    assert obtain(online, TOY, Client()).outcome == "unchanged"  # type: ignore[arg-type]
    assert (blob(context).read_bytes(), used(context)) == (body, 1)


def test_a_release_whose_bytes_are_lost_for_good_is_discarded(archived: Context) -> None:
    blob(archived).unlink()
    discard(archived, archived.archive.snapshots("toy")[0].snapshot_id)
    assert list(damaged_originals(archived)) == []
    assert archived.archive.snapshots("toy") == []


def test_a_note_damaged_once_is_mended_by_the_next_look(archived: Context) -> None:
    (note,) = archived.home.archive.glob("snapshots/toy/*.json")
    whole = note.read_bytes()
    flip(note)
    assert used(archived) == 1
    obtain(archived, TOY)
    assert note.read_bytes() == whole


def test_a_note_lost_for_good_is_named_and_written_anew_when_the_file_comes(
    archived: Context, tmp_path: Path
) -> None:
    (note,) = archived.home.archive.glob("snapshots/toy/*.json")
    for copy in (note, originals.spare_of(note)):
        flip(copy)
    assert archived.archive.unreadable("toy") == [note.stem]
    assert "damaged" in "".join(settle_source(archived, TOY).set_aside)
    (listed,) = damaged_originals(archived)
    assert (listed.path, used(archived)) == (note, 0)
    ingest(archived, TOY, [write_release(tmp_path, "2024-03-01", ROWS)])
    assert (list(damaged_originals(archived)), used(archived)) == ([], 1)
    for copy in (note, originals.spare_of(note)):
        flip(copy)
    discard(archived, note.stem)
    assert (list(damaged_originals(archived)), used(archived)) == ([], 0)


def test_who_withdrew_a_release_may_be_lost_and_it_stays_unused(archived: Context) -> None:
    (snapshot,) = archived.archive.snapshots("toy")
    archived.archive.refuse(snapshot, outcome="withdrawn", detail="by Ann", parser="")
    (note,) = archived.home.archive.glob("snapshots/toy/*.refused")
    flip(note)
    assert (archived.archive.refusal(snapshot) or {})["detail"] == "by Ann"
    flip(originals.spare_of(note))
    assert used(archived) == 0
    with pytest.raises(KnownRefusalError, match="why it was set aside is lost"):
        take(archived.home, archived.archive, TOY, snapshot)
    assert [item.path for item in damaged_originals(archived)] == [note]


def test_a_damaged_bundled_edition_is_named_and_the_archives_copy_stands(
    published: Context, context: Context, tmp_path: Path
) -> None:
    list(write_bundle(published, tmp_path / "bundled"))
    obtain(context, TOY)
    (table,) = (tmp_path / "bundled").glob("toy/*/*.parquet")
    card = table.with_name("edition.json")
    for path in (table, card):
        whole = path.read_bytes()
        flip(path)
        (note,) = obtain(context, TOY).notes
        assert str(path) in note
        assert "git checkout data/bundled" in note
        assert [item.path for item in damaged_originals(context)] == [path]
        forget_parsed(context) if context.home.core.exists() else None
        assert used(context) == 1
        path.write_bytes(whole)
    flip(blob(context))
    forget_parsed(context)
    obtain(context, TOY)  # restores the archive's copy
    assert (used(context), obtain(context, TOY).notes) == (1, ())


def test_the_command_lists_damaged_originals(
    archived: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["verify", "--archive"], given=archived)
    assert capsys.readouterr().out == "every original of the archive is as it was kept\n"
    flip(blob(archived))
    with pytest.raises(SystemExit) as told:
        main(["verify", "--archive"], given=archived)
    assert told.value.code == 6
    assert f"{blob(archived)}: damaged or gone" in capsys.readouterr().out
    with pytest.raises(DamagedError, match="fcm verify --archive"):
        archived.archive.release_files(archived.archive.snapshots("toy")[0])
    assert store.sha256_file(blob(archived)) != blob(archived).name


def test_a_check_does_without_another_sources_table_that_is_damaged(own_home: Context) -> None:
    """It is made again later in the same refresh, and the check is repeated with it."""
    (declared,) = TOY.tables
    assert _context_path(own_home, declared.full_name, None) is not None
    path = own_home.home.table("core", declared.name)
    store.seal_path(path).unlink()
    assert _context_path(own_home, declared.full_name, None) is None
    refresh(own_home)
    assert _context_path(own_home, declared.full_name, None) is not None
