"""Simulated panels and policies for the tests of effects; nothing here was ever counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.marts.reviewed import POLICY_EVENTS
from fcm_migration.trends.policies.effects import Watched, watched
from fcm_migration.trends.policies.events import policies
from tests.trends.panels import marts, one

FIRST = date(2005, 1, 1)
MONTHS = 180  # to December 2019
POLICY = date(2017, 6, 1)
ORIGINS = tuple(f"A{a}{b}" for a in "ABCD" for b in "ABCDE")
SELECTED = {
    "source_id": "us_ohss_usbp",
    "indicator": "border_encounters",
    "destination_iso3": "USA",
    "origin_iso3": "AAA",
    "route": "all",
    "place": "all",
    "population_group": "all",
    "frequency": "M",
}


def at(day: date) -> int:
    """Position of a month in a simulated series."""
    return (day.year - FIRST.year) * 12 + day.month - FIRST.month


def simulate_ar1(seed: int, level: float = 400.0, months: int = MONTHS) -> NDArray[np.float64]:
    """Counts around a level that drifts as real series do (a persistent random walk)."""
    random = np.random.default_rng(seed)
    log = np.zeros(months)
    for month in range(1, months):
        log[month] = 0.9 * log[month - 1] + random.normal(0, 0.15)
    return np.asarray(random.poisson(level * np.exp(log)), dtype=np.float64)


def counts(values: NDArray[np.float64]) -> list[int | None]:
    """Whole counts."""
    return [round(value) for value in values]


def event(name: str = "policy", day: date = POLICY, **changes: object) -> dict[str, object]:
    """A row of ``meta.policy_events``; changes name columns, or dimensions of the selectors."""
    selectors = {key: changes.pop(key, value) for key, value in SELECTED.items()}
    usual: dict[str, object] = {
        "policy_id": name,
        "policy_date": day,
        **{f"{key}_selector": value for key, value in selectors.items()},
        "policy_words": "Something is decided.",
        "expected_direction": "down",
        "receiving": "",
        "fit_start_date": None,
        "announced_by": "Nobody",
        "announced_url": "https://example.org/",
        "evidence": "Simulated.",
        "reviewed_date": date(2024, 1, 1),
    }
    return {**usual, **changes}


def events(*rows: Mapping[str, object]) -> pl.DataFrame:
    """``meta.policy_events`` of these rows."""
    frame = pl.DataFrame(list(rows), schema=polars_schema(POLICY_EVENTS))
    return conform(frame, POLICY_EVENTS)


def origin_series(cut: float = 1.0, common: float = 1.0) -> list[dict[str, object]]:
    """Twenty origins; the first is multiplied by ``cut`` and all by ``common`` from POLICY on."""
    made = []
    for number, origin in enumerate(ORIGINS):
        values = simulate_ar1(number)
        values[at(POLICY) :] *= common * (cut if number == 0 else 1.0)
        made.append(one(origin, counts(values), first=FIRST))
    return made


def held(series: Sequence[dict[str, object]], *rows: Mapping[str, object]) -> Watched:
    """The panel of these series, with these policies known."""
    return watched(*marts(series), policies(events(*rows)))


def only(frame: pl.DataFrame, **chosen: object) -> dict[str, object]:
    """The one row that has these values."""
    (row,) = frame.filter(*(pl.col(name) == value for name, value in chosen.items())).to_dicts()
    return row
