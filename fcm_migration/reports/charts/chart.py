"""What a chart is: a specification, what it shows in words, and the figures behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.labels import harmless

WIDE, NARROW = 760, 340  # pixels: a page's column, and a phone or half a printed column


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart, declared once and drawn anywhere.

    Attributes:
        title: what is to be seen, in a sentence.
        subtitle: unit, "as of" and source.
        words: alternative text: one or two plain sentences with the figures.
        figures: the figures behind the chart, a row per drawn period or bar.
        spec: Vega-Lite. Colours are CSS variables (:mod:`.palette`), which a renderer replaces
            and a page may keep.
    """

    title: str
    subtitle: str
    words: str
    figures: pl.DataFrame = field(repr=False)
    spec: dict[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        """Make the texts harmless: names in them come from publishers."""
        for name in ("title", "subtitle", "words"):
            object.__setattr__(self, name, harmless(getattr(self, name)))

    @property
    def markdown_words(self) -> str:
        """Return the alternative text as it may stand in the brackets of an image in Markdown."""
        return self.words.translate(str.maketrans("[]", "()"))


@dataclass(frozen=True)
class Mark:
    """A date to be marked: a policy, or a span in which figures were counted otherwise.

    Attributes:
        day: its day, or the first one.
        words: what happened.
        last: the last day of a span; None for a date.
        short: a few words to stand beside the date in the drawing; else it is numbered there, and
            explained below.
    """

    day: date
    words: str
    last: date | None = None
    short: str = ""


def require(frame: pl.DataFrame, columns: Mapping[str, type[pl.DataType]], where: str) -> None:
    """Refuse a frame that a chart cannot be drawn from.

    Args:
        frame: the input.
        columns: needed columns; a type of numbers takes whole numbers for fractions.
        where: which input, for the message.

    Raises:
        UsageError: a column is missing or has another type.
    """
    lacking = [name for name in columns if name not in frame.columns]
    other = {
        name: str(frame.schema[name])
        for name, dtype in columns.items()
        if name not in lacking and not _fits(frame.schema[name], dtype)
    }
    if lacking or other:
        raise UsageError(
            "a chart cannot be drawn from these figures",
            where=where,
            expected={name: dtype.__name__ for name, dtype in columns.items()},
            got={"missing": lacking, "other types": other},
        )


def _fits(dtype: pl.DataType, wanted: type[pl.DataType]) -> bool:
    if wanted is pl.Float64:
        return dtype.is_numeric() or dtype == pl.Null
    return dtype in (wanted, pl.Null)
