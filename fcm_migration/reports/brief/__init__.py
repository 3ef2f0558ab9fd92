"""Briefs: one HTML file a country, or one of all five, to be read out, sent and printed.

A brief is layout. What it says are the views of the schema ``brief`` of the published file
(:mod:`fcm_migration.publish.brief_views`); :mod:`.reading` reads them, :mod:`.drawing` draws the
charts, :mod:`.page` fills the templates, and :mod:`.pdf` prints a page with Chromium.
"""

from fcm_migration.reports.brief.page import brief_page
from fcm_migration.reports.brief.pdf import print_pdf
from fcm_migration.reports.brief.writing import (
    Briefs,
    all_briefs,
    brief_file,
    default_name,
    write_brief,
    write_briefs,
)

__all__ = [
    "Briefs",
    "all_briefs",
    "brief_file",
    "brief_page",
    "default_name",
    "print_pdf",
    "write_brief",
    "write_briefs",
]
