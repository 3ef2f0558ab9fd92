"""What changes a fingerprint of code and what does not, on a small package written for the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from fcm_migration import fingerprint

FILES = {
    "__init__.py": "",
    "face/__init__.py": (
        '"""A face."""\nfrom typing import TYPE_CHECKING\n'
        "from fcm_migration.face.tables import TABLE\n"
        "if TYPE_CHECKING:\n    from fcm_migration.face.heavy import fit\n"
        '__all__ = ["TABLE", "fit"]\n'
    ),
    "face/tables.py": "TABLE = 1\n",
    "face/heavy.py": "import numpy\n\n\ndef fit():\n    return 2\n",
    "face/aside.py": "NOBODY = 1\n",
    "low.py": "LOW = 1\n",
    "late.py": "LATE = 1\n",
    "hints.py": "HINT = 1\n",
    "named.py": "NAMED = 1\n",
    "http/__init__.py": "",
    "http/client.py": "TRIES = 3\n",
    "step.py": (
        '"""A step."""\n'
        "from typing import TYPE_CHECKING\n"
        "from fcm_migration.face import TABLE\n"
        "from fcm_migration.http import client\n"
        "from fcm_migration.low import LOW\n"
        "if TYPE_CHECKING:\n    from fcm_migration.hints import HINT\n\n\n"
        "def make(value):\n"
        '    """Make it."""\n'
        "    from fcm_migration import late\n"
        '    started = "fcm_migration.named"\n'
        "    return value in {'a', 'b', 'c'}, LOW, late.LATE, started\n"
    ),
    "fitting.py": "from fcm_migration.face import fit\n\nMADE = fit()\n",
}
STEP = "fcm_migration.step"
Change = Callable[[str, str, str], None]


@pytest.fixture
def change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Change]:
    """Write the package; return a function that replaces a text in one of its files."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    fingerprint.forget()

    def replace(name: str, old: str, new: str) -> None:
        path = tmp_path / name
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
        fingerprint.forget()

    yield replace
    fingerprint.forget()


def test_the_closure_is_what_is_imported_and_no_more(change: Change) -> None:
    assert fingerprint.closure(STEP, without=fingerprint.WITHOUT_EFFECT) == {
        STEP,
        "fcm_migration.face.tables",  # through the face, which itself does not count
        "fcm_migration.late",  # imported inside a function
        "fcm_migration.low",
        "fcm_migration.named",  # named by a string
    }
    assert fingerprint.closure("fcm_migration.fitting") == {
        "fcm_migration.fitting",
        "fcm_migration.face.heavy",  # a lazy name is followed through the import for type checkers
    }
    assert set(fingerprint.libraries("fcm_migration.fitting")) == {"numpy"}
    assert fingerprint.libraries(STEP) == {}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("step.py", "value in", "value not in"),
        ("step.py", "'b', ", ""),
        ("low.py", "LOW = 1", "LOW = 2"),
        ("late.py", "LATE = 1", "LATE = 2"),
        ("named.py", "NAMED = 1", "NAMED = 1.0"),
        ("face/tables.py", "TABLE = 1", "TABLE = 2"),
    ],
)
def test_changed_code_changes_the_fingerprint(
    change: Change, name: str, old: str, new: str
) -> None:
    before = fingerprint.code(STEP, without=fingerprint.WITHOUT_EFFECT)
    change(name, old, new)
    assert fingerprint.code(STEP, without=fingerprint.WITHOUT_EFFECT) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("step.py", '"""Make it."""', '"""Make something."""'),
        ("step.py", "def make", "# a comment\n\n\n\ndef make"),
        ("low.py", "LOW = 1", "LOW   =   1  # one"),
        ("step.py", "'a', 'b', 'c'", "'c', 'a', 'b'"),
        ("hints.py", "HINT = 1", "HINT = 2"),
        ("face/heavy.py", "return 2", "return 3"),
        ("face/aside.py", "NOBODY = 1", "NOBODY = 2"),
        ("face/__init__.py", '"""A face."""', '"""A face, said otherwise."""'),
        ("http/client.py", "TRIES = 3", "TRIES = 5"),
    ],
)
def test_what_has_no_effect_does_not(change: Change, name: str, old: str, new: str) -> None:
    before = fingerprint.code(STEP, without=fingerprint.WITHOUT_EFFECT)
    change(name, old, new)
    assert fingerprint.code(STEP, without=fingerprint.WITHOUT_EFFECT) == before


def test_another_version_of_a_library_changes_the_fingerprint(
    change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitting, step = fingerprint.code("fcm_migration.fitting"), fingerprint.code(STEP)
    tomorrow = cache(lambda library: f"{library} of tomorrow")
    monkeypatch.setattr(fingerprint, "_version", tomorrow)
    assert fingerprint.code("fcm_migration.fitting") != fitting
    assert fingerprint.code(STEP) == step
