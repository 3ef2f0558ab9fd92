"""Calendar months out of the US federal fiscal year, which begins in October."""

from __future__ import annotations

import polars as pl

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def fiscal_month_start(fiscal_year: pl.Expr, month: pl.Expr) -> pl.Expr:
    """First day of a calendar month (1 to 12) of a US fiscal year.

    October to December lie in the calendar year before: October of FY2000 is 1999-10-01.
    """
    return pl.date(fiscal_year - (month >= 10).cast(pl.Int64), month, 1)
