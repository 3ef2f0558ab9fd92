"""The page of all sources, those not obtained included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fcm_migration.reports.site.around import Site

if TYPE_CHECKING:
    from markupsafe import Markup

EVERY = """
SELECT o.*, s.freshness, s.age_days FROM meta.sources o JOIN meta.status s USING (source_id)
ORDER BY o.publisher, o.title
"""
OBTAINED = {
    "download": "downloaded",
    "inbox": "brought by hand",
    "bundled": "ships with the project",
}
STATES = ("fresh", "stale", "discontinued", "never obtained")


def sources_page(site: Site, navigation: Markup) -> str:
    """Return the page."""
    rows: list[dict[str, Any]] = site.connection.sql(EVERY).rows(named=True)
    by_publisher: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_publisher.setdefault(row["publisher"], []).append(row)
    return site.page(
        "sources.html",
        navigation,
        groups=by_publisher,
        obtained=OBTAINED,
        counted={name: sum(row["freshness"] == name for row in rows) for name in STATES},
        number=len(rows),
    )
