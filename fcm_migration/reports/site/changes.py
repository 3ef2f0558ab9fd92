"""The page of what changed since the edition before, as the view ``changes`` says it."""

# ruff: noqa: S608  (SQL of our own)
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fcm_migration.changes import HEADINGS
from fcm_migration.publish.change_views import CODE
from fcm_migration.reports.site.around import Site

if TYPE_CHECKING:
    from markupsafe import Markup

VIEW = "changes"
HAS = "SELECT count(*) > 0 FROM duckdb_views() WHERE schema_name = 'main' AND view_name = '{view}'"
ROWS = f"""
SELECT c.kind, regexp_replace(c.sentence, '{CODE}', '', 'g') AS sentence, s.title, c.as_of_date,
       c.old_edition_id, c.old_published_at
FROM main.changes c LEFT JOIN meta.sources s USING (source_id)
ORDER BY c.line
"""
NOTHING = ("nothing", "first_edition")


def changes_page(site: Site, navigation: Markup) -> str:
    """Return the page; of an edition without that view it says that nothing was kept."""
    is_kept = bool(site.connection.sql(HAS.format(view=VIEW)).item())
    rows: list[dict[str, Any]] = site.connection.sql(ROWS).rows(named=True) if is_kept else []
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["kind"] not in NOTHING:
            groups.setdefault(HEADINGS.get(row["kind"], "Other"), []).append(row)
    return site.page(
        "changes.html",
        navigation,
        is_kept=is_kept,
        nothing=[row["sentence"] for row in rows if row["kind"] in NOTHING],
        groups=groups,
        before=next(iter(rows), None),
    )
