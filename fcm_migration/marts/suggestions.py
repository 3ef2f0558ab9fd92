"""Suggestions for unreviewed labels: similar reviewed labels, for a person to judge.

Nothing here resolves anything. A label is compared with the reviewed labels of every publisher:
"Türkiye" is unknown to one of them and reviewed for another, which tells its country. What is
compared is the words, without accents, case, order, parentheses and punctuation; a word in the
names of many countries ("Republic", "of") counts for little, and one misspelt counts for most.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher, get_close_matches

import polars as pl

from fcm_migration.marts.countries import COLUMNS

SHOWN = 3
ALIKE = 0.4  # least share of their words that two labels have in common
SPELLING = 0.8  # least likeness of two spellings of one word
CODE = 3  # most letters of a label that is a code


@dataclass(frozen=True)
class Suggestion:
    """One country (or class) a label might stand for, and the reviewed label most like it."""

    label: str
    origin_iso3: str
    origin_class: str

    @property
    def words(self) -> str:
        """The label with its code: "Iran (IRN)"."""
        return f"{self.label} ({self.origin_iso3})"


def words_of(label: str) -> tuple[str, ...]:
    """Return the words of a label in lower case, without accents and punctuation."""
    plain = unicodedata.normalize("NFKD", label.casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return tuple(re.findall(r"[a-z0-9]+", bare.replace("'", "").replace("\u2019", "")))


def suggest(label: str, scheme: str, known: pl.DataFrame) -> list[Suggestion]:
    """Return up to three suggestions, the likeliest first.

    Args:
        label: the publisher's label.
        scheme: its publisher's vocabulary, whose own labels are shown where it has one.
        known: the reviewed labels of every publisher: rows of ``meta.country_labels``.
    """
    rows = list(known.select("scheme", "label", "origin_iso3", "origin_class").iter_rows())
    words = {text: words_of(text) for _, text, _, _ in rows}
    # a code of two or three letters is like many words and says nothing to a reader
    rows = [row for row in rows if sum(map(len, words[row[1]])) > CODE]
    countries: dict[str, set[str]] = {}
    for _, text, iso3, _ in rows:
        for word in words[text]:
            countries.setdefault(word, set()).add(iso3)
    weight = {word: 1.0 / len(named) for word, named in countries.items()}
    mine = words_of(label)
    words = {text: words[text] for _, text, _, _ in rows}
    alike = {text: _likeness(mine, other, weight) for text, other in words.items()}
    best: dict[str, tuple[float, bool, str, str]] = {}
    score: dict[str, float] = {}
    for owner, text, iso3, kind in rows:
        score[iso3] = max(score.get(iso3, 0.0), alike[text])
        rank = (owner == scheme, alike[text])
        if iso3 not in best or rank > (best[iso3][1], best[iso3][0]):
            best[iso3] = (alike[text], owner == scheme, text, kind)
    likely = sorted((iso3 for iso3 in best if score[iso3] >= ALIKE), key=lambda i: (-score[i], i))
    return [Suggestion(best[iso3][2], iso3, best[iso3][3]) for iso3 in likely[:SHOWN]]


def _likeness(mine: Iterable[str], other: Iterable[str], weight: Mapping[str, float]) -> float:
    """Return the share of their words, by weight, that two labels have in common (0 to 1).

    The mean of the share of all words and the share of the shorter label's words, so that "Iran"
    is like "Iran (Islamic Republic of)".
    """
    a, b = set(mine), set(other)
    if not a or not b:
        return 0.0
    whole = "".join(sorted(a)), "".join(sorted(b))
    if whole[0] == whole[1]:
        return 1.0
    shared = 0.0
    for word in a:
        near = [word] if word in b else get_close_matches(word, b, n=1, cutoff=SPELLING)
        if near:
            worth = min(weight.get(word, 1.0), weight[near[0]])
            shared += worth * SequenceMatcher(None, word, near[0]).ratio()
    sizes = [sum(weight.get(word, 1.0) for word in words) for words in (a, b)]
    return 0.5 * shared / (sum(sizes) - shared) + 0.5 * shared / min(sizes)


def alias_line(label: str, suggestion: Suggestion) -> str:
    """Return the line of an alias table by which a person accepts a suggestion."""
    text = io.StringIO()
    cells = (label, suggestion.origin_iso3, suggestion.origin_class, "")
    csv.writer(text, lineterminator="").writerow(cells[: len(COLUMNS)])
    return text.getvalue()
