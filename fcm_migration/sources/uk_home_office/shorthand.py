"""The shorthand that UK public bodies are asked to use in tables of statistics.

A mark in brackets stands in place of a figure ([c], [x], [z], [low]) or beside a figure, a label or
a heading ([r] revised, [p] provisional, [note 3]). Those in place of a figure are declared marks;
those beside are taken out before anything is compared or counted, and kept as remarks. Any other
text in brackets where a figure is expected is refused. Source: Government Analysis Function,
"Symbols in tables".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import polars as pl

from fcm_migration.workbook import Mark, Row

WITHHELD = "[c]"
# "[low]" rounds to zero and is not zero. These datasets print exact counts, so nobody can say how
# many it stands for: it has no value, and a sum with it is unknown.
SHORTHAND = {
    WITHHELD: Mark("confidential", is_suppressed=True),
    "[x]": Mark("not available"),
    "[z]": Mark("not applicable"),
    "[low]": Mark("rounds to zero but is not zero"),
}
_NUMBER = r"\d+[a-z]?"
_REMARK = re.compile(
    rf"\s*\[(?:r|p|notes?\s*{_NUMBER}(?:(?:\s*,\s*|\s+and\s+|\s*,\s*notes?\s*){_NUMBER})*)\]",
    re.IGNORECASE,
)


def without_remarks(text: str) -> tuple[str, tuple[str, ...]]:
    """Return a cell's text without its remarks, and the remarks: "[r]", "[note 3]"."""
    if "[" not in text:
        return text, ()
    found = tuple(match.group().strip() for match in _REMARK.finditer(text))
    return (_REMARK.sub("", text).strip(), found) if found else (text, ())


def plain_rows(rows: Sequence[Row]) -> tuple[tuple[Row, ...], tuple[tuple[str, ...], ...]]:
    """Return rows whose cells have no remarks, and the remarks of each row."""
    plain, remarks = [], []
    for row in rows:
        cells = [without_remarks(cell) for cell in row]
        plain.append(tuple(text for text, _ in cells))
        remarks.append(tuple(remark for _, found in cells for remark in found))
    return tuple(plain), tuple(remarks)


def remark_notes(remarks: Sequence[tuple[str, ...]], where: str) -> tuple[str, ...]:
    """Return a note that counts the remarks of a table; nothing if there are none."""
    counted = Counter(remark.lower() for row in remarks for remark in row)
    if not counted:
        return ()
    shown = ", ".join(f"{mark} {count} times" for mark, count in sorted(counted.items()))
    return (f"Remarks of the publisher beside cells of {where}: {shown}.",)


def known_sums(column: str, is_suppressed: str | pl.Expr = "is_suppressed") -> tuple[pl.Expr, ...]:
    """Return aggregations of a count with unknown parts, and of whether any part is withheld.

    The sum is null where any part is.
    """
    count = pl.col(column)
    withheld = pl.col(is_suppressed) if isinstance(is_suppressed, str) else is_suppressed
    return (
        pl.when(count.is_not_null().all()).then(count.sum()).alias(column),
        withheld.any().alias("is_suppressed"),
    )
