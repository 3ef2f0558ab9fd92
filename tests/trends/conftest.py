"""The real series every copy has: US Border Patrol's encounters of the bundled edition."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from fcm_migration.config import Home
from fcm_migration.refresh.steps.alerts import newest_panel
from fcm_migration.trends.watch.panel import Scope, scopes
from tests.bundled import bundled_context
from tests.making import inputs

SOURCE_ID = "us_ohss_usbp"
BY_CITIZENSHIP = f"{SOURCE_ID}/border_encounters/USA/all/M/origin"
# the last month there was when rules and bars were chosen; later ones are unseen
CHOSEN_ON = date(2023, 9, 1)


@pytest.fixture(scope="session")
def newest_by_citizenship(bundled_home: Home) -> pl.DataFrame:
    """The watched panel of encounters by citizenship, from 1999-10 to the newest month."""
    panel = newest_panel(inputs(bundled_context(bundled_home), "alerts"))
    return panel.filter(pl.col("source_id") == SOURCE_ID)


@pytest.fixture(scope="session")
def by_citizenship(newest_by_citizenship: pl.DataFrame) -> Scope:
    """Encounters by citizenship, all routes together, 1999-10 to 2023-09, watched."""
    return scope_of(newest_by_citizenship.filter(pl.col("period_start") <= CHOSEN_ON))


def scope_of(panel: pl.DataFrame) -> Scope:
    """The scope of encounters by citizenship, all routes together, of a panel."""
    return next(scope for scope in scopes(panel) if scope.name == BY_CITIZENSHIP)
