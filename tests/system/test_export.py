"""Exports in other people's programs: Frictionless finds no fault, LibreOffice runs nothing."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from fcm_migration.publish.export import export
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.tables import published_declarations
from tests.hostile import DECLARED, FORMULAS, TEXTS, publish_hostile
from tests.hostile import rows as hostile_rows

pytestmark = pytest.mark.system
OFFICE = shutil.which("soffice")
READ = """
import json, sys
from frictionless import Package
rows = Package(sys.argv[1]).get_resource("mart.labels").read_rows()
print(json.dumps([[row["label"], row["perhaps"], str(row["first_date"])] for row in rows]))
"""
needs_frictionless = pytest.mark.skipif(
    find_spec("frictionless") is None,
    reason="frictionless is not installed (make test installs it)",
)
needs_office = pytest.mark.skipif(OFFICE is None, reason="no LibreOffice (soffice) on the PATH")
# in a process of its own: the library warns of things that are none of ours
VALIDATE = """
import json, sys
from frictionless import Package
package = json.load(open(sys.argv[1], encoding="utf-8"))
faults = [str(error) for error in Package.metadata_validate(package)]
rows = {}
for resource in Package(sys.argv[1]).resources:
    report = resource.validate()
    faults += [[resource.name, *map(str, fault)]
               for fault in report.flatten(["type", "fieldName", "rowNumber", "note"])]
    rows[resource.name] = report.tasks[0].stats.get("rows") or 0
print(json.dumps({"faults": faults, "rows": rows}))
"""
COMMA_QUOTE_UTF8 = "CSV:44,34,76,1"  # how LibreOffice is to read a file of ours
FORMULA = re.compile(rb"<f[ >]")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_hostile(tmp_path_factory.mktemp("hostile"))


def validate(folder: Path) -> tuple[list[object], dict[str, int]]:
    """Return the faults that Frictionless finds, and the rows it reads in each resource."""
    said = frictionless(VALIDATE, folder)
    return said["faults"], said["rows"]


def frictionless(script: str, folder: Path) -> Any:
    """Return what a script prints of a folder's data package."""
    command = [sys.executable, "-c", script, str(folder / "datapackage.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_frictionless
def test_frictionless_finds_no_fault_in_hostile_texts(hostile: Path, tmp_path: Path) -> None:
    export(hostile, tmp_path / "out", fmt="datapackage", declared=DECLARED, everything=True)
    faults, rows = validate(tmp_path / "out")
    assert faults == []
    assert rows["mart.labels"] == len(TEXTS)
    read = frictionless(READ, tmp_path / "out")
    truth = [[r["label"], r["perhaps"], str(r["first_date"])] for r in hostile_rows()]
    assert read == truth


@needs_frictionless
def test_frictionless_finds_a_wrong_value_and_a_file_that_was_changed(
    hostile: Path, tmp_path: Path
) -> None:
    """So that no fault above means something."""
    out = tmp_path / "out"
    export(hostile, out, fmt="datapackage", declared=DECLARED, names=["core.secret"])
    path = out / "core.secret.csv"
    path.write_text(path.read_text().replace("7", "seven"))
    faults, _ = validate(out)
    assert any("type-error" in str(fault) for fault in faults)
    assert any("hash-count" in str(fault) for fault in faults)


@needs_frictionless
def test_frictionless_finds_no_fault_in_a_refreshed_home(
    published: Context, tmp_path: Path
) -> None:
    export(
        published.home.published,
        tmp_path / "out",
        fmt="datapackage",
        declared=published_declarations(published.sources),
        everything=True,
    )
    faults, rows = validate(tmp_path / "out")
    assert faults == []
    assert rows["core.toy_claims"] > 30


def convert(path: Path, folder: Path, form: str) -> Path:
    """Let LibreOffice read a file and write it in another form."""
    profile = (folder / "profile").as_uri()
    subprocess.run(
        [str(OFFICE), f"-env:UserInstallation={profile}", "--headless",
         f"--infilter={COMMA_QUOTE_UTF8}", "--convert-to", form, "--outdir", str(folder),
         str(path)],
        capture_output=True,
        check=True,
        timeout=120,
    )  # fmt: skip
    return folder / f"{path.stem}.{form.partition(':')[0]}"


def formulas(path: Path) -> int:
    """Return how many formulas a workbook holds."""
    with zipfile.ZipFile(path) as book:
        sheets = [name for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
        assert sheets
        return sum(len(FORMULA.findall(book.read(name))) for name in sheets)


@needs_office
def test_libreoffice_finds_no_formula_in_csv_for_spreadsheets(
    hostile: Path, tmp_path: Path
) -> None:
    export(hostile, tmp_path / "safe", fmt="csv", declared=DECLARED, names=["mart.labels"])
    book = convert(tmp_path / "safe" / "mart.labels.csv", tmp_path, "xlsx")
    assert formulas(book) == 0
    again = convert(book, tmp_path, "csv:Text - txt - csv (StarCalc):44,34,76,1")
    with again.open(newline="", encoding="utf-8-sig") as file:
        read = [row["label"] for row in csv.DictReader(file)]
    kept = [f"'{text}" for text in FORMULAS if not set(text) & set("\r\n\0")]
    assert set(kept) <= set(read)
    assert {"<b>bold</b><script>alert(1)</script>", "[red]not red[/red] :smile:"} <= set(read)
    assert "T\u00fcrkiye \u4e2d\u6587 e\u0301" in read


@needs_office
def test_libreoffice_runs_formulas_of_files_that_are_for_programs(
    hostile: Path, tmp_path: Path
) -> None:
    """So that no formula above means something, and README.txt says true."""
    export(hostile, tmp_path / "plain", fmt="datapackage", declared=DECLARED, names=["mart.labels"])
    assert formulas(convert(tmp_path / "plain" / "mart.labels.csv", tmp_path, "xlsx")) > 0
