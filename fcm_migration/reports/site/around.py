"""What all pages of the site share: the edition, its look, and what surrounds a page."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from fcm_migration.publish.query import Connection, EditionNote
from fcm_migration.reports.pages import rendered, style
from fcm_migration.reports.site.downloads import Downloads

if TYPE_CHECKING:
    from markupsafe import Markup

HERE = "fcm_migration.reports.site"
RELEASES = "SELECT min(as_of_date), max(as_of_date) FROM meta.sources"


@dataclass(frozen=True)
class Brief:
    """A brief of the folder.

    Attributes:
        file: its address, seen from the start page.
        code: of its country; None for the one of all.
    """

    file: str
    code: str | None


@dataclass(frozen=True)
class Site:
    """What a page is made of.

    Attributes:
        connection: the edition.
        downloads: the files for other tools.
        briefs: those that were made.
    """

    connection: Connection
    downloads: Downloads
    briefs: tuple[Brief, ...]

    @cached_property
    def edition(self) -> EditionNote:
        """Return which edition this is."""
        return self.connection.edition

    @cached_property
    def style(self) -> str:
        """Return the CSS of every page, that of the navigation included."""
        return style() + rendered(HERE, "navigation.css") + rendered(HERE, "site.css")

    @cached_property
    def policy(self) -> str:
        """Return the policy of a page without script: its own style, and nothing else."""
        digest = hashlib.sha256(self.style.encode()).digest()
        name = base64.b64encode(digest).decode()
        return f"default-src 'none'; style-src 'sha256-{name}'; base-uri 'none'; form-action 'none'"

    @cached_property
    def releases(self) -> tuple[date | None, date | None]:
        """Return the days of the oldest and of the newest release behind the figures."""
        first, last = self.connection.sql(RELEASES).row(0)
        return first, last

    def page(self, template: str, navigation: Markup, **context: object) -> str:
        """Return a page of a template of this package, with what surrounds every page."""
        return rendered(
            HERE,
            template,
            edition=self.edition,
            published=self.edition.published_at.date(),
            style=self.style,
            policy=self.policy,
            releases=self.releases,
            navigation=navigation,
            **context,
        )
