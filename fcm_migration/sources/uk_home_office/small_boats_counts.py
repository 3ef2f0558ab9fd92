"""Shared by the weekly file and the daily page on small boats: columns, checks, draft flows."""

from __future__ import annotations

import polars as pl

from fcm_migration.catalog.model import Column
from fcm_migration.errors import LayoutError
from fcm_migration.sources.drafts import draft
from fcm_migration.workbook import Mark

MARKS = {"-": Mark("not collected in this period")}
UNCONTROLLED = Column(
    "uncontrolled_landing_boats",
    "integer",
    "Of the boats, those recorded as arriving without interception; null where not collected "
    "(before 2023).",
    unit="boats",
    nullable=True,
    minimum=0,
)
ARRIVALS = Column(
    "arrivals_persons", "integer", "People detected arriving.", unit="persons", minimum=0
)
BOATS = Column("boats", "integer", "Boats in which they arrived.", unit="boats", minimum=0)
NOTE = Column("note", "string", "The publisher's remark, such as Revised; empty if none.")
INDICATORS = {"small_boat_arrivals": "arrivals_persons", "small_boats": "boats"}


def refuse_more_boats(frame: pl.DataFrame, what: str, where: str) -> None:
    """Refuse periods with fewer people than boats: two labels were swapped.

    A boat brings at least one person; ``what`` names the periods in the message, after ``{n}``.
    """
    odd = frame.filter(pl.col("arrivals_persons") < pl.col("boats"))
    if not odd.is_empty():
        raise LayoutError(what.format(n=odd.height), where=where, got=odd.row(0))


def channel_draft(
    frame: pl.DataFrame,
    indicator: str,
    column: str,
    frequency: str,
    period: str,
    *,
    is_partial: bool | pl.Expr = False,
) -> pl.DataFrame:
    """Return draft rows of a column of figures on the Channel; months are sums of ours."""
    return draft(
        frame,
        indicator=indicator,
        destination_iso3="GBR",
        route="english_channel",
        frequency=frequency,
        period_start=pl.col(period),
        value=pl.col(column),
        is_derived=frequency == "M",
        is_partial=is_partial,
    )
