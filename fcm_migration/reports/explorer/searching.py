"""Words by which an origin is found: its codes, and what publishers call it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

# what people type and no publisher's table of labels is sure to hold
COMMON = {
    "BIH": ("Bosnia",),
    "CIV": ("Ivory Coast",),
    "COD": ("DRC", "Congo-Kinshasa", "Zaire"),
    "COG": ("Congo-Brazzaville",),
    "CPV": ("Cape Verde",),
    "CZE": ("Czech Republic",),
    "GBR": ("UK", "Great Britain", "Britain"),
    "MKD": ("Macedonia",),
    "MMR": ("Burma",),
    "PRK": ("North Korea",),
    "PSE": ("Palestine",),
    "SWZ": ("Swaziland",),
    "TLS": ("East Timor",),
    "TUR": ("Turkey",),
    "USA": ("US", "America"),
    "VAT": ("Vatican",),
}
SHORTEST = 2  # letters of a label that is worth finding


def search_words(
    words: Sequence[tuple[str, str]], aliases: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return for each origin its other names and codes, plain, apart by a bar.

    Args:
        words: code and name of each origin, in the order of the page.
        aliases: labels that publishers give an origin, by its code.
    """
    return [
        "|".join([plain(code), *_other(name, (*COMMON.get(code, ()), *aliases.get(code, ())))])
        for code, name in words
    ]


def _other(name: str, labels: Sequence[str]) -> list[str]:
    """Return the labels that the name does not hold already, each once."""
    found: list[str] = []
    for label in map(plain, labels):
        if len(label) >= SHORTEST and label not in plain(name) and label not in found:
            found.append(label.replace("|", " "))
    return found


def plain(text: str) -> str:
    """Return a text without accents and case, as the page compares it."""
    parts = unicodedata.normalize("NFD", text)
    bare = "".join(sign for sign in parts if not unicodedata.category(sign).startswith("M"))
    return bare.lower().replace("\u2019", "'").strip()
