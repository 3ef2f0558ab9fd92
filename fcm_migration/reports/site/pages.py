"""The pages of the site in the order of the navigation. Another page is one more line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcm_migration.reports.explorer import explorer_page
from fcm_migration.reports.pages import rendered
from fcm_migration.reports.site.around import HERE, Site
from fcm_migration.reports.site.changes import changes_page
from fcm_migration.reports.site.definitions import definitions_page
from fcm_migration.reports.site.downloads_page import downloads_page
from fcm_migration.reports.site.index import index_page
from fcm_migration.reports.site.record import record_page
from fcm_migration.reports.site.sources import sources_page

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True)
class Page:
    """A page of the site.

    Attributes:
        file: its name in the folder.
        name: in the navigation.
        about: what is found there, in a sentence, for the start page.
        make: returns its HTML, given the site and the navigation with this page marked.
    """

    file: str
    name: str
    about: str
    make: Callable[[Site, Markup], str]


def _start(site: Site, navigation: Markup) -> str:
    return index_page(site, navigation, PAGES[1:])


def _explorer(site: Site, navigation: Markup) -> str:
    look = rendered(HERE, "navigation.css")
    return explorer_page(site.connection, style=look, navigation=navigation)


PAGES = (
    Page("index.html", "Start", "Newest figures and briefs.", _start),
    Page(
        "explorer.html",
        "Explorer",
        "Every series of the five countries, with forecast, alerts and earlier releases: choose, "
        "compare, save.",
        _explorer,
    ),
    Page(
        "record.html",
        "Record",
        "How good forecasts and alerts have been, in good years and in bad ones.",
        record_page,
    ),
    Page(
        "sources.html",
        "Sources",
        "Every source: publisher, licence, release, and how old its figures are.",
        sources_page,
    ),
    Page(
        "definitions.html",
        "Definitions",
        "What each figure counts, in which unit, and what it must not be compared with.",
        definitions_page,
    ),
    Page("changes.html", "Changes", "What changed since the edition before.", changes_page),
    Page(
        "downloads.html",
        "Downloads",
        "Figures, forecasts and alerts as CSV and Parquet, with their licences.",
        downloads_page,
    ),
)


def navigation(current: str) -> Markup:
    """Return the links to all pages, the current one marked.

    Args:
        current: file of the page they stand on.
    """
    from markupsafe import Markup

    # made by a template that escapes
    return Markup(rendered(HERE, "navigation.html", pages=PAGES, current=current))  # noqa: S704
