"""The page of what changed since the edition before, as the view ``changes`` says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fcm_migration.changes import HEADINGS
from fcm_migration.reports.site.around import Site

if TYPE_CHECKING:
    from markupsafe import Markup

VIEW = "changes"
HAS = "SELECT count(*) > 0 FROM duckdb_views() WHERE schema_name = 'main' AND view_name = '{view}'"
ROWS = """
SELECT c.kind, c.source_id, c.destination, c.sentence, s.title, s.publisher, s.as_of_date
FROM (SELECT kind, source_id, destination, sentence, row_number() OVER () AS place
      FROM main.changes) c
LEFT JOIN meta.sources s USING (source_id)
ORDER BY c.place
"""
NOTHING = ("nothing", "first_edition")


def changes_page(site: Site, navigation: Markup) -> str:
    """Return the page; of an edition without that view it says that nothing was kept."""
    is_kept = bool(site.connection.sql(HAS.format(view=VIEW)).item())
    rows: list[dict[str, Any]] = site.connection.sql(ROWS).rows(named=True) if is_kept else []
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        if row["kind"] not in NOTHING:
            groups.setdefault(HEADINGS[row["kind"]], []).append(row)
    return site.page(
        "changes.html",
        navigation,
        is_kept=is_kept,
        nothing=[row["sentence"] for row in rows if row["kind"] in NOTHING],
        groups=groups,
    )
