"""``fcm --version``: the version is declared once, the commit asked of git or of the build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_migration import version

NAMED = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
git = pytest.mark.skipif(shutil.which("git") is None, reason="no program git here")


def run_git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *NAMED, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@git
def test_a_checkout_names_its_commit_and_says_when_it_was_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    run_git(tmp_path, "init", "--quiet")
    assert version.git_commit(tmp_path) is None  # no commit yet
    (tmp_path / ".gitignore").write_text("made/\n")
    run_git(tmp_path, "add", ".")
    run_git(tmp_path, "commit", "--quiet", "-m", "first")
    head = run_git(tmp_path, "rev-parse", "HEAD")
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "ignored").touch()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))  # as while a hook runs
    assert version.git_commit(tmp_path) == head[:12]
    (tmp_path / "new.py").touch()
    assert version.git_commit(tmp_path) == f"{head[:12]} with uncommitted changes"
    (tmp_path / "inside").mkdir()
    assert version.git_commit(tmp_path / "inside") is None


def test_without_git_the_commit_is_quietly_unknown_or_what_the_build_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert version.git_commit(tmp_path) is None
    package = tmp_path / "fcm_migration"
    package.mkdir()
    monkeypatch.setattr(version, "__file__", str(package / "version.py"))
    assert version.sentence() == f"fcm {version.__version__}, commit unknown"
    (package / version.RECORDED).write_text("1a2b3c4d5e6f\n")
    assert version.sentence() == f"fcm {version.__version__}, commit 1a2b3c4d5e6f"


def test_importing_the_package_asks_nobody_for_the_commit() -> None:
    script = "import sys, fcm_migration, fcm_migration.config; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert not {"fcm_migration.version", "subprocess", "platformdirs"} & set(done.stdout.split())
