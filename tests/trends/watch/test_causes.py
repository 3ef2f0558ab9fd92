"""Which breaks an alert names."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from fcm_migration.trends.watch.causes import near_policies, with_causes

CUTS = {2002: "Cases in 2000 and 2001, persons since.", 2021: "Persons begin anew."}


@pytest.mark.parametrize(("year", "named"), [(2000, []), (2010, [2002]), (2023, [2021])])
def test_of_lasting_cuts_the_newest_is_named_however_long_ago(year: int, named: list[int]) -> None:
    alerts = pl.DataFrame(
        {
            "series_id": ["s"],
            "period": [date(year, 1, 1)],
            "frequency": ["A"],
            "kind": ["own"],
            "tier": ["strong"],
        }
    )
    breaks = pl.DataFrame(
        {
            "series_id": ["s"] * len(CUTS),
            "break_first_date": [date(first, 1, 1) for first in CUTS],
            "break_last_date": pl.Series([None] * len(CUTS), dtype=pl.Date()),
            "break_kind": ["unit"] * len(CUTS),
            "treatment": ["cut"] * len(CUTS),
            "words": list(CUTS.values()),
        }
    )
    no_policies = near_policies(pl.DataFrame(), None)
    (row,) = with_causes(alerts, breaks, no_policies).iter_rows(named=True)
    assert row["causes"] == " ".join(f"{first}-01-01: {CUTS[first]}" for first in named)
    assert (row["kind"], row["tier"]) == ("own", "strong")
