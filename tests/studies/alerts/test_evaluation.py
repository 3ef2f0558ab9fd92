"""Judging a set of series: hand-made surges, rules that are right, late, or always on."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from fcm_migration.studies.alerts.evaluation import (
    CHANCE_HEADLINED,
    HEADLINED,
    evaluate,
    floored,
)
from fcm_migration.studies.alerts.sets import Rule, Set, sets, windows_of
from fcm_migration.trends.alerts.histories import judged_surges
from fcm_migration.trends.detection.residuals import active
from fcm_migration.trends.detection.residuals import tested as counted
from fcm_migration.trends.watch.panel import scopes, watched_panel
from tests.trends.panels import marts, one

QUIET = [30, 34, 28, 31, 29, 33, 30, 27, 32, 31, 30, 29]
FIRST, LAST = date(2015, 1, 1), date(2020, 12, 1)
ONSET = 40  # row of the surges


def simulated(surging: int, quiet: int) -> Set:
    """Origins of 72 months, the first ones with a surge from row ONSET on, and their total."""
    several = []
    for number in range(surging + quiet):
        values = [QUIET[(m + number) % 12] for m in range(72)]
        if number < surging:
            values[ONSET:] = [value * 8 for value in values[ONSET:]]
        several.append(one(f"A{chr(65 + number)}A", values, first=FIRST))
    total = [sum(row) for row in zip(*(e["values"] for e in several), strict=True)]  # type: ignore[call-overload]
    several.append(one("total", total, first=FIRST))
    found = tuple(scopes(watched_panel(*marts(several))))
    (own,) = sets(found, judged_surges(found, {}))
    return own


def rule(own: Set, name: str, rows: list[int], columns: list[int]) -> Rule:
    (scope,) = own.scopes
    flags = np.zeros(scope.values.shape, dtype=bool)
    flags[np.ix_(rows, columns)] = True
    return Rule(name, {scope.name: flags}, None)


def figures(report: dict, name: str, span: str = "all") -> dict[str, list[float]]:  # type: ignore[type-arg]
    (found,) = [e for e in report["rules"] if (e["rule"], e["span"]) == (name, span)]
    return found["figures"]  # type: ignore[no-any-return]


def test_figures_of_rules_by_hand() -> None:
    own = simulated(surging=4, quiet=4)
    (scope,) = own.scopes
    assert [s.onset for s in own.surges[scope.name]] == [ONSET] * 4
    rules = [
        rule(own, "right", [ONSET], [0, 1, 2, 3]),
        rule(own, "late", [ONSET + 3], [0, 1]),
        rule(own, "wrong", [20], [4, 5]),
        rule(own, "always", list(range(72)), list(range(8))),
    ]
    report = evaluate(own, rules, FIRST, LAST, lags={scope.name: 2})
    tested = int(counted(scope).sum())
    assert report["active_periods"] == tested
    assert report["surges"] == 4
    right = figures(report, "right")
    assert right["recall"][0] == right["by_onset_and_one"][0] == right["surge_precision"][0] == 1
    late = figures(report, "late")
    assert (late["recall"][0], late["by_onset_and_one"][0]) == (0.5, 0.0)
    wrong = figures(report, "wrong")
    assert (wrong["recall"][0], wrong["confirmed_precision"][0]) == (0.0, 0.0)
    assert wrong["false_per_100"][0] == pytest.approx(200 / tested, abs=1e-4)
    always = figures(report, "always")
    assert always["confirmed_precision"][0] < 0.5  # it opens every half-year everywhere
    assert always["alerts_per_100"][0] > 10
    chance = figures(report, "chance")
    assert 0 < chance["recall"][0] < 0.9


def test_headlines_stand_beside_as_many_alerts_at_random() -> None:
    """Fewer alerts find fewer surges by chance: those of all alerts would be the wrong measure."""
    own = simulated(surging=4, quiet=4)
    (scope,) = own.scopes
    rules = [
        rule(own, "ALERT", [20, ONSET], list(range(8))),
        rule(own, HEADLINED, [ONSET], [0, 1]),
    ]
    report = evaluate(own, rules, FIRST, LAST, lags={scope.name: 2})
    assert figures(report, HEADLINED)["recall"][0] == 0.5
    own_chance, chance = figures(report, CHANCE_HEADLINED), figures(report, "chance")
    assert own_chance["alerts_per_100"][0] == figures(report, HEADLINED)["alerts_per_100"][0]
    assert chance["alerts_per_100"][0] == figures(report, "ALERT")["alerts_per_100"][0]
    assert own_chance["recall"][0] < chance["recall"][0]
    (only,) = [e["span"] for e in report["rules"] if e["rule"] == CHANCE_HEADLINED]
    assert only == "all"


def test_publication_eats_the_lead() -> None:
    own = simulated(surging=3, quiet=1)
    (scope,) = own.scopes
    alerts = rule(own, "alerts", [ONSET], [0, 1, 2])
    peak = own.surges[scope.name][0].peak
    now = figures(evaluate(own, [alerts], FIRST, LAST, lags={scope.name: 0}), "alerts")
    then = evaluate(own, [alerts], FIRST, LAST, lags={scope.name: peak - ONSET - 1})
    assert now["two_before_peak_published"][0] == 1.0
    assert figures(then, "alerts")["two_before_peak_published"][0] == 0.0
    assert figures(then, "alerts")["two_before_peak"][0] == 1.0


def test_boom_and_quiet_years_are_told_apart() -> None:
    own = simulated(surging=4, quiet=4)
    (scope,) = own.scopes
    spans = windows_of(own, FIRST, LAST)
    boom = {scope.periods[row].year for row in spans["boom"][scope.name]}
    assert boom == {scope.periods[ONSET].year}
    assert sorted(spans["boom"][scope.name] + spans["quiet"][scope.name]) == list(range(72))


def test_missed_surges_and_false_alarms_are_named() -> None:
    own = simulated(surging=2, quiet=2)
    (scope,) = own.scopes
    rows = np.zeros(scope.values.shape, dtype=bool)
    rows[ONSET, 0] = rows[20, 3] = True
    alerts = Rule("alerts", {scope.name: rows}, None)
    report = evaluate(own, [alerts], FIRST, LAST, lags={})
    assert [m["series_id"] for m in report["missed"]] == [scope.series[1]]
    (false,) = report["false_alarms"]
    assert false["series_id"] == scope.series[3]
    assert false["period"] == scope.periods[20].isoformat()


def test_a_rival_shares_the_floors() -> None:
    own = simulated(surging=1, quiet=1)
    (scope,) = own.scopes
    flags = floored(own, {scope.name: np.full(scope.values.shape, 9.0)}, 1.0)[scope.name]
    large = scope.values >= scope.spec.least
    assert flags.any()
    assert (flags <= (large & active(scope))).all()
    unknown = floored(own, {scope.name: np.full(scope.values.shape, np.nan)}, 1.0)[scope.name]
    assert not unknown.any()


def test_it_is_the_same_every_time() -> None:
    own = simulated(surging=2, quiet=3)
    alerts = rule(own, "alerts", [ONSET], [0, 1])
    first = evaluate(own, [alerts], FIRST, LAST, lags={})
    assert first == evaluate(own, [alerts], FIRST, LAST, lags={})
