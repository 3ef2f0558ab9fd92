"""US Border Patrol's encounters of the bundled edition, watched: the real series every copy has."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from fcm_migration.config import Home
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import obtain
from fcm_migration.refresh.sources import build_source
from fcm_migration.refresh.steps.alerts import newest_panel
from fcm_migration.sources import SOURCES
from fcm_migration.trends.watch.panel import Scope, scopes
from tests.making import inputs, make

BY_CITIZENSHIP = "us_ohss_usbp/border_encounters/USA/all/M/origin"


@cache
def by_citizenship() -> Scope:
    """Encounters by citizenship, all routes together, 1999-10 to 2023-09."""
    (source,) = (s for s in SOURCES if s.source_id == "us_ohss_usbp")
    with tempfile.TemporaryDirectory() as folder:
        now = datetime(2026, 11, 24, tzinfo=UTC)
        context = Context(Home(Path(folder)), now, (source,), offline=True, workers=2)
        obtain(context, source)
        build_source(context, source)
        make(context, "harmonise")
        make(context, "panel")
        found = {scope.name: scope for scope in scopes(newest_panel(inputs(context, "alerts")))}
    return found[BY_CITIZENSHIP]
