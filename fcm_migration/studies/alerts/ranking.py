"""Area under the precision-recall curve of a score, as its threshold falls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.trends.scoring.scorecard import DRAWS, judge, measures, resampled
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import sum_of

THRESHOLDS = 40


@dataclass(frozen=True)
class Ranked:
    """Area under the precision-recall curve, and the same of every bootstrap sample of series."""

    area: float
    drawn: Floats

    def minus(self, other: Ranked) -> tuple[float, float, float]:
        """Return the difference of two areas with its 95 % interval over the same samples."""
        low, high = np.percentile(self.drawn - other.drawn, (2.5, 97.5))
        return self.area - other.area, float(low), float(high)

    @property
    def interval(self) -> tuple[float, float]:
        """Ends of the 95 % interval."""
        low, high = np.percentile(self.drawn, (2.5, 97.5))
        return float(low), float(high)


def sized(scope: Scope) -> Bools:
    """Flag figures of the smallest size of an alert, which all rules share, T x N."""
    spec = scope.spec
    large: Bools = (scope.values >= spec.least) & (
        sum_of(scope.values, spec.held) >= spec.least_held
    )
    return large


def ranked(
    cases: Sequence[tuple[Scope, Floats, Bools, Sequence[Surge]]],
    windows: Mapping[str, Sequence[int]],
) -> Ranked:
    """Return the area of a score, with thresholds at its values in active series of enough size.

    Args:
        cases: scope, score (T x N), active (T x N), surges.
        windows: rows evaluated, by name of the scope.

    Returns:
        the average precision (NaN where nothing is active): at every recall, the best precision
        (share of hits among hits, grown and false) of any threshold that reaches it; 0 beyond the
        largest recall.
    """
    counts = list(_swept(cases, windows))
    if not counts:
        return Ranked(float("nan"), np.full(DRAWS, np.nan))
    sums = [measures(block.sum(axis=0)) for block in counts]
    drawn = [measures(resampled(block)) for block in counts]
    recall, precision = (
        np.array([np.asarray(item[name]) for item in drawn])
        for name in ("recall", "surge_precision")
    )
    samples = [_area(recall[:, draw], precision[:, draw]) for draw in range(DRAWS)]
    area = _area(
        np.array([item["recall"] for item in sums]),
        np.array([item["surge_precision"] for item in sums]),
    )
    return Ranked(area, np.array(samples))


def _swept(
    cases: Sequence[tuple[Scope, Floats, Bools, Sequence[Surge]]],
    windows: Mapping[str, Sequence[int]],
) -> Iterator[Floats]:
    """Yield the counts of the scorecard at each threshold; none where nothing is active."""
    able = [tested & sized(scope) & ~np.isnan(score) for scope, score, tested, _ in cases]
    values = np.concatenate(
        [
            score[list(windows[scope.name])][on[list(windows[scope.name])]]
            for (scope, score, _, _), on in zip(cases, able, strict=True)
        ]
    )
    if not len(values):
        return
    for threshold in np.unique(np.quantile(values, np.linspace(0.0, 0.995, THRESHOLDS))):
        flagged = [
            (scope, on & (np.nan_to_num(score, nan=-np.inf) >= threshold), tested, found)
            for (scope, score, tested, found), on in zip(cases, able, strict=True)
        ]
        yield judge(flagged, windows, draw=False).counts


def _area(recall: Floats, precision: Floats) -> float:
    """Return the average precision over recall; NaN without a known point."""
    known = ~np.isnan(recall) & ~np.isnan(precision)
    order = np.argsort(recall[known], kind="stable")
    reached, exact = recall[known][order], precision[known][order]
    if not len(reached):
        return float("nan")
    best = np.maximum.accumulate(exact[::-1])[::-1]
    steps = np.diff(np.concatenate([[0.0], reached]))
    return float((steps * best).sum())
