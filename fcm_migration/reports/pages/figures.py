"""A chart on a page: drawn twice, for a page's column and for a phone, in the reader's colours."""

from __future__ import annotations

from dataclasses import dataclass

from fcm_migration.reports.charts import Chart, svg
from fcm_migration.reports.pages.templating import Row


@dataclass(frozen=True)
class Figure:
    """A chart on a page.

    Attributes:
        title: what is to be seen, in a sentence.
        wide: SVG for a page's column; empty where the narrow one serves everywhere.
        narrow: SVG for a phone or half a column.
        rows: the figures behind it.
    """

    title: str
    wide: str
    narrow: str
    rows: tuple[Row, ...]


def drawn(wide: Chart | None, narrow: Chart) -> Figure:
    """Return a chart as a figure of a page, with a wide drawing where there is one."""
    return Figure(
        narrow.title,
        "" if wide is None else svg(wide, None, titled=False),
        svg(narrow, None, titled=False),
        tuple(narrow.figures.rows(named=True)),
    )
