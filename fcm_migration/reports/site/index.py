"""The start page: what this is, the newest figures, and where to go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fcm_migration.catalog.wording import country_words
from fcm_migration.reports.brief.reading import country_names
from fcm_migration.reports.charts.labels import listed
from fcm_migration.reports.site.around import Site

if TYPE_CHECKING:
    from markupsafe import Markup

    from fcm_migration.reports.site.pages import Page

# the age of a figure says nothing of whether its publisher usually is as late; its source does
MAIN = """
SELECT m.*, s.is_overdue, s.state_words, n.words AS not_compared FROM brief.main_series m
LEFT JOIN brief.sources s USING (source_id, destination_iso3)
LEFT JOIN brief.not_compared n USING (destination_iso3, indicator)
ORDER BY m.destination
"""
EVERY = "SELECT * FROM main.newest_figures ORDER BY destination, age_months, what_is_counted"
ALL = "Their newest figures side by side, with what to mind before comparing."
FIRST = "SELECT destination_iso3, sentence FROM brief.sentences WHERE place = 1"


def index_page(site: Site, navigation: Markup, pages: Sequence[Page]) -> str:
    """Return the page; ``pages`` are those it describes and links."""
    connection = site.connection
    names = country_names(connection)
    first = dict(connection.sql(FIRST).iter_rows())
    briefs = [
        {
            "file": brief.file,
            "name": "All five countries, compared" if brief.code is None
            else country_words(brief.code, names),
            "sentence": first.get(brief.code, "") if brief.code else ALL,
        }
        for brief in sorted(site.briefs, key=lambda brief: brief.code is not None)
    ]  # fmt: skip
    known = dict(connection.sql("SELECT source_id, publisher FROM meta.sources").iter_rows())
    every: list[dict[str, Any]] = connection.sql(EVERY).rows(named=True)
    main = connection.sql(MAIN).rows(named=True)
    late = [row["destination_iso3"] for row in main if row["is_overdue"]]
    return site.page(
        "index.html",
        navigation,
        main=main,
        late_words=listed([country_words(code, names) for code in late]),
        every=every,
        countries=list(dict.fromkeys(row["destination"] for row in every)),
        briefs=briefs,
        known=known,
        pages=pages,
    )
