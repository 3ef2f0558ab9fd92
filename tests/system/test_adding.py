"""A new source, or a new step, is one module, one suite and one line: everything else finds it.

A source has a fixture too.
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fcm_migration.config import PROJECT_ROOT

pytestmark = [pytest.mark.slow, pytest.mark.system]

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
    module=__name__,
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
STEP_MODULE = '''"""A simulated step for a test."""

import polars as pl

from fcm_migration.catalog.columns import SERIES_ID
from fcm_migration.catalog.model import Column, Table
from fcm_migration.marts.tables import SERIES
from fcm_migration.refresh.step import Step

FACTOR = 2
DOUBLED = Column("doubled", "integer", "Twice the sum.", "persons")
TABLE = Table("trend", "zz_step", "Simulated sums.", "series", (SERIES_ID, DOUBLED), ("series_id",))


def make(inputs):
    """Return twice the sum of every series."""
    series = inputs.read(SERIES).group_by("series_id").agg(pl.col("value").sum() * FACTOR)
    return {TABLE: series.rename({"value": "doubled"})}


STEP = Step(name="zz_step", title="double", makes=(TABLE,), make=make, reads=(SERIES,))
'''
STEP_SUITE = {
    "name": "trend.zz_step",
    "expectations": [
        {
            "type": "expect_column_values_to_be_between",
            "kwargs": {"column": "doubled", "max_value": 33},
            "severity": "warning",
            "meta": {"id": "step", "reason": "A simulated bound."},
        }
    ],
    "meta": {},
}
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*_cache")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a source and a step added."""
    root = tmp_path_factory.mktemp("added") / "project"
    for name in ("fcm_migration", "dagster_project", "expectations", "tests", "data/reference"):
        shutil.copytree(PROJECT_ROOT / name, root / name, ignore=LEFT_OUT)
    (root / "fcm_migration" / "sources" / "zz_added.py").write_text(MODULE)
    (root / "expectations" / "core.zz_added.json").write_text(json.dumps(SUITE))
    fixture = root / "tests" / "fixtures" / "zz_added"
    fixture.mkdir()
    (fixture / "toy_2024-03-01.csv").write_text(FIXTURE)
    add_line(root / "fcm_migration" / "sources" / "registry.py", '"zz_added"')
    (root / "fcm_migration" / "refresh" / "steps" / "zz_step.py").write_text(STEP_MODULE)
    (root / "expectations" / "trend.zz_step.json").write_text(json.dumps(STEP_SUITE))
    add_line(root / "fcm_migration" / "refresh" / "registry.py", '"zz_step"')
    return root


def add_line(registry: Path, entry: str) -> None:
    text = registry.read_text()
    assert text.count("MODULES = (\n") == 1
    end = text.index(")\n", text.index("MODULES = (\n"))
    registry.write_text(f"{text[:end]}    {entry},\n{text[end:]}")


# Everything one process of the copy does, in order; it prints what it was told as JSON.
SCRIPT = '''"""Meet the added source as a user and as Dagster would."""

import contextlib
import io
import json
from datetime import UTC, datetime

from fcm_migration.cli import main
from fcm_migration.config import home
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from fcm_migration.sources import SOURCES


def fcm(*arguments):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main(list(arguments))  # what fails ends the process with its exit code
    return said.getvalue()


def whole():
    """The whole way, with this source alone: core, marts, forecast, checks, the published file."""
    added = tuple(source for source in SOURCES if source.source_id == "zz_added")
    now = datetime(2024, 6, 1, tzinfo=UTC)
    refresh(Context(home(None), now, added, offline=True, workers=1))
    return fcm("query", QUESTION, "--format", "json")


def keys():
    from dagster_project.definitions import defs

    return sorted(key.to_user_string() for key in defs.resolve_all_asset_keys())


if __name__ == "__main__":
    told = {
        "ingest": fcm("ingest", "zz_added", FIXTURE),
        "sources": fcm("sources", "--format", "csv"),
        "docs": fcm("docs", "docs"),
        "answer": whole(),
        "keys": keys(),
    }
    print(json.dumps(told))
'''
QUESTION = (
    "SELECT (SELECT count(*) FROM core.zz_added) AS latest, "
    "(SELECT count(*) FROM history.zz_added) AS history, "
    "(SELECT count(*) FROM core.zz_added_as_of(DATE '2024-03-01')) AS as_of, "
    "(SELECT count(*) FROM mart.flows WHERE origin_iso3 = 'MEX') AS flows, "
    "(SELECT unexpected_count FROM meta.check_results WHERE expectation = 'small') AS breaches, "
    "(SELECT max(doubled) FROM trend.zz_step) AS doubled, "
    "(SELECT unexpected_count FROM meta.check_results WHERE expectation = 'step') AS too_large"
)
RELEASE = "tests/fixtures/zz_added/toy_2024-03-01.csv"


@pytest.fixture(scope="module")
def told(checkout: Path) -> dict[str, Any]:
    """What one process of the copy was told; it must succeed."""
    script = SCRIPT.replace("FIXTURE", repr(RELEASE)).replace("QUESTION", repr(QUESTION))
    (checkout / "added.py").write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "added.py"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout), "FCM_HOME": str(checkout / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_command_line_takes_it_and_lists_it(told: dict[str, Any]) -> None:
    assert "zz_added: ok" in told["ingest"]
    listed = list(csv.DictReader(io.StringIO(told["sources"])))
    (row,) = [row for row in listed if row["source"] == "zz_added"]
    assert (row["unit"], row["releases"], row["as of"]) == ("persons", "1", "2024-03-01")


def test_the_docs_explain_it(told: dict[str, Any], checkout: Path) -> None:
    assert "core.zz_added" in (checkout / "docs" / "data_dictionary.md").read_text()
    assert "trend.zz_step" in (checkout / "docs" / "data_dictionary.md").read_text()
    assert "## zz_added" in (checkout / "docs" / "inbox.md").read_text()


def test_it_goes_the_whole_way_to_the_published_file(told: dict[str, Any]) -> None:
    assert json.loads(told["answer"]) == [
        {
            "latest": 2,
            "history": 2,
            "as_of": 2,
            "flows": 2,
            "breaches": 1,
            "doubled": 34,
            "too_large": 2,
        }
    ]


def test_dagster_has_its_keys(told: dict[str, Any]) -> None:
    keys = {"publisher/zz_added", "archive/zz_added", "core/zz_added", "trend/zz_step"}
    assert keys <= set(told["keys"])
