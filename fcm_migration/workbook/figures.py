"""Counts from texts: a text is a whole number or a declared mark; anything else is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fcm_migration.errors import LayoutError

if TYPE_CHECKING:
    import polars as pl

# Digits alone or grouped in threes by commas; any 18 digits fit a 64-bit integer.
_WHOLE = re.compile(r"[+-]?(?:[0-9]{1,18}|[0-9]{1,3}(?:,[0-9]{3}){1,5})")
_EXAMPLES = 3


@dataclass(frozen=True)
class Mark:
    """A text that a publisher prints instead of a number, and its meaning.

    Attributes:
        meaning: the publisher's own explanation.
        is_suppressed: True where a figure exists but is withheld.
        value: the count the mark stands for ("-" for zero), None where it stands for none.

    """

    meaning: str
    is_suppressed: bool = False
    value: int | None = None


@dataclass(frozen=True)
class Counts:
    """A column of counts.

    Attributes:
        values: Int64, null where a mark stands that has no value.
        marks: the mark's text as declared, null where a number stands.
        is_suppressed: True where the mark says that a figure is withheld.
        used: how often each mark was met.

    """

    values: pl.Series
    marks: pl.Series
    is_suppressed: pl.Series
    used: dict[str, int]


def parse_number(text: str, *, marks: Mapping[str, Mark]) -> tuple[int | None, Mark | None]:
    """Read one whole number (thousands commas allowed) or one declared mark.

    White space around the text is ignored; an empty cell is a mark too, so ``marks`` has to
    declare "" where cells may be empty. Raises LayoutError for every other text.
    """
    found = _parse(text, marks)
    if found is None:
        raise LayoutError(
            "neither a whole number nor a declared mark", expected=_declared(marks), got=repr(text)
        )
    return found


def parse_counts(
    texts: Sequence[str],
    *,
    marks: Mapping[str, Mark],
    where: str | None = None,
    first_row: int = 1,
) -> Counts:
    """Read a column of counts; ``first_row`` is the sheet's row of the first text, for messages.

    Raises LayoutError that lists every undeclared text with how often and where it was met.
    """
    import polars as pl

    met = Counter(texts)
    found = {text: _parse(text, marks) for text in met}
    unknown = {text for text, reading in found.items() if reading is None}
    if unknown:
        raise LayoutError(
            f"{len(unknown)} texts that are neither a whole number nor a declared mark",
            where=where,
            expected=_declared(marks),
            got=_examples(texts, met, unknown, first_row),
        )
    readings = {text: reading for text, reading in found.items() if reading is not None}
    used: dict[str, int] = {}
    names: dict[str, str | None] = {}
    for text, (_, mark) in readings.items():
        names[text] = None if mark is None else text.strip()
        if mark is not None:
            used[text.strip()] = used.get(text.strip(), 0) + met[text]
    hidden = {text: mark is not None and mark.is_suppressed for text, (_, mark) in readings.items()}
    return Counts(
        values=pl.Series("value", [readings[text][0] for text in texts], dtype=pl.Int64),
        marks=pl.Series("mark", [names[text] for text in texts], dtype=pl.String),
        is_suppressed=pl.Series("is_suppressed", [hidden[t] for t in texts], dtype=pl.Boolean),
        used=used,
    )


def _parse(text: str, marks: Mapping[str, Mark]) -> tuple[int | None, Mark | None] | None:
    stripped = text.strip()
    # Marks first: a publisher may declare a number ("-1", "9999") to mean "withheld".
    if (mark := marks.get(stripped)) is not None:
        return mark.value, mark
    if _WHOLE.fullmatch(stripped):
        return int(stripped.replace(",", "")), None
    return None


def _declared(marks: Mapping[str, Mark]) -> str:
    return f"a whole number or one of {sorted(marks)}"


def _examples(texts: Sequence[str], met: Counter[str], unknown: set[str], first_row: int) -> str:
    rows: dict[str, list[int]] = {text: [] for text in unknown}
    for number, text in enumerate(texts, start=first_row):
        if text in unknown and len(rows[text]) < _EXAMPLES:
            rows[text].append(number)
    ordered = sorted(unknown, key=lambda text: (-met[text], text))
    shown = [f"{text!r} x{met[text]} (rows {rows[text]})" for text in ordered[:10]]
    more = f" and {len(ordered) - 10} more" if len(ordered) > 10 else ""
    return ", ".join(shown) + more
