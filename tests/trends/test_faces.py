"""The public face of each package of trends: one function, its tables, and nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from fcm_migration.catalog.model import Table
from fcm_migration.config import PROJECT_ROOT

FACES = {
    "alerts": "replay_alerts",
    "breaks": "find_breaks",
    "corridors": "rank_corridors",
    "facilitation": "facilitation_proxies",
    "policies": "judge_policies",
}
HEAVY = ("numpy", "scipy", "statsmodels", "duckdb", "pandas")


@pytest.mark.parametrize(("package", "function"), FACES.items())
def test_a_face_has_one_function_and_its_tables(package: str, function: str) -> None:
    face = import_module(f"fcm_migration.trends.{package}")
    assert sorted(face.__all__) == sorted(["TABLES", function])
    assert all(isinstance(table, Table) and table.layer == "trend" for table in face.TABLES)
    assert getattr(face, function).__name__ == function
    # a submodule of that name would take the function's place once it is loaded
    assert not (Path(str(face.__file__)).parent / f"{function}.py").exists()
    with pytest.raises(AttributeError, match="no attribute 'other'"):
        face.other  # noqa: B018


def test_faces_are_declared_without_the_libraries_that_compute() -> None:
    imports = "; ".join(f"import fcm_migration.trends.{name}" for name in FACES)
    code = f"import sys; {imports}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT
    )
    assert done.stdout.strip() == "[]"
