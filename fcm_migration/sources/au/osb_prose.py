"""Figures that one sentence of an Operation Sovereign Borders update states plainly.

A sentence is understood where each number of people in it goes with exactly one thing that
happened to them. Everything else is kept as it stands under the measure ``other``, without a
figure: numbers that are hedged ("more than 50"), parts of one another ("including"), of another
month, or contradicted by the digits in brackets behind them.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from fcm_migration.periods import MONTHS

OTHER = "other"
UNITS = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS = {
    **{word: value for value, word in enumerate(UNITS)},
    **{word: 10 * value for value, word in enumerate(TENS, 2)},
    "no": 0,
    "nil": 0,
}
_WORD = "|".join(NUMBER_WORDS)
_WITHHELD = r"(?:less|fewer) than (?:five|5)|<\s?5"
# Thousands and dozens are met so that what stands before them is not lost, and then refused.
_PART = rf"(?:{_WORD}|hundred|thousand|million|dozen)"
_NUMBER = rf"{_WITHHELD}|\d{{1,3}}(?:,\d{{3}})+|\d+|{_PART}(?:[ -](?:and )?{_PART}){{0,6}}"
_KIND = r"(?:illegal|irregular|unauthori[sz]ed) maritime arrivals?"
_NOUN = (
    rf"(?:people|persons?|individuals?|nationals?|transferees?|(?:IMAs?|UMAs?|{_KIND})"
    r"(?: detainees?)?|detainees?)"
)
_HEDGE = (
    r"more than|over|about|approximately|around|up to|at least|almost|nearly|some|"
    rf"(?:\d+|{_WORD}) (?:to|or|and)"
)
MENTION = re.compile(
    rf"(?P<hedge>\b(?:{_HEDGE}) )?(?<![\w,.<\u2013-])(?P<number>{_NUMBER})(?: potential)?"
    rf"(?P<new> new)?(?-i:(?: [A-Z][a-z]+){{0,3}}) {_NOUN}\b(?! smuggling)",
    re.IGNORECASE,
)
# Counted once even where the publisher's word for people arriving changed (IMA, then UMA).
MEASURES = {
    "arrivals": r"transferred to (?:the )?Australian (?:immigration )?authorities",
    "intercepted": r"\bintercepted\b",
    "returned": r"(?<!voluntarily )\b(?:returned to|turned back|taken back)\b(?!.*\bvoluntarily\b)",
    "transferred_to_regional_processing": r"\btransfer(?:red)?\b(?! from a regional)"
    r".*\bto a?\s?regional processing",
    "transferred_to_australia": r"transferred from a regional processing \w+ to Australia",
    "left_regional_processing": r"(?<!in)voluntarily returned to .*from a regional processing",
    "removed_voluntarily": r"(?<!in)voluntarily (?:removed|returned)\b(?!.*regional processing)"
    r"|\b(?:removed|returned) voluntarily",
    "removed_involuntarily": r"involuntarily (?:removed|returned)"
    r"|\b(?:removed|returned) involuntarily",
    "resettled": r"\bresettled\b",
    "in_regional_processing": r"\bpeople in (?:the )?(?:Nauru|Manus) RPC",
}
PATTERNS = {name: re.compile(text, re.IGNORECASE) for name, text in MEASURES.items()}
PARTS = re.compile(
    r"\b(?:including|included|of whom|of these|of which|comprising)\b", re.IGNORECASE
)
ARRIVED_EARLIER = re.compile(r",? who arrived\b[^,;]*,?", re.IGNORECASE)
DIGITS_BEHIND = re.compile(rf"\b({_WORD})\s*\((\d+)\)", re.IGNORECASE)
BRACKETS = re.compile(r"\s*\([^()]*\)")
MONTH_NAMED = re.compile(rf"\b({'|'.join(MONTHS)}),? (\d{{4}})\b")
SENTENCE_END = re.compile(r"(?<=[.;])\s+")


class Figure(NamedTuple):
    """A number of people and what happened to them; None and True where it is withheld."""

    measure: str
    persons: int | None
    is_suppressed: bool


def sentences(paragraph: str) -> list[str]:
    """Return the sentences of a paragraph; a semicolon ends one too, as in lists of points."""
    return [part for part in SENTENCE_END.split(paragraph) if part]


def figures(sentence: str, month: date) -> list[Figure]:
    """Return every figure the sentence states of this month; none where it is not understood."""
    if any(NUMBER_WORDS[word.lower()] != int(d) for word, d in DIGITS_BEHIND.findall(sentence)):
        return []
    text = BRACKETS.sub("", ARRIVED_EARLIER.sub(" ", sentence))
    named = {(MONTHS.index(name) + 1, int(year)) for name, year in MONTH_NAMED.findall(text)}
    if PARTS.search(text) or named - {(month.month, month.year)}:
        return []
    mentions = list(MENTION.finditer(text))
    found = []
    for number, mention in enumerate(mentions):
        start = 0 if number == 0 else mention.start()
        end = mentions[number + 1].start() if number + 1 < len(mentions) else len(text)
        measures = [name for name, pattern in PATTERNS.items() if pattern.search(text[start:end])]
        if mention["new"] and not measures:
            measures = ["arrivals"]
        persons, is_known = count(mention["number"])
        if mention["hedge"] or len(measures) != 1 or not is_known:
            return []
        found.append(Figure(measures[0], persons, is_suppressed=persons is None))
    return found


def count(text: str) -> tuple[int | None, bool]:
    """Return a number in digits or words, None if withheld; and whether it is either."""
    plain = text.lower().replace(",", "")
    if re.fullmatch(_WITHHELD, plain):
        return None, True
    if plain.isdigit():
        return int(plain), True
    words = [word for word in re.split(r"[ -]+", plain) if word != "and"]
    hundreds, rest = 0, words
    if "hundred" in words:
        at = words.index("hundred")
        hundreds, rest = (_small(words[:at]) or 0) * 100, words[at + 1 :]
        if not hundreds:
            return None, False
    tail = _small(rest) if rest else 0
    return (None, False) if tail is None else (hundreds + tail, True)


def _small(words: list[str]) -> int | None:
    """Return a number below a hundred: one word, or tens and units."""
    values = [NUMBER_WORDS.get(word) for word in words]
    if len(values) == 1:
        return values[0]
    if len(values) == 2 and words[0] in TENS and words[1] in UNITS[1:10]:
        return NUMBER_WORDS[words[0]] + NUMBER_WORDS[words[1]]
    return None
