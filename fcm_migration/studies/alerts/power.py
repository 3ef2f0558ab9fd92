"""Power of the alerts and of the baselines: how large a rise must be to be detected.

Ramps of known size are added to quiet stretches of real series
(:mod:`fcm_migration.studies.alerts.ramps`); those detected in time are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.arrays import Bools, Floats
from fcm_migration.errors import UsageError
from fcm_migration.studies.alerts.ramps import BANDS, Spot, memory, packs, put, quiet_spots
from fcm_migration.studies.alerts.ranking import sized
from fcm_migration.trends.detection.residuals import Calibration, active
from fcm_migration.trends.detection.rules import Signals, signals
from fcm_migration.trends.detection.settings import RULES
from fcm_migration.trends.scoring.outcomes import episode_rows
from fcm_migration.trends.scoring.scorecard import resampled
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import shifted

FACTORS = (1.5, 2.0, 3.0, 4.0)
RAMPS = (1, 3, 6)
GRACE = 2  # months after the ramp in which it may still be detected
BEFORE = date(2019, 1, 1)  # windows end before the years in which whole routes moved
EQUAL = 1.0  # false episodes per 100 series-months at which rules are compared
CANDIDATES = 300
OWN_RULES = ("ALERT", "STRONG")
SCHEMA = {
    "rule": pl.String(),
    "threshold_kind": pl.String(),
    "threshold": pl.Float64(),
    "false_per_100": pl.Float64(),
    "mean_band": pl.Float64(),
    "band_false_per_100": pl.Float64(),
    "factor": pl.Float64(),
    "ramp_months": pl.Int64(),
    "windows": pl.Int64(),
    "origins": pl.Int64(),
    "detected": pl.Float64(),
    "detected_low": pl.Float64(),
    "detected_high": pl.Float64(),
}
Score = Callable[[Scope], Floats]


@dataclass(frozen=True)
class _Scores:
    """Scores of one rule.

    Attributes:
        quiet: score on the unchanged scope, T x N; -inf where the rule does not apply.
        best: by factor and ramp, largest score within the ramp and two months, by spot.
    """

    quiet: Floats
    best: dict[tuple[float, int], Floats]


def power_table(
    scope: Scope,
    by_year: Mapping[int, Calibration],
    rules: Mapping[str, tuple[Score, float]],
    *,
    before: date = BEFORE,
) -> pl.DataFrame:
    """Return the share of ramps detected by rule, threshold, size, factor and length of the ramp.

    Args:
        scope: a monthly scope; nothing from ``before`` on is used.
        by_year: of the unchanged scope. A ramp would change the calibration of the year after
            its own by one series among many: left out.
        rules: other rules by name, each a score (T x N, of each series by itself) and the
            threshold of its alerts; they share the activity and size floors of the alerts.
        before: first month that is not used.

    Returns:
        rows of :data:`SCHEMA`, for ALERT, STRONG and every other rule: at its own threshold, and at
        the one that gives one false episode per 100 series-months (mean of the bands) on the
        unchanged windows. Factor 1 is the unchanged series, which gives the rate by chance. The
        95 % interval is a bootstrap over origins; where all or none of a band's windows are
        detected, its open end is the exact binomial one for as many trials as origins.

    Raises:
        UsageError: the scope is not monthly, or has no quiet stretch before ``before``.
    """
    tested, spots = _windows(scope, before)
    scores = _own_scores(tested, by_year, spots)
    for name, (score, _) in rules.items():
        scores[name] = _other_scores(tested, score, spots)
    limits = dict.fromkeys(OWN_RULES, 1.0) | {name: limit for name, (_, limit) in rules.items()}
    rows = [
        (name, *cells)
        for name, found in scores.items()
        for cells in _of_rule(tested, found, limits[name], spots)
    ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _of_rule(
    scope: Scope, found: _Scores, own: float, spots: Sequence[Spot]
) -> Iterator[tuple[object, ...]]:
    """Yield the cells of one rule, at its own threshold and at that of equal false alarms."""
    equal = _equal_limit(scope, found.quiet, spots)
    for kind, limit in (("own", own), ("equal_false_alarms", equal)):
        wrong = _false_alarms(scope, found.quiet >= limit, spots)
        for cells in _shares(found, limit, wrong, spots):
            yield (kind, limit, float(np.nanmean(wrong)), *cells)


def _windows(scope: Scope, before: date) -> tuple[Scope, list[Spot]]:
    """Return the scope up to ``before`` with its active series, and the spots for ramps."""
    if scope.frequency != "M":
        raise UsageError("power is measured on monthly series", got=scope.frequency)
    past = sum(period < before for period in scope.periods)
    if not past:
        raise UsageError("no month to put a ramp into", expected=f"months before {before}")
    tested = _tested_only(scope.until(past - 1))
    spots = quiet_spots(tested)
    if not spots:
        raise UsageError("no quiet stretch to put a ramp into", where=scope.name)
    return tested, spots


def margins(scope: Scope, found: Signals) -> tuple[Floats, Floats]:
    """Return how close ALERT and STRONG are to their thresholds, each T x N: detected from 1 on.

    It is the smaller of growth beyond the season (log, relative to a doubling) and rarity (log p,
    for STRONG log q, relative to its limit), where size, season and level of the month allow an
    alert. Above 1 it says how much stricter the rule could be.
    """
    spec, y = scope.spec, scope.values
    past = [shifted(found.growth, spec.year * back) for back in range(1, RULES.seasons + 1)]
    season = np.maximum(np.nan_to_num(np.minimum.reduce(past), nan=1.0), 1.0)
    lately = np.stack([shifted(y, lag) for lag in range(1, spec.held + 1)])
    with np.errstate(invalid="ignore"):
        able = found.active & sized(scope)
        able &= (y + 2.0) / (shifted(y, spec.year) + 2.0) >= RULES.season
        able &= y >= spec.kept * np.fmax.reduce(lately)
        growth = np.log(found.growth / season) / np.log(RULES.growth)
        rare = np.log(found.p) / np.log(RULES.p_value)
        sure = np.log(found.q) / np.log(RULES.false_discovery)
    return (
        _held_to(np.minimum(growth, rare), able, found.alert),
        _held_to(np.minimum(growth, sure), able, found.strong),
    )


def _held_to(margin: Floats, able: Bools, flags: Bools) -> Floats:
    """Return the margin, at least 1 where the rule holds and below 1 elsewhere."""
    short = np.where(able & ~np.isnan(margin), np.minimum(margin, np.nextafter(1.0, 0.0)), -np.inf)
    held: Floats = np.where(flags, np.fmax(margin, 1.0), short)
    return held


def _tested_only(scope: Scope) -> Scope:
    """Return the scope without series that are never active, which no rule tests."""
    kept = active(scope).any(axis=0)
    return replace(scope, facts=scope.facts.filter(pl.Series(kept)), values=scope.values[:, kept])


def _own_scores(
    scope: Scope, by_year: Mapping[int, Calibration], spots: Sequence[Spot]
) -> dict[str, _Scores]:
    """Return the scores of ALERT and STRONG on copies of the scope with added ramps.

    A copy holds several ramps, of which no two share a month; a series holds a second one only when
    the rules no longer use the first. So each ramp is tested beside the real figures of all others.
    """
    quiet = margins(scope, signals(scope, by_year))
    scores = {name: _Scores(score, {}) for name, score in zip(OWN_RULES, quiet, strict=True)}
    _unchanged(scores, spots)
    reach = max(RAMPS) + GRACE
    copies = packs(spots, reach, memory(scope))
    for factor, ramp in _cases():
        best = {name: np.full(len(spots), -np.inf) for name in OWN_RULES}
        for pack in copies:
            changed = scope.values.copy()
            for number in pack:
                put(changed, scope, spots[number], factor, ramp, spots[number].series, reach)
            copy = replace(scope, values=changed)
            found = margins(copy, signals(copy, by_year))
            for name, score in zip(OWN_RULES, found, strict=True):
                for number in pack:
                    spot = spots[number]
                    own = score[spot.row : spot.row + ramp + GRACE, spot.series]
                    best[name][number] = own.max()
        for name in OWN_RULES:
            scores[name].best[factor, ramp] = best[name]
    return scores


def _other_scores(scope: Scope, score: Score, spots: Sequence[Spot]) -> _Scores:
    """Return the scores of a rule that tests each series by itself: every spot is one column."""
    scores = _Scores(_allowed(scope, score), {})
    _unchanged({"": scores}, spots)
    columns = [spot.series for spot in spots]
    facts = scope.facts[columns]
    for factor, ramp in _cases():
        values = scope.values[:, columns]
        for column, spot in enumerate(spots):
            put(values, scope, spot, factor, ramp, column, len(values))
        found = _allowed(replace(scope, facts=facts, values=values), score)
        scores.best[factor, ramp] = _best(found, spots, range(len(spots)), ramp)
    return scores


def _allowed(scope: Scope, score: Score) -> Floats:
    able = active(scope) & sized(scope)
    return np.where(able, np.nan_to_num(score(scope), nan=-np.inf), -np.inf)


def _unchanged(scores: Mapping[str, _Scores], spots: Sequence[Spot]) -> None:
    columns = [spot.series for spot in spots]
    for one in scores.values():
        for ramp in RAMPS:
            one.best[1.0, ramp] = _best(one.quiet, spots, columns, ramp)


def _best(score: Floats, spots: Sequence[Spot], columns: Sequence[int], ramp: int) -> Floats:
    return np.array(
        [
            score[spot.row : spot.row + ramp + GRACE, column].max()
            for spot, column in zip(spots, columns, strict=True)
        ]
    )


def _cases() -> Iterator[tuple[float, int]]:
    return ((factor, ramp) for factor in FACTORS for ramp in RAMPS)


def _false_alarms(scope: Scope, flags: Bools, spots: Sequence[Spot]) -> Floats:
    """Return episodes opened in the windows' years per 100 months, by band; NaN without any."""
    opened = episode_rows(flags, scope.spec) == np.arange(len(flags))[:, None]
    year = scope.spec.year
    band = np.array([spot.band for spot in spots], dtype=np.int64)
    own = [int(opened[spot.row : spot.row + year, spot.series].sum()) for spot in spots]
    counts = np.bincount(band, weights=own, minlength=len(BANDS))
    with np.errstate(invalid="ignore"):
        rate: Floats = 100.0 * counts / (year * np.bincount(band, minlength=len(BANDS)))
    return rate


def _equal_limit(scope: Scope, quiet: Floats, spots: Sequence[Spot]) -> float:
    """Return the lowest threshold above which false alarms stay at or below :data:`EQUAL`."""
    values = np.concatenate([quiet[s.row : s.row + scope.spec.year, s.series] for s in spots])
    spoken = np.unique(values[np.isfinite(values)])
    if not len(spoken):
        return np.inf
    candidates = np.unique(np.quantile(spoken, np.linspace(0.0, 1.0, CANDIDATES), method="nearest"))
    limit = float(np.nextafter(candidates[-1], np.inf))
    for candidate in candidates[::-1]:
        if np.nanmean(_false_alarms(scope, quiet >= candidate, spots)) > EQUAL:
            break
        limit = float(candidate)
    return limit


def _shares(
    found: _Scores, limit: float, wrong: Floats, spots: Sequence[Spot]
) -> Iterator[tuple[object, ...]]:
    band = np.array([spot.band for spot in spots], dtype=np.int64)
    series = np.array([spot.series for spot in spots], dtype=np.int64)
    for number, size in enumerate(BANDS):
        chosen = band == number
        if not chosen.any():
            continue
        for (factor, ramp), best in sorted(found.best.items()):
            hits = best[chosen] >= limit
            low, high = _interval(hits, series[chosen])
            origins = len(np.unique(series[chosen]))
            yield (
                size, float(wrong[number]), factor, ramp, int(chosen.sum()), origins,
                float(hits.mean()), low, high,
            )  # fmt: skip


def _interval(hits: NDArray[np.bool_], series: NDArray[np.int64]) -> tuple[float, float]:
    names, place = np.unique(series, return_inverse=True)
    if hits.all() or not hits.any():
        # Clopper & Pearson, Biometrika 26 (1934) 404, for n of n: (alpha / 2)^(1 / n)
        end = float(0.025 ** (1.0 / len(names)))
        return (end, 1.0) if hits.all() else (0.0, 1.0 - end)
    counts = np.stack([np.bincount(place, weights=hits), np.bincount(place)], axis=1).astype(
        np.float64
    )
    drawn = resampled(counts)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], (2.5, 97.5))
    return float(low), float(high)
