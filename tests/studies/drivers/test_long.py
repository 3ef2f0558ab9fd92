"""The long study reads the publishers' files as they are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.studies.drivers.features import PANEL
from fcm_migration.studies.drivers.long import outside

pytestmark = pytest.mark.shared_data


def test_figures_by_origin_are_the_publishers(shared_data: Path) -> None:
    found = {driver.driver: panel for driver, panel, _ in outside(shared_data)}
    assert set(found) == {"frontex_detections", "ucdp_yearly", "darien", "darien_late"}
    for panel in found.values():
        assert set(panel.columns) == set(PANEL)
        assert panel.select(PANEL[:3]).is_unique().all()
    entries = found["darien"].filter(pl.col("period_start").dt.year() == 2023)
    assert entries["value"].sum() == 520_085  # Panama's own total for 2023
    rwanda = (pl.col("origin_iso3") == "RWA") & (pl.col("period_start") == date(1994, 1, 1))
    deaths = found["ucdp_yearly"].filter(rwanda)["value"].item()
    assert 500_000 < deaths < 900_000
    assert found["frontex_detections"]["period_start"].max() == date(2025, 4, 1)
