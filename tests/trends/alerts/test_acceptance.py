"""The bar of the alerts: surges of real series found in time, with few false alarms.

US Border Patrol encounters by citizenship, bundled edition: the surge years from 2019-01 to
2023-03, and the quiet ones from 2005 to 2018, with figures to September 2023, on which the rules
were chosen. Bars stand just beyond what was measured (docs/decisions/alerts.md): a loss of skill is
seen. The months since then, which nobody had seen, are judged apart.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.arrays import Bools
from fcm_migration.trends.alerts.events import labelled, read_events
from fcm_migration.trends.detection.residuals import calibrations
from fcm_migration.trends.detection.rules import Signals, signals
from fcm_migration.trends.scoring.scorecard import SURGES, Judged, judge
from fcm_migration.trends.scoring.surges import Surge, surges
from fcm_migration.trends.watch.panel import Scope
from tests.trends.conftest import scope_of

EVENTS = Path(__file__).resolve().parents[3] / "data" / "reference" / "labelled_events.csv"
BOOM = (date(2019, 1, 1), date(2023, 3, 1))
QUIET = (date(2005, 1, 1), date(2018, 12, 1))
# to August 2024: a quarter is needed to judge an alert, and the workbook ends in November 2024
UNSEEN = (date(2023, 10, 1), date(2024, 8, 1))
QUIET_SIZE = 240.0


@pytest.fixture(scope="module")
def scope(by_citizenship: Scope) -> Scope:
    return by_citizenship


@pytest.fixture(scope="module")
def found(scope: Scope) -> Signals:
    return signals(scope, calibrations([scope]))


def known(scope: Scope) -> list[Surge]:
    return labelled([scope], read_events(EVENTS))[scope.name]


def measured(
    scope: Scope, flags: Bools, tested: Bools, surging: list[Surge], span: tuple[date, date]
) -> Judged:
    rows = [row for row, period in enumerate(scope.periods) if span[0] <= period <= span[1]]
    return judge([(scope, flags, tested, surging)], {scope.name: rows}, draw=False)


def short_of(made: Judged, at_least: dict[str, float], at_most: dict[str, float]) -> list[str]:
    """Figures beyond their bars, with the bar."""
    low = [f"{n} {made.figures[n]:.3f} < {b}" for n, b in at_least.items() if made.figures[n] < b]
    high = [f"{n} {made.figures[n]:.3f} > {b}" for n, b in at_most.items() if made.figures[n] > b]
    return low + high


def test_alerts_find_the_surges_of_2019_to_2023(scope: Scope, found: Signals) -> None:
    both = [*surges(scope), *known(scope)]
    made = measured(scope, found.alert, found.active, both, BOOM)
    assert made.counts[:, SURGES].sum() == 65
    at_least = {
        "recall": 0.92,
        "by_onset_and_one": 0.75,
        "two_before_peak": 0.89,
        "recall_large": 1.0,
        "recall_labelled": 1.0,
        "surge_precision": 0.64,
        "confirmed_precision": 0.93,
    }
    assert short_of(made, at_least, {"false_per_100": 0.42, "alerts_per_100": 7.0}) == []


def test_without_labelled_events_a_few_more_count_as_false(scope: Scope, found: Signals) -> None:
    made = measured(scope, found.alert, found.active, surges(scope), BOOM)
    at_least = {"recall": 0.92, "surge_precision": 0.58, "confirmed_precision": 0.92}
    assert short_of(made, at_least, {"false_per_100": 0.55}) == []


def test_the_upper_tier_is_surer(scope: Scope, found: Signals) -> None:
    both = [*surges(scope), *known(scope)]
    made = measured(scope, found.strong, found.active, both, BOOM)
    at_least = {"recall": 0.90, "confirmed_precision": 0.94, "surge_precision": 0.70}
    assert short_of(made, at_least, {"false_per_100": 0.30}) == []


def test_quiet_years_stay_quiet(scope: Scope, found: Signals) -> None:
    both = [*surges(scope, size=QUIET_SIZE), *known(scope)]
    alerts = measured(scope, found.alert, found.active, both, QUIET)
    assert short_of(alerts, {"recall": 0.95}, {"false_per_100": 0.25, "alerts_per_100": 1.3}) == []
    strong = measured(scope, found.strong, found.active, both, QUIET)
    assert short_of(strong, {"recall": 0.80}, {"false_per_100": 0.10}) == []


def test_the_months_that_nobody_had_seen(newest_by_citizenship: pl.DataFrame) -> None:
    """No surge began then by rule, so false alarms are what there is to judge."""
    scope = scope_of(newest_by_citizenship)
    found = signals(scope, calibrations([scope]))
    both = [*surges(scope), *known(scope)]
    alerts = measured(scope, found.alert, found.active, both, UNSEEN)
    assert alerts.counts[:, SURGES].sum() == 0
    assert short_of(alerts, {"confirmed_precision": 0.55}, {"false_per_100": 0.85}) == []
    strong = measured(scope, found.strong, found.active, both, UNSEEN)
    assert short_of(strong, {"confirmed_precision": 0.75}, {"false_per_100": 0.25}) == []
