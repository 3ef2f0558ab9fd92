"""Installed, not only checked out: the wheel is complete and gives the checkout's edition."""

from __future__ import annotations

import shutil
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from fcm_migration.config import PROJECT_ROOT, SHIPPED
from fcm_migration.version import __version__, commit
from tests.system.installed import PACKAGES, Installed, build, install, published_edition, run

pytestmark = pytest.mark.system

FIGURES = ("core.", "mart.", "forecast.", "trend.")
# the same refresh in the checkout, at the moment of the wheel's: figures may depend on the day
IN_CHECKOUT = """
import sys
from datetime import datetime
from fcm_migration.cli import main
from fcm_migration.config import home
from fcm_migration.refresh.context import Context
from fcm_migration.sources import SOURCES
now = datetime.fromisoformat(sys.argv[1])
main(["refresh", "--offline"], given=Context(home(), now, SOURCES, offline=True))
"""


@dataclass(frozen=True)
class Built:
    """What was built, and the commit it was built from."""

    wheel: Path
    sdist: Path
    commit: str


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    of = commit() or "unknown"
    sdist, wheel = sorted(
        build(PROJECT_ROOT, tmp_path_factory.mktemp("dist"), "sdist", "wheel"),
        key=lambda path: path.suffix,
    )
    return Built(wheel, sdist, of)


@pytest.fixture(scope="module")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(built.wheel, tmp_path_factory.mktemp("installed"))


def test_the_wheel_holds_all_that_ships(built: Built) -> None:
    with zipfile.ZipFile(built.wheel) as archive:
        names = archive.namelist()
        for name, place in SHIPPED.items():
            whole = PROJECT_ROOT / place
            files = [path for path in (whole, *whole.rglob("*")) if path.is_file()]
            assert files, place
            for path in files:
                inside = (Path(name) / path.relative_to(whole)).as_posix()
                held = archive.read(f"fcm_migration/_shipped/{inside}")
                assert held == path.read_bytes(), path
        facts = archive.read(f"fcm_migration-{__version__}.dist-info/METADATA").decode()
    # templates, workspace.yaml and dagster.yaml as well as modules
    ours = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for package in PACKAGES
        for path in (PROJECT_ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours <= set(names)
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "data"))]
    assert "License-Expression: Apache-2.0" in facts
    assert {name.rsplit("/", 1)[-1] for name in names if "licenses/" in name} == {
        "LICENSE",
        "NOTICE",
    }


def test_the_sdist_makes_the_same_wheel(built: Built, tmp_path: Path) -> None:
    with tarfile.open(built.sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (root,) = tmp_path.iterdir()
    (again,) = build(root, tmp_path / "again", "wheel")
    assert again.name == built.wheel.name
    assert again.read_bytes() == built.wheel.read_bytes()
    assert (root / "tests" / "system" / "test_wheel.py").exists()
    assert (root / "Makefile").exists()


def test_code_data_and_home_are_those_of_an_installed_copy(installed: Installed) -> None:
    script = (
        "import fcm_migration, dagster_project\n"
        "from fcm_migration import config\n"
        "print(fcm_migration.__file__, dagster_project.__file__,"
        " *map(config.shipped, config.SHIPPED), config.home().root, sep='\\n')"
    )
    *places, home = installed.run("python", "-c", script).stdout.splitlines()
    assert len(places) == 2 + len(SHIPPED)
    assert all(Path(place).is_relative_to(installed.site) for place in places), places
    assert Path(home) == installed.user_data / "fcm-migration"
    told = installed.run("python", "-c", script, FCM_HOME=str(installed.root / "x")).stdout
    assert told.splitlines()[-1] == str(installed.root / "x")


def test_the_version_names_the_commit(installed: Installed, built: Built) -> None:
    expected = f"fcm {__version__}, commit {built.commit}"
    assert installed.run("fcm", "--version").stdout.strip() == expected


def test_dagster_loads_the_definitions_from_the_wheel(installed: Installed) -> None:
    storage = installed.root / "dagster"
    storage.mkdir()
    (storage / "dagster.yaml").touch()
    load = ["-m", "dagster_project.definitions"]
    done = installed.run(
        "python", "-m", "dagster", "definitions", "validate", *load, DAGSTER_HOME=str(storage)
    )
    assert "All code locations passed validation" in done.stdout + done.stderr


@pytest.mark.slow
def test_a_refresh_from_the_wheel_gives_the_edition_of_the_checkout(
    installed: Installed, tmp_path: Path
) -> None:
    before = installed.files()
    homes = tmp_path / "wheel", tmp_path / "checkout"
    installed.run("fcm", "refresh", "--offline", FCM_HOME=str(homes[0]), seconds=2400)
    assert installed.files() == before
    assert list(installed.elsewhere.iterdir()) == []
    assert not (installed.user_data / "fcm-migration").exists()
    ours = published_edition(homes[0])
    environment = {"FCM_HOME": str(homes[1]), "PYTHONPATH": str(PROJECT_ROOT)}
    run(
        *(sys.executable, "-c", IN_CHECKOUT, ours["published_at"]),
        cwd=PROJECT_ROOT,
        environment=environment,
        seconds=2400,
    )
    theirs = published_edition(homes[1])
    differing = [
        name
        for name in sorted({*ours["tables"], *theirs["tables"]})
        if name.startswith(FIGURES) and ours["tables"].get(name) != theirs["tables"].get(name)
    ]
    assert differing == []
    assert ours["content_hash"] == theirs["content_hash"]
    sql = "SELECT edition_id FROM meta.edition"
    asked = installed.run("fcm", "query", sql, FCM_HOME=str(homes[0]))
    assert ours["edition_id"] in asked.stdout


def test_dg_finds_and_loads_the_project_in_the_checkout(tmp_path: Path) -> None:
    beside = Path(sys.executable).parent
    program = shutil.which("dg", path=str(beside)) or shutil.which("dg")
    if program is None:
        pytest.skip("no program dg here: `pip install dagster-dg-cli` in the tests' environment")
    (tmp_path / "dagster.yaml").touch()
    own = {
        "PYTHONPATH": str(PROJECT_ROOT),
        "HOME": str(tmp_path),
        "DAGSTER_HOME": str(tmp_path),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
    done = run(program, "check", "defs", cwd=PROJECT_ROOT, environment=own)
    assert "All definitions loaded successfully" in done.stdout + done.stderr
