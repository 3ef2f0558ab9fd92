"""The real series every copy has: US Border Patrol's encounters of the bundled edition."""

from __future__ import annotations

import polars as pl
import pytest

from fcm_migration.config import Home
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.trends.watch.panel import Scope, scopes
from fcm_migration.trends.watch.releases import newest_panel
from tests.bundled import bundled_context
from tests.making import inputs

SOURCE_ID = "us_ohss_usbp"
BY_CITIZENSHIP = f"{SOURCE_ID}/border_encounters/USA/all/M/origin"


@pytest.fixture(scope="session")
def by_citizenship(bundled_home: Home) -> Scope:
    """Encounters by citizenship, all routes together, 1999-10 to 2023-09, watched."""
    read = inputs(bundled_context(bundled_home), "alerts").read
    panel = newest_panel(*map(read, (SERIES, SERIES_INDEX, SERIES_BREAKS))).filter(
        pl.col("source_id") == SOURCE_ID
    )
    return next(scope for scope in scopes(panel) if scope.name == BY_CITIZENSHIP)
