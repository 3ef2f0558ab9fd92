"""One table of ``notify.toml``, read key by key; no error repeats a value of the file.

A secret may have been pasted to the wrong place, so a wrong value is described and never shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fcm_migration.errors import UsageError

KEY = re.compile(r"[a-z_]{1,24}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class TomlTable:
    """A table of the file, read key by key; every method raises UsageError for a wrong value."""

    def __init__(self, tree: Mapping[str, Any], where: str, known: Mapping[str, str]) -> None:
        self.tree, self.where, self.known = tree, where, known

    def only(self, *allowed: str) -> None:
        """Refuse keys that nobody knows."""
        unknown = sorted(set(self.tree) - set(allowed))
        if unknown:
            shown = [name if KEY.fullmatch(name) else "another" for name in unknown]
            raise wrong(self.where, f"unknown key {', '.join(shown)}", allowed, shown)

    def inner(self, name: str) -> TomlTable:
        """Return a table inside this one."""
        tree = self.tree[name]
        if not isinstance(tree, dict):
            raise wrong(self.where, f"{name} is no table", f"[{name}]", type(tree).__name__)
        return TomlTable(tree, f"{self.where} [{name}]", self.known)

    def several(self, name: str) -> list[TomlTable]:
        """Return a list of tables inside this one; none where there is none."""
        found = self.tree.get(name, [])
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise wrong(self.where, f"{name} is no list of tables", f"[[{name}]]", "another value")
        return [TomlTable(item, f"{self.where} [[{name}]]", self.known) for item in found]

    def text(self, name: str, pattern: re.Pattern[str]) -> str:
        """Return a text that must be there."""
        value = self.tree.get(name)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            got = "nothing" if value is None else "something else"
            raise wrong(self.where, f"{name} is missing or wrong", pattern.pattern, got)
        return value

    def secret(self, name: str, *, needed: bool = False) -> str:
        """Return the value of ``name``, or of the variable named by ``name_env``, or ''."""
        variable = f"{name}_env"
        if needed and (name in self.tree) == (variable in self.tree):
            raise wrong(self.where, f"{name} or {variable} is needed", "one of them", "not one")
        if variable not in self.tree:
            value = self.tree.get(name, "")
            if not isinstance(value, str):
                raise wrong(self.where, f"{name} is wrong", "a text", type(value).__name__)
            return value
        asked = self.tree[variable]
        if not isinstance(asked, str) or not VARIABLE.fullmatch(asked):
            raise wrong(self.where, f"{variable} is no name of a variable", "a name such as "
                         "FCM_HOOK_TOKEN, not the secret itself", "something else")  # fmt: skip
        if not self.known.get(asked):
            raise wrong(self.where, f"{variable} names a variable that is not set", "a variable "
                         "of the environment with a value, not the secret itself",
                         "no such variable")  # fmt: skip
        return self.known[asked]

    def one_of(self, name: str, allowed: Iterable[str], usual: str) -> str:
        """Return one of the words allowed."""
        value = self.tree.get(name, usual)
        if value not in tuple(allowed):
            raise wrong(self.where, f"{name} is unknown", tuple(allowed), "another value")
        return str(value)

    def switch(self, name: str, *, usual: bool) -> bool:
        """Return true or false."""
        value = self.tree.get(name, usual)
        if not isinstance(value, bool):
            raise wrong(self.where, f"{name} is wrong", "true or false", "another value")
        return value

    def words(self, name: str, allowed: Iterable[str], usual: tuple[str, ...]) -> tuple[str, ...]:
        """Return some of the words allowed, at least one."""
        found = self.texts(name, re.compile("|".join(allowed)), usual)
        if not found:
            raise wrong(self.where, f"{name} is empty", tuple(allowed), found)
        return found

    def texts(self, name: str, pattern: re.Pattern[str], usual: tuple[str, ...]) -> tuple[str, ...]:
        """Return a list of texts."""
        found = self.tree.get(name, list(usual))
        if not isinstance(found, list) or not all(
            isinstance(item, str) and pattern.fullmatch(item) for item in found
        ):
            got = "something else"
            raise wrong(self.where, f"{name} is wrong", f"a list of {pattern.pattern}", got)
        return tuple(found)

    def number(self, name: str, usual: float, low: float, high: float) -> float:
        """Return a number between two bounds."""
        value = self.tree.get(name, usual)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not (low <= value <= high)
        ):
            got = "another number" if isinstance(value, int | float) else "no number"
            raise wrong(self.where, f"{name} is wrong", f"{low:g} to {high:g}", got)
        return float(value)


def wrong(where: str, what: str, expected: object, got: object) -> UsageError:
    """Return the error of a wrong entry."""
    return UsageError(
        what, where=where, expected=expected, got=got, remedy="see docs/notifications.md"
    )
