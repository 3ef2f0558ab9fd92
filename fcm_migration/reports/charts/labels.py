"""Text of charts: made harmless, measured, wrapped, set apart, and in words people use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from fcm_migration.printable import printable

# Helvetica's widths of the signs 32 to 126 in thousandths of the size (Adobe's font metrics), which
# Arial and Liberation Sans share.
_WIDTHS = (
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278,
    556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
    1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
    667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
    333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556,
    556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
)  # fmt: skip
_OTHER = 600  # accented letters; wide scripts are wider
_WIDE = 1000
_WIDE_FROM = 0x2E80  # scripts of East Asia begin
_BOLD = 1.07
MINUS, TIMES, DASH = "\u2212", "\u00d7", "\u2013"
LONGEST_LABEL = 200  # signs; a label from outside may be a novel
PERIOD = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "A": "year"}


def clean(text: str) -> str:
    r"""Return a text as one line in which nothing acts on its surroundings.

    Marks that turn the direction of text and other controls are written out (``\u202e``); a text
    longer than LONGEST_LABEL is cut with an ellipsis. Markup needs no care here: in a drawing it is
    text, and the renderer escapes it.
    """
    line = harmless(text)
    return line if len(line) <= LONGEST_LABEL else f"{line[: LONGEST_LABEL - 1]}…"


def harmless(text: str) -> str:
    """Return a text of any length as one line in which nothing acts on its surroundings."""
    return printable(re.sub(r"\s+", " ", text).strip())


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """Return about how wide a line of text is, in pixels, in Arial or a font of its widths."""
    thousandths = sum(
        _WIDTHS[ord(sign) - 32]
        if " " <= sign <= "~"
        else (_WIDE if ord(sign) >= _WIDE_FROM else _OTHER)
        for sign in text
    )
    return thousandths / 1000 * size * (_BOLD if bold else 1.0)


def wrapped(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Return a text in lines of at most ``width`` pixels; a longer word has a line of its own."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer, size, bold=bold) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Return positions as near to the wanted ones as may be, at least ``gap`` apart.

    They lie between ``low`` and ``high`` where all fit there, else they begin at ``low``.
    """
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    at = [max(wanted[place], low) for place in order]
    for place in range(1, len(at)):
        at[place] = max(at[place], at[place - 1] + gap)
    ceiling = high
    for place in reversed(range(len(at))):
        at[place] = min(at[place], ceiling)
        ceiling = at[place] - gap
    if at and at[0] < low:
        at = [low + gap * place for place in range(len(at))]
    found = dict(zip(order, at, strict=True))
    return [found[place] for place in range(len(wanted))]


def figure(value: float) -> str:
    """Return a figure as it is read: 12,345; tenths below 10 where it is no whole number."""
    return f"{value:,.1f}" if abs(value) < 10 and value != int(value) else f"{value:,.0f}"


def spoken(value: float) -> str:
    """Return a forecast's bound to three significant digits: 19,800."""
    return f"{round(value, 3 - len(str(int(abs(value))))):,.0f}"


def change(percent: float) -> str:
    """Return a change with its sign (+31%); from threefold on as a multiple (3.4 times)."""
    if percent >= 200:
        return f"{1 + percent / 100:.1f}{TIMES}"
    return f"{MINUS if round(percent) < 0 else '+'}{abs(percent):.0f}%"


def day_words(day: date, *, short: bool = False) -> str:
    """Return a day as people read it: 24 April 2026, or 24 Apr 2026."""
    return f"{day.day} {day:%b %Y}" if short else f"{day.day} {day:%B %Y}"


def period_words(start: date, frequency: str, *, short: bool = False) -> str:
    """Return a period by its first day: July 2025, July-September 2025 (with a dash), 2025."""
    if frequency == "A":
        return f"{start:%Y}"
    month = "%b" if short else "%B"
    if frequency == "Q":
        end = start.replace(month=start.month + 2)
        return f"{start.strftime(month)}{DASH}{end.strftime(month)} {start:%Y}"
    return start.strftime(f"{month} %Y") if frequency == "M" else day_words(start, short=short)


def capitalised(words: str) -> str:
    """Return words with the first letter in upper case, and the others as they are."""
    return words[:1].upper() + words[1:]


def listed(words: Sequence[str]) -> str:
    """Return words as a list: a, b and c."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
