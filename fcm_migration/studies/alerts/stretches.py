"""Evaluation of alerts over a stretch of time: the two tiers beside chance and the baselines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.errors import UsageError
from fcm_migration.periods import DAYS_OF_MONTH
from fcm_migration.studies.alerts.evaluation import HEADLINED, evaluate, floored
from fcm_migration.studies.alerts.sets import Rule, Set, sets
from fcm_migration.trends.alerts.detect import calibrations_by_scope
from fcm_migration.trends.alerts.events import labelled, unmatched
from fcm_migration.trends.alerts.histories import flags_of, judged_surges
from fcm_migration.trends.alerts.replay import Replayed
from fcm_migration.trends.detection.rules import signals
from fcm_migration.trends.scoring.score import parts
from fcm_migration.trends.watch.panel import Scope


@dataclass(frozen=True)
class Stretch:
    """A stretch of time over which alerts are evaluated.

    Attributes:
        title: what it is, for readers of the page.
        source_id: only this source; None for all.
        first, last: first day of its first and last period.
        size: smallest sum of a surge's first year.
        routes: only these; empty for all.
        era: "surges" or "after" for the two stretches that the page compares at its top; empty
            for the others.
    """

    title: str
    source_id: str | None
    first: date
    last: date
    size: float
    routes: tuple[str, ...] = ("all",)
    era: str = ""

    def includes(self, route: str) -> bool:
        """Return whether alerts of a route are evaluated."""
        return not self.routes or route in self.routes


# The stretches of the page on skill. The rules were chosen on the US ones before April 2023; their
# constants were not changed for the others.
STRETCHES = (
    Stretch("US Border Patrol by citizenship, 2019 to March 2023: years of surges", "us_ohss_usbp",
            date(2019, 1, 1), date(2023, 3, 1), 500, era="surges"),
    # to August 2024: a quarter is needed to judge an alert, and the release ends in November 2024
    Stretch("US Border Patrol by citizenship, April 2023 to August 2024: after the years of surges",
            "us_ohss_usbp", date(2023, 4, 1), date(2024, 8, 1), 500, ("all",
            "southwest_land_border"), era="after"),
    Stretch("US Border Patrol by citizenship, October 2023 to August 2024: unseen when the rules "
            "were chosen", "us_ohss_usbp", date(2023, 10, 1), date(2024, 8, 1), 500),
    Stretch("US encounters nationwide by citizenship, October 2023 to August 2025: unseen when the "
            "rules were chosen", "us_cbp_nationwide", date(2023, 10, 1), date(2025, 8, 1), 500),
    Stretch("US Border Patrol by citizenship, 2005 to 2018: quiet years", "us_ohss_usbp",
            date(2005, 1, 1), date(2018, 12, 1), 240),
    Stretch("UNHCR monthly claims, 2014 to 2017: not tuned on", "unhcr_monthly",
            date(2014, 1, 1), date(2017, 12, 1), 500),
    Stretch("UK irregular arrivals, quarters of 2019 to mid 2023: not tuned on",
            "uk_irregular_migration", date(2019, 1, 1), date(2023, 6, 1), 200,
            ("english_channel", "all")),
    Stretch("UK asylum claims, quarters of 2005 to 2023: not tuned on", "uk_asylum_claims",
            date(2005, 1, 1), date(2023, 6, 1), 200),
    Stretch("Frontex detections, 2012 to 2024: not tuned on", "frontex_ibc",
            date(2012, 1, 1), date(2024, 4, 1), 500),
)  # fmt: skip


def evaluate_stretch(
    made: Replayed,
    known: pl.DataFrame,
    rows: pl.DataFrame,
    stretch: Stretch,
    days: Mapping[str, int],
    *,
    baselines: bool,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """Return the evaluation of every set of series over one stretch.

    Args:
        made: the replayed home.
        known: labelled events.
        rows: the alerts that are evaluated.
        stretch: the stretch.
        days: usual days from a period's end to its publication, by source.
        baselines: whether the baselines are evaluated too.
        report: is called with the name of each set once it is evaluated.

    Raises:
        UsageError: no series of the stretch's source is watched.
    """
    scopes = _scopes_of(made, stretch)
    rows, late = with_scope(rows, scopes), _periods_late(scopes, days)
    surges = judged_surges(scopes, labelled(scopes, known), stretch.size)
    scores, found = _scores(made.scopes, set(surges)), []
    for own, is_whole in _sets_of(stretch, list(sets(scopes, surges))):
        rules = _rules(own, rows, scores, baselines=baselines, headlines=is_whole)
        found.append(evaluate(own, rules, stretch.first, stretch.last, lags=late))
        report(own.name)
    return {
        "first_period": stretch.first.isoformat(),
        "last_period": stretch.last.isoformat(),
        "surge_size": stretch.size,
        "events_without_series": unmatched(made.scopes, known),
        "sets": [figures for figures in found if figures["active_periods"]],
    }


def _scopes_of(made: Replayed, stretch: Stretch) -> list[Scope]:
    """Return the scopes of the stretch's source, or raise UsageError if there are none."""
    source = stretch.source_id
    scopes = [s for s in made.scopes if source in (None, s.facts.item(0, "source_id"))]
    if not scopes:
        raise UsageError("no watched series of that source", got=source)
    return scopes


def _sets_of(stretch: Stretch, several: Sequence[Set]) -> Iterator[tuple[Set, bool]]:
    """Yield the sets of the stretch's routes, and whether headlines are evaluated on each.

    A movement is headlined once, on all routes together where these are watched, so headlines are
    evaluated there, and on a single route only where no set holds all of them.
    """
    names = {own.name for own in several}
    for own in several:
        family, _, route = own.name.rpartition("/")
        if stretch.includes(route):
            yield own, route == "all" or f"{family}/all" not in names


def with_scope(rows: pl.DataFrame, scopes: Sequence[Scope]) -> pl.DataFrame:
    """Return the alerts of series in ``scopes``, with the name of the scope."""
    named = [(series, scope.name) for scope in scopes for series in scope.series]
    names = pl.DataFrame(named, schema=["series_id", "scope"], orient="row")
    return rows.join(names, on="series_id", how="inner")


def _periods_late(scopes: Sequence[Scope], days: Mapping[str, int]) -> dict[str, int]:
    """Return by scope the whole periods from a period's end to its publication."""
    late = {}
    for scope in scopes:
        length = DAYS_OF_MONTH * scope.spec.months
        late[scope.name] = -int(-days[scope.facts.item(0, "source_id")] // length)
    return late


def _rules(
    own: Set,
    rows: pl.DataFrame,
    scores: Mapping[str, Floats],
    *,
    baselines: bool,
    headlines: bool,
) -> list[Rule]:
    """Return the two tiers, then the baselines at the size and activity that all share.

    ``headlines`` says whether headlined alerts are judged by themselves.
    """
    if "kind" in rows.columns:
        is_counted = pl.col("kind") != "tide"
        seasonal = {scope.name for scope in own.scopes if not scope.spec.counts_common_moves}
        rows = rows.filter(is_counted | ~pl.col("scope").is_in(list(seasonal)))
    flags = {
        tier: {scope.name: flags_of(scope, rows, "surge", only) for scope in own.scopes}
        for tier, only in (("ALERT", None), ("STRONG", "strong"))
    }
    rules = [Rule("ALERT", flags["ALERT"], scores), Rule("STRONG", flags["STRONG"], None)]
    if headlines and "is_headlined" in rows.columns:
        # a movement told by another series is shown to the reader, and is no alert missed here
        told = rows.filter(pl.col("is_headlined") | pl.col("same_movement_as").is_not_null())
        shown = {scope.name: flags_of(scope, told, "surge") for scope in own.scopes}
        rules.append(Rule(HEADLINED, shown, None))
    if not baselines:
        return rules
    from fcm_migration.studies.alerts.baselines.rules import BASELINES

    for baseline in BASELINES.values():
        ranks = {scope.name: baseline.score(scope) for scope in own.scopes}
        rules.append(Rule(baseline.name, floored(own, ranks, baseline.threshold), ranks))
    return rules


def _scores(scopes: Sequence[Scope], wanted: set[str]) -> dict[str, Floats]:
    """Return the score of every period of every series, alert or not, of the wanted scopes."""
    by_scope = calibrations_by_scope(scopes)
    return {
        scope.name: parts(scope, signals(scope, by_scope[scope.name])).score
        for scope in scopes
        if scope.name in wanted
    }
