"""Cleaning up after a killed run stays inside the home."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcm_migration.archive.releases import remove_older
from fcm_migration.errors import LinkError
from fcm_migration.publish import clean as clean_published
from fcm_migration.refresh import publishing
from fcm_migration.refresh.context import Context
from tests.toy import TOY


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Somebody else's folder: what lies in it has the names of what a killed run leaves."""
    made = tmp_path / "outside"
    for name in ("a.duckdb", "b.json", "x.fcm-part", "editions/c.duckdb", "project/file"):
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("precious")
    return made


@pytest.mark.parametrize("linked", ["tmp", "published", "published/editions", "core", "core/x"])
def test_a_link_is_never_followed_by_a_deletion(
    context: Context, outside: Path, linked: str
) -> None:
    link = context.home.root / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    with pytest.raises(LinkError, match="put a folder in its place"):
        publishing.clean(context)
    if linked.startswith("published"):
        with pytest.raises(LinkError):
            clean_published(context.home.published_dir)
    assert len([path for path in outside.rglob("*") if path.is_file()]) == 5
    link.unlink()
    link.mkdir()
    publishing.clean(context)


def test_a_link_among_parsed_releases_is_removed_itself(context: Context, outside: Path) -> None:
    releases = context.home.core / "releases" / "toy"
    (releases / "2024-03-01_x" / "older").mkdir(parents=True)
    (releases / "linked").symlink_to(outside)
    (releases / "stray").write_text("")
    remove_older(context.home, TOY)
    assert [path.name for path in releases.rglob("*")] == ["2024-03-01_x"]
    assert (outside / "project" / "file").exists()
