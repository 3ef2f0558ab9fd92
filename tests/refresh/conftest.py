"""A small home with the toy source."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fcm_migration.config import SUITES_DIR, Home
from fcm_migration.refresh.context import Context
from tests.toy import TOY, write_aliases

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """An empty home, offline, with the toy source and its aliases."""
    reference = write_aliases(tmp_path / "reference", {"Chad": "TCD", "Peru": "PER"})
    return Context(
        Home(tmp_path / "home"),
        NOW,
        (TOY,),
        offline=True,
        reference_dir=reference,
        suites_dir=SUITES_DIR,
        bundled_dir=tmp_path / "bundled",
        workers=1,
    )
