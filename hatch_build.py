"""What the build adds: the shipped data to the wheel, the commit to wheel and sdist."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "fcm_migration"


class ShippedData(BuildHookInterface[Any]):
    """Put what ``config.SHIPPED`` names and the commit into what is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the additional files; an editable install gets none, it reads the checkout."""
        if version == "editable":
            return
        root = Path(self.root)
        # neither module imports anything that a build environment lacks
        sys.path.insert(0, str(root))
        config = importlib.import_module(f"{PACKAGE}.config")
        told = importlib.import_module(f"{PACKAGE}.version")
        added: dict[str, str] = build_data["force_include"]
        if self.target_name == "wheel":
            for name, place in config.SHIPPED.items():
                added[str(root / place)] = f"{PACKAGE}/_shipped/{name}"
        # an sdist holds what its own build recorded; written anew, its wheel is the same bytes
        commit = told.git_commit(root) or told.recorded_commit(root / PACKAGE)
        if commit is not None:
            self._folder = Path(tempfile.mkdtemp(prefix="fcm-commit-"))
            written = self._folder / told.RECORDED
            written.write_text(f"{commit}\n", encoding="utf-8")
            added[str(written)] = f"{PACKAGE}/{written.name}"

    def finalize(self, *_: object) -> None:
        """Remove the file made for this build."""
        with suppress(AttributeError):
            shutil.rmtree(self._folder)
