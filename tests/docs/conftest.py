"""The bundled edition, published once: what the documentation's questions are asked of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import pytest

from fcm_migration.config import Home
from fcm_migration.forecast import Settings
from fcm_migration.forecast.settings import RHYTHMS
from fcm_migration.publish.query import Connection, connect
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from fcm_migration.sources import SOURCES
from fcm_migration.trends.breaks import build as breaks
from fcm_migration.trends.breaks.settings import SIMULATION

# No smoothing and no regression is fitted, so naive stands in for them, and two years of errors
# calibrate: tables of the shape of the real ones, in seconds instead of minutes.
CHEAP = Settings(min_pooled=10**9)
QUICK = {"track_record": 3, "judged": 3, "memory": 24, "smoothed_every": 0}
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def bundled_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that stands on the bundled edition alone, refreshed once."""
    home = Home(tmp_path_factory.mktemp("bundled"))
    few = replace(SIMULATION, series=900, nearest=90)
    with pytest.MonkeyPatch.context() as patch:
        # likewise for what is simulated many times to say how sure a figure is
        patch.setattr(breaks, "simulated_null", partial(breaks.simulated_null, rules=few))
        for name, rhythm in RHYTHMS.items():
            patch.setitem(RHYTHMS, name, replace(rhythm, **QUICK))
        refresh(Context(home, NOW, SOURCES, offline=True, workers=1, forecast=CHEAP))
    return home


@pytest.fixture(scope="session")
def bundled(bundled_home: Home) -> Iterator[Connection]:
    """A connection to its published file."""
    with connect(bundled_home.root) as connection:
        yield connection
