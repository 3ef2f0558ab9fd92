"""Simple rule for year totals: counted so far, times last year's ratio of total to date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.forecast.year_totals.settings import FEWEST_YEARS
from fcm_migration.forecast.year_totals.years import Monthly, Year


def expected(year: Year) -> float:
    """Return the count so far times last year's total over last year's count to the same date.

    Last year's total where no month is counted; NaN where last year is not known.
    """
    before = year.earlier(1)
    if year.done == 0:
        return before.total()
    then = before.counted()
    return year.counted() * before.total() / then if then > 0 else float("nan")


def ratio_quantiles(year: Year, origin: date, every: Sequence[Monthly]) -> Floats | None:
    """Return quantiles of a year's total by the simple rule, its spread learnt from its past.

    Errors of the rule at the same stage of every earlier year that was complete by the origin, of
    all series together, on the log scale; Student's t with as many degrees of freedom.

    Args:
        year: the year.
        origin: last month known.
        every: the series whose past teaches the spread.

    Returns:
        quantiles at QUANTILE_LEVELS; None without last year or with too few errors.
    """
    from scipy.special import stdtrit

    centre = expected(year)
    errors = [error for series in every for error in _errors(series, origin, year.done)]
    if not np.isfinite(centre) or len(errors) < FEWEST_YEARS:
        return None
    spread = np.sqrt(np.mean(np.square(errors)) * (1 + 1 / len(errors)))
    made = np.expm1(np.log1p(centre) + spread * stdtrit(len(errors), np.array(QUANTILE_LEVELS)))
    so_far = year.counted() if year.done else 0.0
    quantiles: Floats = np.maximum(made, so_far)
    return quantiles


def _errors(series: Monthly, origin: date, done: int) -> list[float]:
    """Return log errors of the rule in the years of a series that were complete by an origin."""
    running = series.year_after(origin)
    errors = []
    for back in range(1, running.start // 12 + 1):
        past = running.earlier(back)
        stage = Year(series, past.start, done)
        centre, total = expected(stage), stage.total()
        if np.isfinite(centre) and np.isfinite(total):
            errors.append(float(np.log1p(total) - np.log1p(centre)))
    return errors
