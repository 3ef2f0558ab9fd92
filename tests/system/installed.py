"""A wheel of this checkout, installed alone into a fresh environment.

The environment borrows the libraries of the one the tests run in, so nothing is downloaded; the
project itself can only come from the wheel.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORGOTTEN = ("PYTHONPATH", "FCM_HOME", "DAGSTER_HOME", "VIRTUAL_ENV", "XDG_DATA_HOME")
PACKAGES = ("fcm_migration", "dagster_project")


def run(
    *command: object,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    seconds: float = 300,
) -> subprocess.CompletedProcess[str]:
    """Run a command in ``cwd`` without what points at this checkout; its output if it fails."""
    clean = {name: value for name, value in os.environ.items() if name not in FORGOTTEN}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-6000:]}"
    return done


def build(root: Path, into: Path, *targets: str) -> list[Path]:
    """Build targets (``wheel``, ``sdist``) of the project at ``root``; return the files."""
    asked = [part for target in targets for part in ("-t", target)]
    run(sys.executable, "-m", "hatchling", "build", *asked, "-d", into, cwd=root)
    return sorted(into.iterdir())


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel in it, and a user's folders of its own."""

    root: Path

    @property
    def bin(self) -> Path:
        """The environment's programs."""
        return self.root / "venv" / "bin"

    @property
    def site(self) -> Path:
        """Where the wheel's packages lie."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.root / "venv" / "lib" / version / "site-packages"

    @property
    def elsewhere(self) -> Path:
        """An empty folder in which all commands run."""
        return self.root / "elsewhere"

    @property
    def user_data(self) -> Path:
        """The user's data folder."""
        return self.root / "user" / "share"

    def run(
        self, program: str, *arguments: object, seconds: float = 300, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one of the environment's programs as a user who has never seen the checkout."""
        own = {
            "HOME": str(self.root / "user"),
            "XDG_DATA_HOME": str(self.user_data),
            "DAGSTER_DISABLE_TELEMETRY": "yes",
        }
        return run(
            self.bin / program,
            *arguments,
            cwd=self.elsewhere,
            environment=own | environment,
            seconds=seconds,
        )

    def files(self) -> dict[str, str]:
        """sha256 of every installed file of the project, but for compiled modules."""
        return {
            str(path.relative_to(self.site)): hashlib.sha256(path.read_bytes()).hexdigest()
            for package in PACKAGES
            for path in sorted((self.site / package).rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }


def install(wheel: Path, root: Path) -> Installed:
    """Make the environment below ``root``; the wheel goes in before the libraries are lent."""
    made = Installed(root)
    for folder in (made.elsewhere, made.user_data):
        folder.mkdir(parents=True)
    run(sys.executable, "-m", "venv", "--without-pip", root / "venv", cwd=root)
    pip = [sys.executable, "-m", "pip", "--python", made.bin / "python"]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-index"]
    run(*pip, "install", *quiet, wheel, cwd=root)
    paths = sysconfig.get_paths()
    lent = dict.fromkeys((paths["purelib"], paths["platlib"]))
    (made.site / "lent.pth").write_text("\n".join(lent) + "\n", encoding="utf-8")
    return made


def published_edition(home: Path) -> dict[str, Any]:
    """The facts of the one edition a home has published."""
    (facts,) = (home / "published" / "editions").glob("*.json")
    edition: dict[str, Any] = json.loads(facts.read_text(encoding="utf-8"))
    return edition
