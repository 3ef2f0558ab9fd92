"""Published forecasts as arrays, one fan per series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.forecast.scenarios.entries import WHOLE, Dimensions
from fcm_migration.marts.reviewed import SELECTORS

# series that share these count the same people in different detail: a scenario moves them together
FAMILY = ("source_id", "indicator", "destination_iso3", "frequency")


@dataclass(frozen=True)
class Fan:
    """The published forecast of one series.

    Attributes:
        dimensions: what the series counts.
        rounding: the publisher's rounding step.
        origin: first day of its last observed period.
        horizons: periods ahead.
        targets: first days of the periods forecast.
        levels: probability levels of the quantiles.
        values: targets x levels, in the series' unit.
        counted: by target, what is already counted of the period; zero where nothing is.
    """

    dimensions: Dimensions
    rounding: float
    origin: date
    horizons: tuple[int, ...]
    targets: tuple[date, ...]
    levels: tuple[float, ...]
    values: Floats
    counted: Floats

    @property
    def family(self) -> tuple[str, ...]:
        """Values of FAMILY."""
        return tuple(self.dimensions[name] for name in FAMILY)


def read_fans(published: pl.DataFrame, index: pl.DataFrame) -> dict[str, Fan]:
    """Return the published forecasts of the series in an index, by series."""
    found = {}
    facts = {row["series_id"]: row for row in index.iter_rows(named=True)}
    mine = published.filter(pl.col("series_id").is_in(list(facts))).sort("horizon", "quantile")
    for (series_id,), frame in mine.group_by("series_id", maintain_order=True):
        wide = frame.pivot(
            on="quantile", index=["horizon", "target_period", "counted_so_far"], values="value"
        )
        row = facts[str(series_id)]
        found[str(series_id)] = Fan(
            {name: row[name] for name in SELECTORS},
            float(row["rounding"]),
            frame.item(0, "origin_date"),
            tuple(wide.get_column("horizon")),
            tuple(wide.get_column("target_period")),
            tuple(float(name) for name in wide.columns[3:]),
            wide.select(wide.columns[3:]).to_numpy().astype(np.float64),
            wide.get_column("counted_so_far").fill_null(0).to_numpy().astype(np.float64),
        )
    return found


def by_family(series: Sequence[str], fans: Mapping[str, Fan]) -> list[list[str]]:
    """Return the series grouped by family, in their order."""
    families: dict[tuple[str, ...], list[str]] = {}
    for series_id in series:
        families.setdefault(fans[series_id].family, []).append(series_id)
    return list(families.values())


def contains(whole: Dimensions, part: Dimensions) -> bool:
    """Return whether one series counts all that another counts."""
    return all(whole[n] in (part[n], WHOLE.get(n)) for n in SELECTORS)
