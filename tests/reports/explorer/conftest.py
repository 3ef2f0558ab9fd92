"""Toy editions, made once a test run."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcm_migration.refresh.context import Context
from tests.reports.explorer.editions import hostile_file, revised_toy


@pytest.fixture(scope="session")
def revised(published: Context, tmp_path_factory: pytest.TempPathFactory) -> Context:
    return revised_toy(published, tmp_path_factory.mktemp("revised"))


@pytest.fixture(scope="session")
def hostile(published: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_file(published, tmp_path_factory.mktemp("hostile"))
