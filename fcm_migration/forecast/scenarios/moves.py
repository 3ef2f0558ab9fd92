"""The change a scenario makes to every series of a family, period by period.

With B the baseline, F the factor, D the displaced share (each a distribution, see
:mod:`~fcm_migration.forecast.scenarios.mixture`) and w the part of the ramp that has passed (0
before the first period, 1 after it), the loss in a period is

    multiply, displace   L = w (1 - F) B
    hold                 L = w (B - F V B / median(B)),  V the same period a year before

An acting series becomes B - L, a receiving one B + D L of ``lag`` periods ago, a total B - L + D L
for the parts it contains. Factor and share are independent of each other and of the baseline. All
series of a scenario move together (the same rank of each baseline at once), so that the loss of one
series and the gain of another add up at every point; between quantiles of a mixture they need not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.forecast.scenarios.entries import WHOLE, Dimensions, Scenario
from fcm_migration.forecast.scenarios.fans import Fan, contains
from fcm_migration.forecast.scenarios.mixture import declared_points, forecast_points
from fcm_migration.marts.reviewed import SELECTORS
from fcm_migration.periods import MONTHS_PER_PERIOD

Change = Floats | float  # factors x shares x ranks of a period's change; 0.0 where nothing changes
Levels = Mapping[str, Mapping[date, float]]


@dataclass(frozen=True)
class Moved:
    """One series under a scenario: its change by target period; no key where that is unknown."""

    series_id: str
    role: str
    change: Mapping[date, Change]


class OverlapError(Exception):
    """Two of the series a scenario names count some of the same people in one total."""


def moved(
    scenario: Scenario, acting: Sequence[str], fans: Mapping[str, Fan], levels: Levels
) -> Iterator[Moved]:
    """Yield every series of one family that changes, acting ones first.

    Args:
        scenario: the scenario.
        acting: the series of the family that it names.
        fans: forecasts of all families.
        levels: of a held scenario, by acting series and target period the figure that is held.

    Raises:
        OverlapError: parts of a total overlap.
    """
    first = fans[acting[0]]
    family = {series_id: fan for series_id, fan in fans.items() if fan.family == first.family}
    months = MONTHS_PER_PERIOD[first.dimensions["frequency"]]
    lag = -months * (scenario.row["lag_steps"] or 0)
    sources = {series_id: fans[series_id].dimensions for series_id in acting}
    targets = {
        series_id: {**place, **scenario.receiving}
        for series_id, place in sources.items()
        if scenario.receiving
    }
    lost = _losses(scenario, {name: fans[name] for name in acting}, levels, months)
    shares = declared_points(scenario.share)[None, :, None]
    for series_id, fan in sorted(
        family.items(), key=lambda item: (item[0] not in sources, item[0])
    ):
        role, losing, gaining = _parts(series_id, fan, sources, targets)
        change: dict[date, Change] = {}
        for day in fan.targets:
            out = [lost(part, day) for part in losing]
            back = [lost(part, _shift(day, lag)) for part in gaining]
            if all(part is not None for part in (*out, *back)):
                change[day] = sum(shares * part for part in back if part is not None) - sum(
                    part for part in out if part is not None
                )
        if losing or gaining:
            yield Moved(series_id, role, change)


def _losses(
    scenario: Scenario, acting: Mapping[str, Fan], levels: Levels, months: int
) -> Callable[[str, date], Change | None]:
    """Return the loss of an acting series in a period; None where it has no forecast of it."""
    begin = max(fan.origin for fan in acting.values())
    losses = {
        series_id: _loss(scenario, fan, levels.get(series_id, {}), begin, months)
        for series_id, fan in acting.items()
    }

    def lost(series_id: str, day: date) -> Change | None:
        is_touched = _weight(scenario, begin, day, months) > 0
        return losses[series_id].get(day) if is_touched else 0.0

    return lost


def _parts(
    series_id: str,
    fan: Fan,
    sources: Mapping[str, Dimensions],
    targets: Mapping[str, Dimensions],
) -> tuple[str, list[str], list[str]]:
    """Return a series' role, the acting series it loses with, and those it receives from."""
    if series_id in sources:
        return "acts", [series_id], []
    exact = [name for name, place in targets.items() if place == fan.dimensions]
    losing = _largest(sources, fan.dimensions)
    if exact:
        return "receives", losing, exact
    return "contains", losing, _largest(targets, fan.dimensions)


def _largest(parts: Mapping[str, Dimensions], whole: Dimensions) -> list[str]:
    """Return the parts of a total that no other part contains; each person is in one of them."""
    inside = {name: part for name, part in parts.items() if contains(whole, part)}
    largest = [
        name
        for name, part in inside.items()
        if not any(contains(other, part) for key, other in inside.items() if key != name)
    ]
    for one, other in combinations(largest, 2):
        both = [(inside[one][name], inside[other][name], WHOLE.get(name)) for name in SELECTORS]
        if all(a == b or whole_value in (a, b) for a, b, whole_value in both):
            raise OverlapError
    return largest


def _loss(
    scenario: Scenario, fan: Fan, levels: Mapping[date, float], begin: date, months: int
) -> dict[date, Floats]:
    """Return by target period, factors x 1 x ranks, the loss of a series (negative: a gain).

    What is already counted of a running period stays: only the rest of it changes.
    """
    factors = declared_points(scenario.factor)[:, None, None]
    found = {}
    for day, baseline, counted in zip(fan.targets, fan.values, fan.counted, strict=True):
        base = np.maximum(forecast_points(fan.levels, baseline), counted)
        becomes = counted + factors * (base - counted)
        if scenario.kind == "hold":
            middle = float(np.interp(0.5, fan.levels, baseline))
            shape = base / middle if middle > 0 else np.ones_like(base)
            becomes = np.maximum(factors * levels[day] * shape, counted)
        found[day] = _weight(scenario, begin, day, months) * (base - becomes)
    return found


def _weight(scenario: Scenario, begin: date, day: date, months: int) -> float:
    """Return the part of the ramp that has passed in a period."""
    step = ((day.year - begin.year) * 12 + day.month - begin.month) // months
    passed = (step - scenario.row["first_step"] + 1) / scenario.row["ramp_steps"]
    return float(min(max(passed, 0.0), 1.0))


def _shift(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
