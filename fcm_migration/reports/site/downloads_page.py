"""The page of downloads: the files, how to check them, and under which licences they stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fcm_migration.reports.pages import Row
from fcm_migration.reports.site.around import Site
from fcm_migration.reports.site.downloads import FOLDER

if TYPE_CHECKING:
    from markupsafe import Markup


def downloads_page(site: Site, navigation: Markup) -> str:
    """Return the page."""
    found = site.downloads
    return site.page(
        "downloads.html",
        navigation,
        folder=FOLDER,
        offers=found.offers,
        left_out=sum(offer.left_out for offer in found.offers),
        cited=_by_licence(found.used),
        refused=_by_licence(found.refused),
    )


def _by_licence(sources: Iterable[Row]) -> list[list[Row]]:
    """Return the sources of one publisher and licence together."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in sources:
        key = (row["publisher"], row["licence_title"], row["attribution"])
        groups.setdefault(key, []).append(row)
    return list(groups.values())
