"""An error says what was found and, separately, what is lacking."""

from __future__ import annotations

import re

from fcm_migration.config import PROJECT_ROOT
from fcm_migration.errors import LayoutError

LACKING = re.compile(r"got=(?:missing|lost|lacking|lacks|left_out|absent)\b(?!\.)")


def test_what_is_lacking_is_not_what_was_got() -> None:
    both = LayoutError("sheets are missing", where="a.ods", expected="X, Y", got=["X"], lacks=["Y"])
    assert str(both) == "a.ods: sheets are missing; expected X, Y; got ['X'], without ['Y']"
    alone = LayoutError("months are missing", lacks=["2024-05"], remedy="bring them")
    assert str(alone) == "months are missing; without ['2024-05']; what to do: bring them"


def test_no_error_says_got_of_what_it_lacks() -> None:
    """Names under which what is not there is kept; the exceptions hold cells that are there."""
    there = {
        "frontex/ibc.py": "columns without a label hold figures",
        "unhcr/tables.py": "lost.get",
    }
    for path in (PROJECT_ROOT / "fcm_migration").rglob("*.py"):
        text = path.read_text()
        if any(path.as_posix().endswith(name) and words in text for name, words in there.items()):
            continue
        assert LACKING.findall(text) == [], path
