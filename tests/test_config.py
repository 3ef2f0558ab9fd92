"""Where things lie is decided when asked, by argument, environment or checkout."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fcm_migration import config, errors
from fcm_migration.config import PROJECT_ROOT, SHIPPED, Home, checkout, home, in_checkout, shipped


def test_the_argument_wins_then_the_environment_then_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FCM_HOME", str(tmp_path / "env"))
    assert home(tmp_path / "arg").root == tmp_path / "arg"
    assert home().root == tmp_path / "env"
    monkeypatch.setenv("FCM_HOME", "")
    assert home().root == PROJECT_ROOT / "data"
    monkeypatch.delenv("FCM_HOME")
    assert home().root == PROJECT_ROOT / "data"


def test_an_installed_copy_reads_the_package_and_lives_in_the_users_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SHIPPED:
        assert shipped(name) == PROJECT_ROOT / SHIPPED[name]
        assert shipped(name).exists()
    assert in_checkout("docs", option="FOLDER") == PROJECT_ROOT / "docs"
    monkeypatch.delenv("FCM_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setattr(config, "_INSIDE", tmp_path / "_shipped")
    for name in SHIPPED:
        (tmp_path / "_shipped" / name).mkdir(parents=True)
    assert {name: shipped(name) for name in SHIPPED} == {
        name: tmp_path / "_shipped" / name for name in SHIPPED
    }
    assert checkout() is None
    if sys.platform == "linux":
        assert home().root == tmp_path / "share" / "fcm-migration"
    with pytest.raises(errors.UsageError, match=r"docs: an installed copy .* write with FOLDER"):
        in_checkout("docs", option="FOLDER")


def test_nobody_else_looks_beside_the_package() -> None:
    packages = [PROJECT_ROOT / name for name in ("fcm_migration", "dagster_project")]
    files = [path for package in packages for path in package.rglob("*.py")]
    knowing = [path.name for path in files if "PROJECT_ROOT" in path.read_text(encoding="utf-8")]
    assert knowing == ["config.py"]


def test_a_home_is_absolute_and_knows_the_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert home(Path("~/x")).root == home(Path("x")).root == tmp_path.resolve() / "x"


def test_every_folder_lies_in_the_home() -> None:
    place = Home(Path("/h"))
    folders = [place.archive, place.core, place.inbox, place.cache, place.downloads]
    folders += [place.published_dir, place.dagster_home]
    assert len(set(folders)) == 7
    assert all(folder.parent == place.root for folder in folders)
    assert place.published == place.published_dir / "fcm_migration.duckdb"
    assert place.table("mart", "flows") == Path("/h/mart/flows.parquet")


def test_an_error_says_what_where_expected_got_and_remedy() -> None:
    error = errors.UsageError("no", where="x", expected=[1], got=2, remedy="try 1")
    assert str(error) == "x: no; expected [1]; got 2; what to do: try 1"
    assert str(errors.FetchError("late", outcome="unreachable")) == "late"
    assert errors.FetchError("late", outcome="unreachable").outcome == "unreachable"


def test_exit_codes_are_the_documented_ones() -> None:
    codes = {
        errors.FcmError: 1,
        errors.UsageError: 2,
        errors.SourceError: 3,
        errors.FetchError: 3,
        errors.UnsafeFileError: 3,
        errors.LayoutError: 3,
        errors.ConformError: 3,
        errors.CheckFailedError: 4,
        errors.BusyError: 5,
        errors.EditionError: 6,
        errors.ClusterError: 7,
    }
    assert {kind: kind.exit_code for kind in codes} == codes
