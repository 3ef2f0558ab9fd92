"""A home with the panel of one simulated source so sparse that nothing is fitted: fast."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fcm_migration.config import Home
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import obtain
from fcm_migration.refresh.settling import settle_source
from tests import toy
from tests.forecast import simulated
from tests.making import make


def sparse_home(folder: Path) -> Context:
    """Forty months of two origins and their total, up to the panel of series."""
    rows = [
        (day.strftime("%Y-%m"), origin, str((3 * i + n) % 7))
        for i, day in enumerate(simulated.months(40))
        for n, origin in enumerate(("Aland", "Borduria"))
    ]
    made = Context(
        Home(folder / "home"),
        datetime(2026, 1, 1, tzinfo=UTC),
        (toy.TOY,),
        offline=True,
        reference_dir=toy.write_aliases(folder / "reference", {"Aland": "ALA", "Borduria": "AFG"}),
        bundled_dir=folder / "none",
        workers=1,
    )
    toy.write_release(made.home.inbox / "toy", "2018-06-01", rows)
    obtain(made, toy.TOY)
    settle_source(made, toy.TOY)
    make(made, "harmonise")
    make(made, "panel")
    return made
