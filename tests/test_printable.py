"""Nothing in a text from outside acts on the terminal that shows it."""

from __future__ import annotations

import json

import pytest

from fcm_migration.errors import FcmError
from fcm_migration.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;title\x07", "\\u001b[2J\\u001b]0;title\\u0007"),
        ("\x9b31m", "\\u009b31m"),
        ("a\rb\x08c\x7f", "a\\u000db\\u0008c\\u007f"),
        ("\u202egnp.exe\u2066\u200f", "\\u202egnp.exe\\u2066\\u200f"),
        ("\u2028\ufeff\u200b\U000e0041", "\\u2028\\ufeff\\u200b\\udb40\\udc41"),
        ("\udcff", "\\udcff"),
    ],
)
def test_what_acts_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Côte d'Ivoire",
        "مصر",
        "می‌شود",
        "叙利亚",
        "1\u00a0234",
        "a\tb\nc",
        "co\u00adoperation",
        "👩‍🌾",
    ],
)
def test_letters_of_every_script_stay(text: str) -> None:
    assert printable(text) == text


def test_json_means_the_same() -> None:
    value = {"label": "\x1b[31m\u202e\U000e0041é"}
    assert json.loads(printable(json.dumps(value, ensure_ascii=False))) == value


def test_an_error_quotes_a_publisher_safely() -> None:
    error = FcmError("odd header", where="a\x1b[1mb", got="\u202ex", lacks="\x9b")
    assert str(error) == "a\\u001b[1mb: odd header; got \\u202ex, without \\u009b"
    assert error.got == "\u202ex"
