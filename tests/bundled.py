"""The bundled edition, refreshed once for a whole test run and shared by its processes.

Every test may read this home and none may write to it: what writes takes :func:`own_tables`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.config import Home
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from fcm_migration.sources import SOURCES
from tests.shared import made_once

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
# No smoothing and no regression is fitted, so naive stands in for them, and two years of errors
# calibrate: tables of the shape of the real ones, in seconds instead of minutes. Marts, alerts,
# corridors and proxies are those of a refresh with the declared settings.
QUICK = {"track_record": 3, "judged": 3, "memory": 24, "smoothed_every": 0}


def bundled_home(run: Path) -> Home:
    """Return the home below ``run``, the folder that all processes of a test run share.

    The first process to ask makes it; the others wait at a file lock.
    """
    home = Home(run / "bundled_home")
    with made_once(home.root) as is_made, _few_simulations():
        if not is_made:
            refresh(_context(home))
    return home


def bundled_context(home: Home) -> Context:
    """Return the context this home was refreshed in."""
    return _context(home)


def own_tables(home: Home, folder: Path) -> Context:
    """Return a context whose home holds the shared home's marts and reviewed tables, to write in.

    The tables are hard links; a step replaces files and never changes one in place.
    """
    mine = Home(folder / "home")
    for layer in ("mart", "meta"):
        (mine.root / layer).mkdir(parents=True)
        for path in (home.root / layer).glob("*.parquet*"):  # the files and their seals
            os.link(path, mine.root / layer / path.name)
    return replace(_context(mine), forecast=None)


def bundled_series(home: Home, *source_ids: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return ``mart.series`` and its index of some sources."""
    chosen = pl.col("source_id").is_in(source_ids)
    index = store.read(home.table("mart", "series_index"), SERIES_INDEX).filter(chosen)
    series = store.read(home.table("mart", "series"), SERIES)
    return series.filter(pl.col("series_id").is_in(index.get_column("series_id").implode())), index


def bundled_flows(home: Home, *source_ids: str) -> pl.DataFrame:
    """Return ``mart.flows`` of some sources."""
    flows = store.read(home.table("mart", "flows"), FLOWS)
    return flows.filter(pl.col("source_id").is_in(source_ids))


def _context(home: Home) -> Context:
    from fcm_migration.forecast import Settings

    cheap = Settings(min_pooled=10**9)
    return Context(home, NOW, SOURCES, offline=True, workers=1, forecast=cheap)


@contextmanager
def _few_simulations() -> Iterator[None]:
    """Simulate and refit less often what only says how sure a figure is."""
    from fcm_migration.forecast.settings import FREQUENCY_SPECS
    from fcm_migration.trends.breaks import build as breaks
    from fcm_migration.trends.breaks.settings import SIMULATION

    few = replace(SIMULATION, series=900, nearest=90)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(breaks, "simulated_null", partial(breaks.simulated_null, rules=few))
        for name, spec in FREQUENCY_SPECS.items():
            patch.setitem(FREQUENCY_SPECS, name, replace(spec, **QUICK))
        yield
