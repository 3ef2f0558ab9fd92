"""One pool of monthly series as a matrix, and how much each series moves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.errors import UsageError
from fcm_migration.forecast.settings import SEASON

Floats = NDArray[np.float64]
COLUMNS = ("series_id", "pool", "period_start", "value", "grid")


@dataclass(frozen=True)
class Pool:
    """A pool's series side by side.

    Attributes:
        name: the pool.
        series: names, one per column of ``values``.
        months: first days of all months, one per row.
        values: counts, NaN before a series begins, after it ends and where nothing was observed.
        grid: the publisher's rounding grid, one per series.
    """

    name: str
    series: tuple[str, ...]
    months: tuple[date, ...]
    values: Floats
    grid: Floats

    def filled(self) -> Floats:
        """log1p of the counts, the last observed value standing in for a missing one."""
        z = np.log1p(self.values)
        for row in range(1, len(z)):
            missing = np.isnan(z[row])
            z[row, missing] = z[row - 1, missing]
        return z

    def last_observed(self) -> NDArray[np.int64]:
        """Row of each series' last observed month; -1 where it has none."""
        seen = ~np.isnan(self.values)
        rows = len(seen) - 1 - np.argmax(seen[::-1], axis=0)
        return np.where(seen.any(axis=0), rows, -1)

    def until(self, row: int) -> Pool:
        """The pool as it was when ``row`` was the last observed month."""
        return Pool(
            self.name, self.series, self.months[: row + 1], self.values[: row + 1], self.grid
        )


def pools(panel: pl.DataFrame) -> Iterator[Pool]:
    """Split a long panel (see COLUMNS; period_start is the first of a month) into its pools.

    Raises:
        UsageError: columns are missing, or a series has a gap or a month twice.
    """
    if missing := set(COLUMNS) - set(panel.columns):
        raise UsageError("the panel lacks columns", expected=COLUMNS, got=sorted(missing))
    _refuse_gaps(panel)
    for (name,), part in sorted(panel.group_by("pool"), key=lambda item: str(item[0][0])):
        wide = part.pivot("series_id", index="period_start", values="value")
        months = pl.DataFrame(
            {
                "period_start": pl.date_range(
                    wide.get_column("period_start").min(),  # type: ignore[arg-type]
                    wide.get_column("period_start").max(),  # type: ignore[arg-type]
                    "1mo",
                    eager=True,
                )
            }
        )
        series = sorted(set(part.get_column("series_id")))
        wide = months.join(wide, on="period_start", how="left").sort("period_start")
        grid = dict(part.select("series_id", "grid").unique().iter_rows())
        yield Pool(
            str(name),
            tuple(series),
            tuple(wide.get_column("period_start")),
            wide.select(series).cast(pl.Float64).to_numpy().astype(np.float64),
            np.array([grid[s] for s in series], dtype=np.float64),
        )


def _refuse_gaps(panel: pl.DataFrame) -> None:
    month = pl.col("period_start").dt.year() * 12 + pl.col("period_start").dt.month()
    broken = (
        panel.group_by("series_id")
        .agg(
            pl.len().alias("rows"),
            (month.max() - month.min() + 1).alias("months"),
            pl.col("period_start").n_unique().alias("distinct"),
        )
        .filter(
            (pl.col("rows") != pl.col("months").cast(pl.UInt32))
            | (pl.col("rows") != pl.col("distinct"))
        )
        .sort("series_id")
    )
    if not broken.is_empty():
        raise UsageError(
            f"{broken.height} series with a gap or a month twice",
            expected="one row for every month, null where nothing was observed",
            got=broken.head(3).rows(),
        )


def means(values: Floats, months: int) -> Floats:
    """Mean of the last ``months`` observed counts at each row (fewer at the start)."""
    counts = np.nan_to_num(values)
    seen = (~np.isnan(values)).astype(np.float64)
    total, number = np.cumsum(counts, axis=0), np.cumsum(seen, axis=0)
    total[months:] -= total[:-months].copy()
    number[months:] -= number[:-months].copy()
    return total / np.maximum(number, 1.0)


def weights(values: Floats, level: Floats, least: float) -> Floats:
    """How much a series-month counts in what is learnt from a pool.

    The score is in persons, not logarithms: a series above its own ``level`` weighs more, between
    a tenth and four times; ``least`` (counts) keeps small numbers from deciding.
    """
    weight: Floats = np.clip((np.nan_to_num(values) + least) / (level + least), 0.1, 4.0)
    return weight


def scales(z: Floats, values: Floats, grid: Floats) -> Floats:
    """How far a series tends to move in a month, on the log scale; finite everywhere.

    0.4 a + 0.6 sqrt(0.35^2 + 1/(L+g)): a is the exponentially weighted mean (0.9) of the absolute
    monthly change, clipped at 3; L the mean of the last year; g the rounding grid. The mixture was
    fixed on US origins 2013 to 2021; other mixtures lie within 1 %.
    """
    moves = np.zeros_like(z)
    moves[1:] = np.clip(np.abs(np.nan_to_num(np.diff(z, axis=0))), 0, 3)
    level = np.zeros_like(z)
    for row in range(1, len(z)):
        level[row] = 0.9 * level[row - 1] + 0.1 * moves[row]
    floor = np.sqrt(0.35**2 + 1.0 / (means(values, SEASON) + grid))
    scale: Floats = 0.4 * level + 0.6 * floor
    return scale
