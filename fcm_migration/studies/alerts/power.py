"""How large a rise must be to be found: the power of the alerts and of other rules.

Ramps of known size are put into quiet stretches of real series (see
:mod:`fcm_migration.trends.ramps`), and counted where they are found in time.
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
GRACE = 2  # months after the ramp in which it may still be found
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
class _Seen:
    """What one rule saw.

    Attributes:
        quiet: its score on the unchanged scope, T x N; -inf where it is silent.
        best: by factor and ramp, its largest score within the ramp and two months, per spot.
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
    """Share of ramps found, by rule, kind of threshold, size, factor and length of the ramp.

    Args:
        scope: a monthly scope; nothing from ``before`` on is used.
        by_year: of the unchanged scope. A ramp would change the calibration of the year after
            its own by one series among many: left out.
        rules: other rules by name, each a score (T x N, of each series by itself) and the
            threshold from which it speaks; they share the activity and size floors of the alerts.
        before: first month that is not used.

    Returns:
        rows of :data:`SCHEMA`, for ALERT, STRONG and every other rule: at its own threshold, and at
        the one that gives one false episode per 100 series-months (mean of the bands) on the
        unchanged windows. Factor 1 is the unchanged series: what chance would find. The interval
        (95 %) draws origins with replacement; where every window of a band or none is found,
        its open end is the exact binomial one for as many trials as origins.

    Raises:
        UsageError: the scope is not monthly, or has no quiet stretch before ``before``.
    """
    if scope.frequency != "M":
        raise UsageError("power is measured on monthly series", got=scope.frequency)
    past = sum(period < before for period in scope.periods)
    if not past:
        raise UsageError("no month to put a ramp into", expected=f"months before {before}")
    tested = _tested_only(scope.until(past - 1))
    spots = quiet_spots(tested)
    if not spots:
        raise UsageError("no quiet stretch to put a ramp into", where=scope.name)
    seen = _own_seen(tested, by_year, spots)
    for name, (score, _) in rules.items():
        seen[name] = _other_seen(tested, score, spots)
    limits = dict.fromkeys(OWN_RULES, 1.0) | {name: limit for name, (_, limit) in rules.items()}
    rows: list[tuple[object, ...]] = []
    for name, found in seen.items():
        for kind, limit in (
            ("own", limits[name]),
            ("equal_false_alarms", _equal_limit(tested, found.quiet, spots)),
        ):
            wrong = _false_alarms(tested, found.quiet >= limit, spots)
            rows += [
                (name, kind, limit, float(np.nanmean(wrong)), *cells)
                for cells in _shares(found, limit, wrong, spots)
            ]
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def margins(scope: Scope, found: Signals) -> tuple[Floats, Floats]:
    """How nearly ALERT and STRONG are raised, each T x N: from 1 on they are.

    The lesser of growth beyond the season (in logarithms, over that of a doubling) and rarity (the
    logarithm of p, for STRONG of q, over that of its limit), where size, season and level of the
    month allow an alert at all. Beyond 1 it says how much tighter the rule could be.
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
    """The margin, made to agree with the rule itself: at least 1 where it holds, else less."""
    short = np.where(able & ~np.isnan(margin), np.minimum(margin, np.nextafter(1.0, 0.0)), -np.inf)
    held: Floats = np.where(flags, np.fmax(margin, 1.0), short)
    return held


def _tested_only(scope: Scope) -> Scope:
    """The scope without series that never are active: no rule looks at them."""
    kept = active(scope).any(axis=0)
    return replace(scope, facts=scope.facts.filter(pl.Series(kept)), values=scope.values[:, kept])


def _own_seen(
    scope: Scope, by_year: Mapping[int, Calibration], spots: Sequence[Spot]
) -> dict[str, _Seen]:
    """ALERT and STRONG, on copies of the whole scope in which one series at a time rises.

    A copy holds several ramps, of which no two share a month; a series holds another only when
    the first has left its memory. So each is tested against the real figures of all others.
    """
    quiet = margins(scope, signals(scope, by_year))
    seen = {name: _Seen(score, {}) for name, score in zip(OWN_RULES, quiet, strict=True)}
    _unchanged(seen, spots)
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
            seen[name].best[factor, ramp] = best[name]
    return seen


def _other_seen(scope: Scope, score: Score, spots: Sequence[Spot]) -> _Seen:
    """A rule that looks at each series by itself: every spot is a column of its own."""
    seen = _Seen(_allowed(scope, score), {})
    _unchanged({"": seen}, spots)
    columns = [spot.series for spot in spots]
    facts = scope.facts[columns]
    for factor, ramp in _cases():
        values = scope.values[:, columns]
        for column, spot in enumerate(spots):
            put(values, scope, spot, factor, ramp, column, len(values))
        found = _allowed(replace(scope, facts=facts, values=values), score)
        seen.best[factor, ramp] = _best(found, spots, range(len(spots)), ramp)
    return seen


def _allowed(scope: Scope, score: Score) -> Floats:
    able = active(scope) & sized(scope)
    return np.where(able, np.nan_to_num(score(scope), nan=-np.inf), -np.inf)


def _unchanged(seen: Mapping[str, _Seen], spots: Sequence[Spot]) -> None:
    columns = [spot.series for spot in spots]
    for one in seen.values():
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
    """Episodes that open in the year of a window, per 100 months of its band; NaN without any."""
    opened = episode_rows(flags, scope.spec) == np.arange(len(flags))[:, None]
    year = scope.spec.year
    band = np.array([spot.band for spot in spots], dtype=np.int64)
    own = [int(opened[spot.row : spot.row + year, spot.series].sum()) for spot in spots]
    counts = np.bincount(band, weights=own, minlength=len(BANDS))
    with np.errstate(invalid="ignore"):
        rate: Floats = 100.0 * counts / (year * np.bincount(band, minlength=len(BANDS)))
    return rate


def _equal_limit(scope: Scope, quiet: Floats, spots: Sequence[Spot]) -> float:
    """The lowest threshold from which on false alarms stay at or below :data:`EQUAL`."""
    values = np.concatenate([quiet[s.row : s.row + scope.spec.year, s.series] for s in spots])
    spoken = np.unique(values[np.isfinite(values)])
    if not len(spoken):
        return np.inf
    levels = np.unique(np.quantile(spoken, np.linspace(0.0, 1.0, CANDIDATES), method="nearest"))
    limit = float(np.nextafter(levels[-1], np.inf))
    for level in levels[::-1]:
        if np.nanmean(_false_alarms(scope, quiet >= level, spots)) > EQUAL:
            break
        limit = float(level)
    return limit


def _shares(
    found: _Seen, limit: float, wrong: Floats, spots: Sequence[Spot]
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
