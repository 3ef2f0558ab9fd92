"""Declared scenarios as objects, checked for contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from fcm_migration.errors import UsageError

# the value of each dimension where nothing is broken down by it
WHOLE = {"origin_iso3": "total", "route": "all", "place": "all", "population_group": "all"}
PARTS = ("low", "central", "high")
Dimensions = Mapping[str, str]


@dataclass(frozen=True)
class Scenario:
    """One row of ``meta.scenarios``; ``receiving`` maps a dimension to the receiver's value."""

    scenario_id: str
    kind: str
    row: Mapping[str, Any]
    receiving: Dimensions
    factor: tuple[float, ...]
    share: tuple[float, ...]


def read_scenarios(declared: pl.DataFrame) -> list[Scenario]:
    """Return rows of ``meta.scenarios`` as objects.

    Raises:
        UsageError: percentiles out of order, a displacement without receiver, shares or lag (or
            these without one), an unknown dimension, or a displaced level that would rise.
    """
    found = []
    for row in declared.iter_rows(named=True):
        factor = tuple(row[f"factor_{part}"] for part in PARTS)
        share = tuple(row[f"displaced_share_{part}"] for part in PARTS)
        places = [part.partition("=") for part in row["receiving"].split("|") if part]
        needed = (places or None, *share, row["lag_steps"])
        displaces = row["scenario_kind"] == "displace"
        faults = {
            "factors out of order": list(factor) != sorted(factor),
            "what is displaced is lost first: no factor above 1": displaces and factor[2] > 1,
            "no dimension to receive at": any(name not in WHOLE for name, _, _ in places),
            "a displacement, and nothing else, has a receiver, three shares and a lag": any(
                (part is None) == displaces for part in needed
            ),
        }
        if displaces and None not in share:
            faults["shares out of order"] = list(share) != sorted(share)
        for fault in (fault for fault, is_so in faults.items() if is_so):
            raise UsageError(fault, where=f"scenarios.csv: {row['scenario_id']}", got=row)
        receiving = {name: value for name, _, value in places}
        shares = share if displaces else (0.0, 0.0, 0.0)
        found.append(
            Scenario(row["scenario_id"], row["scenario_kind"], row, receiving, factor, shares)
        )
    return found
