"""The version of this package and the commit it was made from.

``__version__`` is the one declaration of the version: the build reads it from here. The commit of a
wheel or sdist is written at build time by ``hatch_build.py``; that of a checkout is asked of git.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

__version__ = "0.1.0"
RECORDED = "_commit.txt"  # beside this module in a wheel and an sdist, never in a checkout
LENGTH = 12


def commit() -> str | None:
    """Return the commit this copy was made from; None if nobody recorded it and git cannot tell.

    A copy with changes that no commit holds says so: ``1a2b3c4d5e6f with uncommitted changes``.
    """
    package = Path(__file__).resolve().parent
    return git_commit(package.parent) or recorded_commit(package)


def recorded_commit(package: Path) -> str | None:
    """Return the commit that the build wrote into this package folder, or None."""
    try:
        return (package / RECORDED).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None


def git_commit(root: Path) -> str | None:
    """Return the checkout's commit; None without git, or where ``root`` is no repository's top.

    A folder inside some other repository (an unpacked sdist, a virtual environment) has no commit
    of its own.
    """
    if not (root / ".git").exists():
        return None
    # variables such as GIT_DIR, set while a hook runs, would make git look elsewhere
    environment = {name: v for name, v in os.environ.items() if not name.startswith("GIT_")}
    asked = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch"]
    try:
        done = subprocess.run(  # noqa: S603
            asked, cwd=root, env=environment, capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return _read_status(done.stdout)


def _read_status(text: str) -> str | None:
    heads = [line.split()[-1] for line in text.splitlines() if line.startswith("# branch.oid ")]
    if not heads or heads[0] == "(initial)":
        return None
    changed = any(not line.startswith("#") for line in text.splitlines())
    return heads[0][:LENGTH] + (" with uncommitted changes" if changed else "")


def sentence() -> str:
    """Return what ``fcm --version`` prints."""
    return f"fcm {__version__}, commit {commit() or 'unknown'}"
