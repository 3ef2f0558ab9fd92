"""Guarded reading of spreadsheets and text tables: strings first, figures second.

A publisher's file is read as text, cell by cell (:func:`read_workbook`, :func:`read_csv_text`), the
header is found by its labels (:func:`find_header`), and only then do texts become numbers, where
every text that is no number must be a declared :class:`Mark` (:func:`parse_counts`). Libraries
that guess a column's type from its first rows turn a later "*" into a silent null; this one does
not guess. A hostile or broken file ends in :class:`~fcm_migration.errors.UnsafeFileError`, never
in a dead or stuck process.
"""

from fcm_migration.workbook.document import Document, newest_document, read_document
from fcm_migration.workbook.figures import Counts, Mark, parse_counts, parse_number
from fcm_migration.workbook.layout import (
    find_header,
    normalise,
    normalise_all,
    pick_columns,
    read_csv_text,
)
from fcm_migration.workbook.model import DEFAULT_LIMITS, Limits, Row, Sheet
from fcm_migration.workbook.pages import Page, PageTable, read_page, read_whole_page
from fcm_migration.workbook.reader import read_workbook
from fcm_migration.workbook.template import TOTAL_LABEL, CountTemplate, day_in_name, read_counts

__all__ = [
    "DEFAULT_LIMITS",
    "TOTAL_LABEL",
    "CountTemplate",
    "Counts",
    "Document",
    "Limits",
    "Mark",
    "Page",
    "PageTable",
    "Row",
    "Sheet",
    "day_in_name",
    "find_header",
    "newest_document",
    "normalise",
    "normalise_all",
    "parse_counts",
    "parse_number",
    "pick_columns",
    "read_counts",
    "read_csv_text",
    "read_document",
    "read_page",
    "read_whole_page",
    "read_workbook",
]
