"""The page for those who run it names every outcome, folder and exit code there is."""

from __future__ import annotations

import ast
import re

from fcm_migration import errors
from fcm_migration.config import PROJECT_ROOT, Home

PAGE = (PROJECT_ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def outcomes() -> set[str]:
    """Every word given as an outcome: by the HTTP client, and by the error classes."""
    found = {
        kind.outcome
        for kind in vars(errors).values()
        if isinstance(kind, type) and isinstance(getattr(kind, "outcome", None), str)
    } - {errors.SourceError.outcome}
    for path in (PROJECT_ROOT / "fcm_migration" / "http").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            named = [k.value for k in node.keywords if k.arg == "outcome"]
            if getattr(node.func, "id", "") == "_bad":
                named.append(node.args[1])
            found |= {str(n.value) for n in named if isinstance(n, ast.Constant)}
    return found


def test_every_outcome_is_explained() -> None:
    explained = set(re.findall(r"`([a-z_]+)`", PAGE))
    assert len(outcomes()) > 12
    assert outcomes() - explained == set()


def test_every_exit_code_is_explained() -> None:
    codes = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.FcmError)
    }
    line = PAGE.split("## Exit codes")[1].split("##")[0]
    assert {int(code) for code in re.findall(r"(\d+) [a-z]", line)} == codes | {0}


def test_every_folder_of_the_home_is_explained() -> None:
    home = Home(PROJECT_ROOT)
    folders = [home.archive, home.ledger, home.inbox, home.core, home.cache, home.published_dir]
    for folder in (*folders, home.dagster_home):
        assert f"`{folder.name}" in PAGE
