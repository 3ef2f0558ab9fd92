"""The bundled edition: written from a home, taken up by a fresh one, and told apart there."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from fcm_migration import store
from fcm_migration.catalog.model import Table
from fcm_migration.config import BUNDLED_DIR, Home
from fcm_migration.errors import UsageError
from fcm_migration.refresh.bundle import SIZE_LIMIT, write_bundle
from fcm_migration.refresh.bundled import CARD
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest, obtain
from fcm_migration.refresh.settling import settle_source
from fcm_migration.refresh.tables import warehouse_tables
from fcm_migration.sources import SOURCES
from tests.making import make
from tests.toy import TABLE, TOY, write_release
from tests.toy_home import give, rows, toy_context


def fresh(context: Context, tmp_path: Path) -> Context:
    """An empty home that stands on the bundle below ``tmp_path``."""
    return dataclasses.replace(
        context, home=Home(tmp_path / "fresh"), bundled_dir=tmp_path / "bundle"
    )


def test_a_fresh_home_stands_on_the_bundle_and_says_so(published: Context, tmp_path: Path) -> None:
    lines = list(write_bundle(published, tmp_path / "bundle"))
    assert lines == ["toy: 0.00 MB", "in all 0.00 MB"]
    context = fresh(published, tmp_path)
    assert obtain(context, TOY).outcome == "offline"
    settle_source(context, TOY)
    core = store.read(context.home.table("core", "toy_claims"), core_table(context))
    before = store.read(published.home.table("core", "toy_claims"), core_table(published))
    assert core.select(TABLE.column_names).equals(before.select(TABLE.column_names))
    assert set(core["obtained"]) == {"bundled"}
    assert core["as_of_date"].unique().to_list() == before["as_of_date"].unique().to_list()
    flows = store.facts(make(context, "harmonise")["mart.flows"].path)
    assert flows.rows == store.facts(published.home.table("mart", "flows")).rows
    (snapshot,) = context.archive.snapshots("toy")
    assert snapshot.note.startswith("bundled edition: ")


def core_table(context: Context) -> Table:
    return warehouse_tables(context.sources)["core.toy_claims"]


def test_a_download_newer_than_the_bundle_takes_its_place(
    published: Context, tmp_path: Path
) -> None:
    list(write_bundle(published, tmp_path / "bundle"))
    context = fresh(published, tmp_path)
    obtain(context, TOY)
    ingest(context, TOY, [write_release(tmp_path / "in", "2024-05-01", rows("9"))])
    settle_source(context, TOY)
    core = store.read(context.home.table("core", "toy_claims"), core_table(context))
    assert (core["claims_persons"].max(), set(core["obtained"])) == (9, {"inbox"})


def test_the_newest_release_is_the_one_bundled(own_home: Context, tmp_path: Path) -> None:
    give(own_home, "2024-04-01", last="7")
    list(write_bundle(own_home, tmp_path / "bundle"))
    (folder,) = (tmp_path / "bundle" / "toy").iterdir()
    card = store.read_json(folder / CARD)
    assert (folder.name, card["as_of"]) == ("2024-04-01", "2024-04-01")
    assert card["tables"]["toy_claims"]["rows"] == 63
    assert card["attribution"] == TOY.licence.attribution


def test_releases_with_moving_windows_ship_as_long_as_their_rows_stand(
    tmp_path: Path,
) -> None:
    """The first release alone has January, the last February and March; the second adds nothing."""
    moving = dataclasses.replace(TOY, rolling_by="month_start_date")
    context = dataclasses.replace(toy_context(tmp_path), sources=(moving,))
    windows = {
        "2024-03-05": [("2024-01", "Chad", "3"), ("2024-02", "Chad", "1")],
        "2024-03-20": [("2024-02", "Chad", "5")],
        "2024-04-10": [("2024-02", "Chad", "6"), ("2024-03", "Chad", "7")],
    }
    for day, given in windows.items():
        ingest(context, moving, [write_release(tmp_path / "in", day, given)])
    list(write_bundle(context, tmp_path / "bundle"))
    folders = sorted(path.name for path in (tmp_path / "bundle" / "toy").iterdir())
    assert folders == ["2024-03-05", "2024-04-10"]
    taken = fresh(context, tmp_path)
    obtain(taken, moving)
    settle_source(taken, moving)
    core = store.read(taken.home.table("core", "toy_claims"), core_table(taken))
    assert core.sort("month_start_date").get_column("claims_persons").to_list() == [3, 6, 7]


def test_a_new_bundle_takes_the_place_of_the_old_one(own_home: Context, tmp_path: Path) -> None:
    list(write_bundle(own_home, tmp_path / "bundle"))
    list(write_bundle(own_home, tmp_path / "bundle"))
    assert [path.name for path in (tmp_path / "bundle" / "toy").iterdir()] == ["2024-01-15"]
    context = fresh(own_home, tmp_path)
    obtain(context, TOY)
    list(write_bundle(context, tmp_path / "again"))
    (card,) = (tmp_path / "again").glob(f"toy/2024-01-15/{CARD}")
    assert store.read_json(card)["described"] == "by hand"


def test_what_may_not_be_shipped_is_left_out(published: Context, tmp_path: Path) -> None:
    closed = dataclasses.replace(TOY, licence=dataclasses.replace(TOY.licence, bundled=False))
    context = dataclasses.replace(published, sources=(closed,))
    lines = list(write_bundle(context, tmp_path / "bundle"))
    assert lines[0] == "toy: left out, its licence does not allow shipping"
    assert not (tmp_path / "bundle").exists()


def test_a_source_without_a_release_is_left_out_and_said(tmp_path: Path) -> None:
    lines = list(write_bundle(toy_context(tmp_path), tmp_path / "bundle"))
    assert lines == ["toy: left out, there is no release of it yet", "in all 0.00 MB"]


def test_the_bundle_may_not_grow_beyond_its_limit(published: Context, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the bundle is too large; expected 100 bytes"):
        list(write_bundle(published, tmp_path / "bundle", limit=100))


def test_the_bundle_of_this_checkout_is_whole_and_small() -> None:
    assert SIZE_LIMIT == 20_000_000
    files = [path for path in BUNDLED_DIR.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= SIZE_LIMIT
    bundled = [s for s in SOURCES if (BUNDLED_DIR / s.source_id).is_dir()]
    assert {path.name for path in BUNDLED_DIR.iterdir()} == {s.source_id for s in bundled}
    assert len(bundled) == 24
    for source in bundled:
        assert source.licence.bundled
        folders = sorted((BUNDLED_DIR / source.source_id).iterdir())
        assert len(folders) == 1 or source.rolling_by is not None
        for folder in folders:
            card = store.read_note(folder / CARD, of=source.source_id)
            assert card is not None
            assert folder.name.startswith(card["as_of"])
            assert set(card["tables"]) == {table.name for table in source.tables}
            for table in source.tables:
                path = folder / f"{table.name}.parquet"
                frame = store.parse(path.read_bytes(), table, path)
                stated = card["tables"][table.name]
                assert stated["sha256"] == store.sha256_file(path)
                assert (frame.height, store.content_hash(frame)) == (
                    stated["rows"],
                    stated["content_hash"],
                )
