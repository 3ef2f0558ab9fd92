"""Past published forecasts of monthly series: their fans, and where the observed figures lay."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.arrays import Floats
from fcm_migration.forecast.scores import LEVEL_COLUMNS
from fcm_migration.forecast.year_totals.joint import correlation, scores_of
from fcm_migration.forecast.year_totals.settings import FEWEST_MEDIAN, HORIZONS

Fans = Mapping[tuple[str, date], Floats]


def fans_of(rows: pl.DataFrame) -> Fans:
    """Return fans by series and origin: HORIZONS x QUANTILE_LEVELS, NaN where not forecast.

    Args:
        rows: series_id, origin_date, horizon and LEVEL_COLUMNS.
    """
    fans = {}
    for (series_id, origin), frame in rows.group_by("series_id", "origin_date"):
        fan = np.full((HORIZONS, len(LEVEL_COLUMNS)), np.nan)
        fan[frame["horizon"].to_numpy() - 1] = frame.select(LEVEL_COLUMNS).to_numpy()
        fans[str(series_id), origin] = fan
    return fans


@dataclass(frozen=True)
class PastErrors:
    """Normal scores of observed figures in their fans.

    Attributes:
        sources: source of each forecast (series and origin).
        origins: days of its origin, as numbers.
        targets: forecasts x HORIZONS, days of the periods forecast; the largest number where none.
        scores: forecasts x HORIZONS; NaN where not known.
    """

    sources: NDArray[np.str_]
    origins: NDArray[np.int64]
    targets: NDArray[np.int64]
    scores: Floats

    def correlation(self, source_id: str, origin: date) -> Floats:
        """Return the correlation of a source's months ahead, by targets up to an origin."""
        mine = self.sources == source_id
        day = np.datetime64(origin, "D").astype(np.int64)
        scores = np.where(self.targets[mine] <= day, self.scores[mine], np.nan)
        known = np.isfinite(scores).sum(axis=1) > 1  # a pair of months at least
        return correlation(scores[known], len(np.unique(self.origins[mine][known])))


def past_errors(track: pl.DataFrame) -> PastErrors:
    """Return where observed figures lay in past forecasts, FEWEST_MEDIAN and more.

    Args:
        track: backtested rows of ``forecast.track_record`` of monthly series, with source_id.
    """
    rows = track.filter(pl.col("median") >= FEWEST_MEDIAN)
    cases = rows.select("series_id", "source_id", "origin_date").unique(maintain_order=True)
    place = cases.with_row_index("place")
    rows = rows.join(place, on=["series_id", "source_id", "origin_date"], maintain_order="left")
    at = (rows["place"].to_numpy(), rows["horizon"].to_numpy() - 1)
    scores = np.full((cases.height, HORIZONS), np.nan)
    targets = np.full((cases.height, HORIZONS), np.iinfo(np.int64).max)
    fans = rows.select(LEVEL_COLUMNS).to_numpy().astype(np.float64)
    scores[at] = scores_of(rows["observed_value"].to_numpy().astype(np.float64), fans)
    targets[at] = rows["target_period"].to_physical().cast(pl.Int64).to_numpy()
    return PastErrors(
        cases["source_id"].to_numpy().astype(np.str_),
        cases["origin_date"].to_physical().cast(pl.Int64).to_numpy(),
        targets,
        scores,
    )
