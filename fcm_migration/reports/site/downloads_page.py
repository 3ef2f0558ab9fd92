"""The page of downloads: the files, how to check them, and under which licences they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fcm_migration.reports.brief.page import cited
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
        cited=cited(found.used),
        refused=cited(found.refused),
    )
