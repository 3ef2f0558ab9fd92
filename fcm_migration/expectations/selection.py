"""The small vocabulary suites use to pick rows and to group them.

``where`` maps a column to a value, a list of values, or ``{"not": value}`` / ``{"not": [...]}``;
dates are written YYYY-MM-DD. ``by`` lists columns, or ``"name = function(column)"`` with one of
the functions of :data:`FUNCTIONS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.errors import UsageError

Where = Mapping[str, Any]

GROUPING = re.compile(r"^(?P<name>\w+) = (?P<function>\w+)\((?P<column>\w+)\)$")
FUNCTIONS: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "year": lambda day: day.dt.year().cast(pl.Int64),
    # a quarter is named by its first day
    "quarter": lambda day: day.dt.truncate("1q"),
    # US fiscal years begin on 1 October and bear the number of the year they end in
    "fiscal_year": lambda day: day.dt.offset_by("3mo").dt.year().cast(pl.Int64),
    # weeks run Monday to Sunday and are named by their Sunday
    "week_ending": lambda day: day.dt.offset_by((7 - day.dt.weekday()).cast(pl.String) + "d"),
}


def chosen(frame: pl.DataFrame, where: Where | None) -> pl.DataFrame:
    """Return the rows that ``where`` picks."""
    for column, wanted in (where or {}).items():
        negated = isinstance(wanted, Mapping)
        values = wanted["not"] if isinstance(wanted, Mapping) else wanted
        values = values if isinstance(values, list) else [values]
        if frame.schema[column] == pl.Date:
            values = [date.fromisoformat(value) for value in values]
        inside = pl.col(column).is_in(values)
        frame = frame.filter(~inside if negated else inside)
    return frame


def grouping(by: Iterable[str]) -> list[pl.Expr]:
    """Return the expressions to group by, each under its name."""
    return [_expression(entry) for entry in by]


def names(by: Iterable[str]) -> list[str]:
    """Return the names of the groups' columns."""
    return [entry.split(" = ")[0] for entry in by]


def _expression(entry: str) -> pl.Expr:
    if " = " not in entry:
        return pl.col(entry)
    found = GROUPING.match(entry)
    if found is None or found["function"] not in FUNCTIONS:
        raise UsageError(
            "cannot group by this",
            got=entry,
            expected=f"a column, or name = function(column) with one of {sorted(FUNCTIONS)}",
        )
    return FUNCTIONS[found["function"]](pl.col(found["column"])).alias(found["name"])


def typed(rows: Sequence[Mapping[str, Any]], like: pl.DataFrame) -> pl.DataFrame:
    """Return JSON objects as rows, dates parsed, columns known to ``like`` in its types."""
    frame = pl.DataFrame(rows)
    casts = [
        pl.col(name).str.to_date() if like.schema[name] == pl.Date else pl.col(name)
        for name in frame.columns
        if name in like.columns
    ]
    frame = frame.with_columns(casts)
    return frame.cast({n: t for n, t in like.schema.items() if n in frame.columns})
