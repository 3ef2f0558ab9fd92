"""The page on coverage says what the bundled edition covers."""

from __future__ import annotations

from fcm_migration.config import PROJECT_ROOT
from fcm_migration.marts.coverage import coverage_page
from fcm_migration.query import Connection


def test_the_page_is_current(bundled: Connection) -> None:
    """Mend with: fcm refresh --offline into an empty home, then fcm coverage --out the page."""
    made = coverage_page(bundled.sql("FROM meta.coverage"), bundled.sql("FROM meta.gaps"))
    assert (PROJECT_ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == made
