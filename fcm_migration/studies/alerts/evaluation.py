"""Evaluation of alerts beside chance and baselines, one set of series at a time.

A set holds the origins of one source, indicator, frequency and route, at all destinations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.studies.alerts.named import false_alarms, labelled_surges, missed
from fcm_migration.studies.alerts.ranking import Ranked, ranked, sized
from fcm_migration.studies.alerts.sets import Rule, Set, Windows, windows_of
from fcm_migration.trends.scoring.outcomes import episodes
from fcm_migration.trends.scoring.scorecard import ACTIVE, COUNTS, SURGES, Judged, judge, measures
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.panel import Scope

CHANCE_DRAWS, CHANCE_SEED = 100, 20260102
SPLIT = ("ALERT", "STRONG", "chance")  # shown for boom and quiet years apart
HEADLINED = "ALERT, headlined"
CHANCE_HEADLINED = "chance, as many as headlined"


def cases(own: Set, rule: Rule) -> list[tuple[Scope, Bools, Bools, Sequence[Surge]]]:
    """Return the arguments of :func:`judge`."""
    return [
        (scope, rule.flags[scope.name], own.active[scope.name], own.surges[scope.name])
        for scope in own.scopes
    ]


def _without_labels(own: Set, rule: Rule) -> list[tuple[Scope, Bools, Bools, Sequence[Surge]]]:
    return [
        (scope, flags, on, [surge for surge in found if not surge.event_id])
        for scope, flags, on, found in cases(own, rule)
    ]


def evaluate(
    own: Set,
    rules: Sequence[Rule],
    first: date,
    last: date,
    *,
    lags: Mapping[str, int],
) -> dict[str, Any]:
    """Return the evaluation of every rule over a window, with chance at as many alerts.

    Args:
        own: the set.
        rules: the alerts first; each other rule is compared with them.
        first: first day of the window's first period.
        last: first day of its last period.
        lags: whole periods from a period's end to its publication, by scope.

    Returns:
        set, series, active periods, surges; ``rules``: one entry per rule and span with figures
        as [value, low, high] and counts; ``ranking``: areas under precision-recall curves; and
        the labelled surges, missed surges and false alarms of the first rule by name.
    """
    spans = windows_of(own, first, last)
    alerts, window = rules[0], spans["all"]
    counted = judge(cases(own, alerts), window, draw=False).counts.sum(axis=0)
    return {
        "set": own.name,
        "series": sum(len(scope.series) for scope in own.scopes),
        "active_periods": int(counted[ACTIVE]),
        "surges": int(counted[SURGES]),
        "rules": list(_entries(own, rules, spans, lags)),
        "ranking": _curves(own, rules, window),
        "labelled": labelled_surges(own, alerts, window),
        "missed": missed(own, alerts, window),
        "false_alarms": false_alarms(own, alerts, window),
    }


def _entries(
    own: Set, rules: Sequence[Rule], spans: Mapping[str, Windows], lags: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """Yield the figures of every rule and of chance by span, then of alerts without labels.

    Headlined alerts are fewer, so they have a chance of their own beside them.
    """
    for span, windows in spans.items():
        if any(windows.values()):
            for rule in rules:
                yield _entry(rule.name, span, judge(cases(own, rule), windows, lags))
            yield _chance("chance", own, rules[0], span, windows)
    for rule in rules:
        if rule.name == HEADLINED and any(spans["all"].values()):
            yield _chance(CHANCE_HEADLINED, own, rule, "all", spans["all"])
    by_rule = judge(_without_labels(own, rules[0]), spans["all"], lags)
    yield _entry(f"{rules[0].name}, labelled events left out", "all", by_rule)


def _entry(name: str, span: str, found: Judged) -> dict[str, Any]:
    return {
        "rule": name,
        "span": span,
        "counts": _named(found.counts.sum(axis=0)),
        "figures": {
            key: [_plain(value), _plain(found.low[key]), _plain(found.high[key])]
            for key, value in found.figures.items()
        },
        "periods_to_peak": _spread(found.leads),
        "periods_from_onset": _spread(found.delays),
    }


def _named(counts: Floats) -> dict[str, float]:
    names = ("hits", "repeats", "grown", "false", "open", "active_periods", "surges", "found")
    return {name: float(counts[number]) for number, name in enumerate(names)}


def _spread(values: Iterable[int]) -> dict[str, float] | None:
    """Return median and quartiles; None without values."""
    known = np.array(list(values), dtype=np.float64)
    if not len(known):
        return None
    low, middle, high = np.percentile(known, (25, 50, 75))
    return {"median": float(middle), "quarter": float(low), "three_quarters": float(high)}


def _plain(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 4)


def _chance(name: str, own: Set, rule: Rule, span: str, windows: Windows) -> dict[str, Any]:
    """Return the figures of as many alerts of each series, at random in its active periods."""
    random = np.random.default_rng(CHANCE_SEED)
    numbers = {scope.name: _opened(own, rule, scope, windows[scope.name]) for scope in own.scopes}
    total = np.zeros((CHANCE_DRAWS, COUNTS))
    for draw in range(CHANCE_DRAWS):
        flags = {
            scope.name: _random(
                own.active[scope.name],
                windows[scope.name],
                numbers[scope.name],
                scope.spec.gap,
                random,
            )
            for scope in own.scopes
        }
        found = judge(cases(own, Rule("chance", flags, None)), windows, draw=False)
        total[draw] = found.counts.sum(axis=0)
    with np.errstate(invalid="ignore"):
        drawn = measures(total)
    mean = measures(total.mean(axis=0))
    figures = {}
    for measure, value in mean.items():
        known = np.asarray(drawn[measure])
        known = known[np.isfinite(known)]
        ends = np.percentile(known, (2.5, 97.5)) if len(known) else (np.nan, np.nan)
        figures[measure] = [_plain(value), _plain(ends[0]), _plain(ends[1])]
    return {
        "rule": name,
        "span": span,
        "counts": _named(total.mean(axis=0)),
        "figures": figures,
        "periods_to_peak": None,
        "periods_from_onset": None,
    }


def _opened(own: Set, rule: Rule, scope: Scope, rows: Sequence[int]) -> list[int]:
    numbers = [0] * len(scope.series)
    for episode in episodes(scope, rule.flags[scope.name], own.surges[scope.name], rows):
        numbers[episode.series] += 1
    return numbers


def _random(
    tested: Bools,
    rows: Sequence[int],
    numbers: Sequence[int],
    gap: int,
    random: np.random.Generator,
) -> Bools:
    flags = np.zeros(tested.shape, dtype=bool)
    inside = np.zeros(len(tested), dtype=bool)
    inside[list(rows)] = True
    for column, number in enumerate(numbers):
        able = np.flatnonzero(tested[:, column] & inside)
        drawn: list[int] = []
        for row in random.permutation(able) if number else ():
            if len(drawn) < number and all(abs(row - other) > gap + 1 for other in drawn):
                drawn.append(int(row))  # nearer ones would be one episode
        flags[drawn, column] = True
    return flags


def _curves(own: Set, rules: Sequence[Rule], windows: Windows) -> list[dict[str, Any]]:
    areas: dict[str, Ranked] = {}
    for rule in rules:
        if rule.score is not None:
            scored = [
                (scope, rule.score[scope.name], own.active[scope.name], own.surges[scope.name])
                for scope in own.scopes
            ]
            areas[rule.name] = ranked(scored, windows)
    curves: list[dict[str, Any]] = []
    for name, area in areas.items():
        low, high = area.interval
        leader = areas.get(rules[0].name)
        gain = None if leader is None else leader.minus(area)
        curves.append(
            {
                "rule": name,
                "area": [_plain(area.area), _plain(low), _plain(high)],
                "first_minus_this": None if gain is None else [_plain(value) for value in gain],
            }
        )
    return curves


def floored(own: Set, score: Mapping[str, Floats], threshold: float) -> dict[str, Bools]:
    """Return a baseline's flags by scope, with the size and activity floors that all share."""
    flags = {}
    for scope in own.scopes:
        with np.errstate(invalid="ignore"):
            reached = score[scope.name] >= threshold
        flags[scope.name] = reached & sized(scope) & own.active[scope.name]
    return flags
