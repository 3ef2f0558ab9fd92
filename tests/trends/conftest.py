"""The real series every copy has: US Border Patrol's encounters of the bundled edition."""

from __future__ import annotations

import polars as pl
import pytest

from fcm_migration.config import Home
from fcm_migration.refresh.steps.alerts import newest_panel
from fcm_migration.trends.watch.panel import Scope, scopes
from tests.bundled import bundled_context
from tests.making import inputs

SOURCE_ID = "us_ohss_usbp"
BY_CITIZENSHIP = f"{SOURCE_ID}/border_encounters/USA/all/M/origin"


@pytest.fixture(scope="session")
def by_citizenship(bundled_home: Home) -> Scope:
    """Encounters by citizenship, all routes together, 1999-10 to 2023-09, watched."""
    panel = newest_panel(inputs(bundled_context(bundled_home), "alerts")).filter(
        pl.col("source_id") == SOURCE_ID
    )
    return next(scope for scope in scopes(panel) if scope.name == BY_CITIZENSHIP)
