"""The share of each model in the published forecast, by series and periods ahead.

Decided at a forecast origin from earlier forecasts whose targets had been observed by then. A share
is a prior times exp(-SHARPNESS x log relative WIS), as in exponentially weighted aggregation
(Cesa-Bianchi and Lugosi 2006, Prediction, learning, and games, chapter 2). Priors and records
change little from one horizon to the next, so the published fan has no seam.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Floats, Ints
from fcm_migration.forecast.models.engine import PoolRun
from fcm_migration.forecast.settings import Settings

CANDIDATES = (
    "naive", "blend", "ses", "seasonal_naive", "seasonal_level", "seasonal_blend",
)  # fmt: skip
SHARPNESS = 12.0  # how strongly a better record draws the shares
KERNEL = {"M": 1.5, "Q": 0.7, "A": 0.7}  # periods over which records of horizons are smoothed
# prior share of the blend among what is not seasonal: near, and at twice the trusted horizon
BLEND_NEAR, BLEND_FAR = 0.85, 0.12
# of the blend around the seasonal level's median: near, half a year ahead, and a year ahead, where
# a season says nothing that the value a year before does not
SEASONAL_BLEND = (0.18, 0.33, 0.05)
# of the seasonal level: without evidence of a season, and what full evidence adds
SEASONAL_LEVEL, WITH_EVIDENCE = 0.05, 0.8
FULL_EVIDENCE = 0.45  # share of the season explained out of sample from which it is full
SMALL = 0.02  # prior share of exponential smoothing, and of the value a year before
UNREGRESSED = 0.3  # of the blend's prior that is left where no regression could be estimated


@dataclass(frozen=True)
class Shares:
    """The shares of the models at one forecast origin.

    Attributes:
        values: series x horizon x CANDIDATES; each sums to 1.
        judged: past origins they are based on, by horizon.
    """

    values: Floats
    judged: Ints


def shares(run: PoolRun, row: int, settings: Settings) -> Shares:
    """Return every model's share at an origin, for every series and horizon.

    Series to which nothing is fitted are naive. With few judged origins the shares move towards
    naive: from three quarters of the usual number on they count fully, up to a quarter not at all.
    """
    index, spec = run.rows.index(row), run.pool.spec
    records, judged = _records(run, row, settings.shrink)
    records = _smooth(records, KERNEL[run.pool.frequency], spec.horizon)
    values = _priors(run, index) * np.exp(-SHARPNESS * np.moveaxis(records, 0, -1))
    made = [np.isfinite(run.logs[model][index]).all(axis=-1) for model in CANDIDATES]
    values = np.where(np.stack(made, axis=-1), values, 0.0)
    only_naive = np.eye(len(CANDIDATES))[CANDIDATES.index("naive")]
    total = values.sum(axis=-1, keepdims=True)  # zero before a series begins
    values = np.where(total > 0, values / np.where(total > 0, total, 1.0), only_naive)
    trust = np.clip(2 * judged / spec.judged - 0.5, 0.0, 1.0)[:, None]
    values = trust * values + (1 - trust) * only_naive
    return Shares(np.where(run.fitted[index][:, None, None], values, only_naive), judged)


def mixed(run: PoolRun, places: int | list[int], values: Floats, step: int | None = None) -> Floats:
    """Return the mixture of the models, quantile by quantile on the log scale.

    Args:
        run: the pool's forecasts.
        places: places of origins in ``run.rows``.
        values: shares, series x horizon x CANDIDATES; of ``step`` alone, series x CANDIDATES.
        step: the one horizon wanted; None for all.

    Returns:
        as the logs of a model at these origins (and this step). A model that an origin lacks gives
        its share to naive.
    """
    at = (places, slice(None)) if step is None else (places, slice(None), step - 1)
    naive = run.logs["naive"][at]
    found = np.zeros_like(naive)
    for place, model in enumerate(CANDIDATES):
        share = values[..., place, None]
        if share.any():
            logs = run.logs[model][at]
            found += share * np.where(np.isfinite(logs), logs, naive)
    return found


def _priors(run: PoolRun, index: int) -> Floats:
    """Return prior shares, series x horizon x CANDIDATES."""
    spec = run.pool.spec
    steps = np.arange(1, run.horizon + 1)
    half_year = np.clip(2 * steps / spec.season, 0.0, 1.0)
    far = np.clip(steps / (2 * spec.trusted), 0.0, 1.0)
    evidence = np.clip(np.nan_to_num(run.evidence[index]) / FULL_EVIDENCE, 0.0, 1.0)[:, None]
    level = (SEASONAL_LEVEL + WITH_EVIDENCE * evidence) * (0.5 + 0.5 * half_year)
    around = np.interp(steps / spec.season, (0.0, 0.5, 1.0), SEASONAL_BLEND) * (1 - evidence)
    blend = (BLEND_NEAR + (BLEND_FAR - BLEND_NEAR) * far) * (1 - level - around)
    small = np.full_like(level, SMALL)
    naive = np.clip(1 - level - around - blend - 2 * small, SMALL, 1.0)
    regressed = np.where(run.regressed[index], 1.0, UNREGRESSED)
    by_name = {
        "naive": naive, "blend": blend * regressed, "ses": small, "seasonal_naive": small,
        "seasonal_level": level, "seasonal_blend": around,
    }  # fmt: skip
    return np.stack([by_name[model] for model in CANDIDATES], axis=-1)


def _smooth(records: Floats, width: float, most: int) -> Floats:
    """Return records (last axis: horizons) averaged over neighbouring horizons.

    Horizons up to ``most`` use each other alone, and a longer one those up to itself, so the
    horizon asked for changes no shorter one.
    """
    steps = np.arange(1, records.shape[-1] + 1)
    kernel = np.exp(-0.5 * ((steps[:, None] - steps) / width) ** 2)
    kernel *= steps <= np.maximum(steps, most)[:, None]
    smooth: Floats = records @ (kernel / kernel.sum(axis=1, keepdims=True)).T
    return smooth


def _records(run: PoolRun, row: int, shrink: float) -> tuple[Floats, Ints]:
    """Return log WIS relative to naive (CANDIDATES x series x horizon), and judged origins.

    The mean of a series' own record and its pool's, the own one weighing n / (n + shrink). Half a
    rounding step is added to both scores, so that a series without any error does not dominate.
    """
    fitted = run.fitted[run.rows.index(row)]
    half = run.pool.rounding / 2
    found = np.zeros((len(CANDIDATES), len(fitted), run.horizon))
    judged = np.zeros(run.horizon, dtype=np.int64)
    for step in range(1, run.horizon + 1):
        places = window(run, row, step)
        base = run.losses["naive"][places, :, step - 1]
        both = np.isfinite(base) & run.fitted[places]
        number = both.sum(axis=0)
        usable = fitted & (number > 0)
        if not usable.any():
            continue
        judged[step - 1] = len(places)
        known = np.maximum(number, 1)
        other = np.where(both, base, 0.0).sum(axis=0) / known
        weight = number / (number + shrink)
        for place, model in enumerate(CANDIDATES):
            mine = run.losses[model][places, :, step - 1]
            own = np.where(both, np.where(np.isnan(mine), base, mine), 0.0).sum(axis=0) / known
            ratio = np.log((own + half) / (other + half))
            pool = ratio[usable].mean()
            found[place, :, step - 1] = (
                weight * np.where(number > 0, ratio, pool) + (1 - weight) * pool
            )
    return found, judged


def window(run: PoolRun, row: int, step: int) -> list[int]:
    """Return the places of the judged origins: the newest with a target observed by a row."""
    newest = row - step
    return [
        place
        for place, origin in enumerate(run.rows)
        if newest - run.pool.spec.judged < origin <= newest
    ]
