"""A new source is one module, one fixture, one suite and one line: everything else finds it."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_migration.config import PROJECT_ROOT

MODULE = '''"""A simulated source for a test."""

from dataclasses import replace

from tests.toy import TABLE as TOY_TABLE
from tests.toy import TOY, flows, parse
from fcm_migration.sources.base import Parsed

TABLE = replace(TOY_TABLE, name="zz_added", source_id="zz_added")


def _parse(files):
    read = parse(files)
    return replace(read, tables={TABLE.name: read.tables[TOY_TABLE.name]})


SOURCE = replace(
    TOY,
    source_id="zz_added",
    title="Simulated claims of an added source",
    country_scheme="us_dhs",
    by_hand="Write it down.",
    tables=(TABLE,),
    parse=_parse,
    flows=lambda tables: flows({TOY_TABLE.name: tables[TABLE.name]}),
)
'''
SUITE = {
    "name": "core.zz_added",
    "expectations": [
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "claims_persons", "max_value": 9},
            "severity": "warning",
            "meta": {"id": "small", "reason": "A simulated bound."},
        }
    ],
    "meta": {},
}
FIXTURE = "month,origin,count\n2024-01,Mexico,5\n2024-02,Mexico,12\n"
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "__pycache__", "*_cache", ".hypothesis", "archive", "core", "published"
)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with four things added: module, fixture, suite, registry line."""
    root = tmp_path_factory.mktemp("added") / "project"
    for name in ("fcm_migration", "dagster_project", "expectations", "tests", "data/reference"):
        shutil.copytree(PROJECT_ROOT / name, root / name, ignore=LEFT_OUT)
    (root / "fcm_migration" / "sources" / "zz_added.py").write_text(MODULE)
    (root / "expectations" / "core.zz_added.json").write_text(json.dumps(SUITE))
    fixture = root / "tests" / "fixtures" / "zz_added"
    fixture.mkdir()
    (fixture / "toy_2024-03-01.csv").write_text(FIXTURE)
    registry = root / "fcm_migration" / "sources" / "registry.py"
    text = registry.read_text()
    assert text.count("MODULES = (\n") == 1
    registry.write_text(text.replace("MODULES = (\n", 'MODULES = (\n    "zz_added",\n'))
    return root


def run(checkout: Path, *command: str) -> str:
    """Run Python in the copy; it must succeed."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "FCM_HOME": str(checkout / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
def test_a_new_source_is_found_by_everything(checkout: Path) -> None:
    fcm = ("-m", "fcm_migration")
    fixture = "tests/fixtures/zz_added/toy_2024-03-01.csv"
    assert "zz_added: ok" in run(checkout, *fcm, "ingest", "zz_added", fixture)
    listed = list(csv.DictReader(io.StringIO(run(checkout, *fcm, "sources", "--format", "csv"))))
    (row,) = [row for row in listed if row["source"] == "zz_added"]
    assert (row["unit"], row["releases"], row["as of"]) == ("persons", "1", "2024-03-01")

    run(checkout, *fcm, "docs", "docs")
    assert "core.zz_added" in (checkout / "docs" / "data_dictionary.md").read_text()
    assert "## zz_added" in (checkout / "docs" / "inbox.md").read_text()

    # the whole way, with this source alone: core, marts, forecast, checks, the published file
    script = (
        "from dataclasses import replace\n"
        "from datetime import UTC, datetime\n"
        "from fcm_migration.config import home\n"
        "from fcm_migration.refresh.context import Context\n"
        "from fcm_migration.refresh.run import refresh\n"
        "from fcm_migration.sources import SOURCES\n"
        "added = tuple(s for s in SOURCES if s.source_id == 'zz_added')\n"
        "if __name__ == '__main__':\n"
        "    refresh(Context(home(None), datetime(2024, 6, 1, tzinfo=UTC), added, offline=True))\n"
    )
    (checkout / "whole.py").write_text(script)
    run(checkout, "whole.py")
    question = (
        "SELECT (SELECT count(*) FROM core.zz_added) AS latest, "
        "(SELECT count(*) FROM core.zz_added_history) AS history, "
        "(SELECT count(*) FROM core.zz_added_as_of(DATE '2024-03-01')) AS as_of, "
        "(SELECT count(*) FROM mart.flows WHERE origin_iso3 = 'MEX') AS flows, "
        "(SELECT unexpected_count FROM meta.check_results WHERE expectation = 'small') AS breaches"
    )
    answer = json.loads(run(checkout, *fcm, "query", question, "--format", "json"))
    assert answer == [{"latest": 2, "history": 2, "as_of": 2, "flows": 2, "breaches": 1}]

    keys = run(
        checkout,
        "-c",
        "from dagster_project.definitions import defs\n"
        "print([k.to_user_string() for k in defs.resolve_all_asset_keys()])",
    )
    for key in ("publisher/zz_added", "archive/zz_added", "core/zz_added"):
        assert f"'{key}'" in keys
