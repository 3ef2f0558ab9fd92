"""Replaying and judging alerts on a home: what ``fcm alerts`` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.arrays import Floats
from fcm_migration.errors import UsageError
from fcm_migration.refresh.alerting import EVENTS, lags, replay_home
from fcm_migration.refresh.context import Context
from fcm_migration.studies.alerts.evaluation import SPLIT, Rule, Set, evaluate, floored, sets
from fcm_migration.studies.alerts.named import labelled_surges
from fcm_migration.trends.alerts.detect import with_calibrations
from fcm_migration.trends.alerts.events import labelled, read_events, unmatched
from fcm_migration.trends.alerts.histories import flags_of, judged_surges
from fcm_migration.trends.alerts.record import ALL
from fcm_migration.trends.alerts.replay import Replayed
from fcm_migration.trends.alerts.tables import ALERTS, DIRECTIONS, TIERS
from fcm_migration.trends.detection.residuals import tested
from fcm_migration.trends.detection.rules import signals
from fcm_migration.trends.scoring.score import parts
from fcm_migration.trends.watch.panel import Scope

NEEDED = ("series_id", "period", "direction", "tier")
DAYS_OF_MONTH = 30.44


def month(text: str) -> date:
    """First day of ``YYYY-MM``.

    Raises:
        UsageError: the text is no month.
    """
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise UsageError("a month", expected="YYYY-MM", got=text) from None


def replay_to(context: Context, first: date, last: date, out: Path | None) -> int:
    """Raise the alerts of a stretch as they would have been raised then; return how many.

    Args:
        context: the home.
        first: first day of the first period.
        last: first day of the last period.
        out: Parquet file; None writes them into the home's ``trend.alerts``, in place of those of
            the stretch, for the next refresh to publish.
    """
    _ordered(first, last)
    within = pl.col("period").is_between(first, last)
    rows = replay_home(context).alerts.filter(within)
    if out is not None:
        rows.write_parquet(out)
        return rows.height
    path = context.home.table(ALERTS.layer, ALERTS.name)
    kept = store.read(path, ALERTS).filter(~within) if path.exists() else rows.clear()
    store.write(pl.concat([kept, rows]), ALERTS, path)
    return rows.height


def evaluate_home(
    context: Context,
    first: date,
    last: date,
    *,
    events: Path | None = None,
    alerts: Path | None = None,
    source_id: str | None = None,
    size: float,
    baselines: bool = True,
) -> dict[str, Any]:
    """Judge the alerts of a stretch, beside chance and the simple rules.

    Args:
        context: the home.
        first: first day of the first period.
        last: first day of the last period.
        events: labelled events; None takes the reviewed file.
        alerts: rows with series_id, period, direction and tier (Parquet or CSV); None replays.
        source_id: only this source.
        size: smallest sum of a surge's first year.
        baselines: whether the simple rules are judged too.

    Raises:
        UsageError: the stretch is empty, a file lacks columns, or no watched series is left.
    """
    _ordered(first, last)
    made = replay_home(context)
    known = read_events(events or context.reference_dir / EVENTS)
    rows = made.alerts if alerts is None else read_alerts(alerts)
    if alerts is not None and _with_scope(rows, list(made.scopes)).is_empty():
        raise UsageError(
            "no alert of the file is of a watched series",
            where=alerts.name,
            expected=f"series_id as in mart.series, such as {made.scopes[0].series[0]}",
        )
    report = _judged(
        context, made, known, rows, Judging("", source_id, first, last, size, ()), baselines
    )
    return {"alerts": "replayed" if alerts is None else alerts.name, **report}


@dataclass(frozen=True)
class Judging:
    """One stretch that is judged: in words, of which source and routes (None and (): all)."""

    words: str
    source_id: str | None
    first: date
    last: date
    size: float
    routes: tuple[str, ...] = ("all",)


# The stretches of the page on skill. The first two are those the rules were looked at on; the
# constants of the others were not touched.
STRETCHES = (
    Judging("US Border Patrol by citizenship, 2019 to March 2023: years of surges", "us_ohss_usbp",
            date(2019, 1, 1), date(2023, 3, 1), 500),
    Judging("US Border Patrol by citizenship, 2005 to 2018: quiet years", "us_ohss_usbp",
            date(2005, 1, 1), date(2018, 12, 1), 240),
    Judging("UNHCR monthly claims, 2014 to 2017: not tuned on", "unhcr_monthly",
            date(2014, 1, 1), date(2017, 12, 1), 500),
    Judging("UK irregular arrivals, quarters of 2019 to mid 2023: not tuned on",
            "uk_irregular_migration", date(2019, 1, 1), date(2023, 6, 1), 200,
            ("english_channel", "all")),
    Judging("UK asylum claims, quarters of 2005 to 2023: not tuned on", "uk_asylum_claims",
            date(2005, 1, 1), date(2023, 6, 1), 200),
    Judging("Frontex detections, 2012 to 2024: not tuned on", "frontex_ibc",
            date(2012, 1, 1), date(2024, 4, 1), 500),
)  # fmt: skip
POWER_SCOPE = "us_ohss_usbp/border_encounters/USA/all/M/origin"


def skill_record(context: Context) -> dict[str, Any]:
    """Judge every stretch of :data:`STRETCHES` the home has figures of, and measure the power."""
    made = replay_home(context)
    known = read_events(context.reference_dir / EVENTS)
    sources = {scope.facts.item(0, "source_id") for scope in made.scopes}
    stretches = []
    for stretch in STRETCHES:
        if stretch.source_id in sources:
            judged = _judged(context, made, known, made.alerts, stretch, baselines=True)
            stretches.append({"words": stretch.words, **judged})
    record = {
        "measured_date": context.today.isoformat(),
        "as_of": {
            scope.facts.item(0, "source_id"): scope.facts.item(0, "as_of_date").isoformat()
            for scope in made.scopes
        },
        "stretches": stretches,
        "labelled_totals": _labelled_totals(made, known),
        "power": _power(made),
        "track_record": made.record.filter(
            (pl.col("pool") == ALL) & (pl.col("span") == ALL)
        ).to_dicts(),
    }
    return trimmed(record)


def trimmed(record: dict[str, Any]) -> dict[str, Any]:
    """The record without what the page does not show: baselines by span, digits beyond the fourth."""
    for stretch in record["stretches"]:
        for own in stretch["sets"]:
            own["rules"] = [
                entry for entry in own["rules"] if entry["span"] == "all" or entry["rule"] in SPLIT
            ]
    record["power"] = [
        {name: round(v, 4) if isinstance(v, float) else v for name, v in row.items()}
        for row in record["power"]
    ]
    return record


def _labelled_totals(made: Replayed, known: pl.DataFrame) -> list[dict[str, Any]]:
    """Labelled surges of whole routes and destinations, and the alerts that found them."""
    scopes = tuple(scope for scope in made.scopes if scope.dimension == "route")
    surges = judged_surges(scopes, labelled(scopes, known))
    own = Set("totals", scopes, surges, {scope.name: tested(scope) for scope in scopes})
    rows = _with_scope(made.alerts, list(scopes))
    flags = {scope.name: flags_of(scope, rows, "surge") for scope in scopes}
    rows_of = {scope.name: list(range(len(scope.periods))) for scope in scopes}
    return labelled_surges(own, Rule("ALERT", flags, None), rows_of)


def _power(made: Replayed) -> list[dict[str, Any]]:
    from fcm_migration.studies.alerts.baselines.rules import BASELINES
    from fcm_migration.studies.alerts.power import power_table

    rules = {name: (baseline.score, baseline.threshold) for name, baseline in BASELINES.items()}
    for scope, known in with_calibrations(made.scopes):
        if scope.name == POWER_SCOPE:
            return power_table(scope, known, rules).to_dicts()
    return []


def _judged(
    context: Context,
    made: Replayed,
    known: pl.DataFrame,
    rows: pl.DataFrame,
    stretch: Judging,
    baselines: bool,
) -> dict[str, Any]:
    scopes = [
        scope
        for scope in made.scopes
        if stretch.source_id in (None, scope.facts.item(0, "source_id"))
    ]
    if not scopes:
        raise UsageError("no watched series of that source", got=stretch.source_id)
    rows = _with_scope(rows, scopes)
    surges = judged_surges(scopes, labelled(scopes, known), stretch.size)
    late = _late(scopes, lags(context))
    scores = {name: score for name, score in _scores(made.scopes).items() if name in surges}
    found = []
    for own in sets(scopes, surges):
        if stretch.routes and own.name.rsplit("/", 1)[-1] not in stretch.routes:
            continue
        rules = _rules(own, rows, scores, baselines=baselines)
        report = evaluate(own, rules, stretch.first, stretch.last, lags=late)
        if report["active_periods"]:
            found.append(report)
        context.report(own.name)
    return {
        "first_period": stretch.first.isoformat(),
        "last_period": stretch.last.isoformat(),
        "surge_size": stretch.size,
        "events_without_series": unmatched(made.scopes, known),
        "sets": found,
    }


def read_alerts(path: Path) -> pl.DataFrame:
    """Alerts of a file: series_id, period, direction, tier.

    Raises:
        UsageError: the file cannot be read, lacks a column, or a period is no date.
    """
    try:
        frame = (
            pl.read_parquet(path)
            if path.suffix == ".parquet"
            else pl.read_csv(path, try_parse_dates=True)
        )
        if missing := [name for name in NEEDED if name not in frame.columns]:
            raise UsageError(
                "the file of alerts lacks columns", where=path.name, expected=NEEDED, got=missing
            )
        named = frame.with_columns(pl.col("period").cast(pl.Date)).select(
            *NEEDED, *(name for name in ("kind",) if name in frame.columns)
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            "the file of alerts cannot be read",
            where=path.name,
            expected="Parquet, or CSV with dates as YYYY-MM-DD",
            got=str(error).splitlines()[0],
        ) from error
    return _refuse_unknown(named, path.name)


def _refuse_unknown(rows: pl.DataFrame, where: str) -> pl.DataFrame:
    """Refuse tiers and directions there are none of: they would be judged as no alerts at all."""
    for column, known in (("tier", TIERS), ("direction", DIRECTIONS)):
        if odd := sorted(set(rows.get_column(column).cast(pl.String)) - set(known)):
            raise UsageError(f"unknown {column} of an alert", where=where, expected=known, got=odd)
    return rows


def _ordered(first: date, last: date) -> None:
    if last < first:
        raise UsageError("the stretch", expected="the earlier month first", got=f"{first} {last}")


def _with_scope(rows: pl.DataFrame, scopes: list[Scope]) -> pl.DataFrame:
    named = [(series, scope.name) for scope in scopes for series in scope.series]
    names = pl.DataFrame(named, schema=["series_id", "scope"], orient="row")
    return rows.join(names, on="series_id", how="inner")


def _late(scopes: list[Scope], days: dict[str, int]) -> dict[str, int]:
    """Whole periods from a period's end until its figure is public."""
    late = {}
    for scope in scopes:
        length = DAYS_OF_MONTH * scope.spec.months
        late[scope.name] = -int(-days[scope.facts.item(0, "source_id")] // length)
    return late


def _rules(
    own: Set, rows: pl.DataFrame, score: dict[str, Floats], *, baselines: bool
) -> list[Rule]:
    """The two tiers, then the simple rules at the size and activity that all share."""
    if "kind" in rows.columns:
        counted = pl.col("kind") != "tide"
        moving = {scope.name for scope in own.scopes if not scope.spec.counts_common_moves}
        rows = rows.filter(counted | ~pl.col("scope").is_in(list(moving)))
    flags = {
        tier: {scope.name: flags_of(scope, rows, "surge", only) for scope in own.scopes}
        for tier, only in (("ALERT", None), ("STRONG", "strong"))
    }
    rules = [Rule("ALERT", flags["ALERT"], score), Rule("STRONG", flags["STRONG"], None)]
    if "is_headlined" in rows.columns:
        alone = rows.filter("is_headlined")
        shown = {scope.name: flags_of(scope, alone, "surge") for scope in own.scopes}
        rules.append(Rule("ALERT, headlined", shown, None))
    if not baselines:
        return rules
    from fcm_migration.studies.alerts.baselines.rules import BASELINES

    for baseline in BASELINES.values():
        ranks = {scope.name: baseline.score(scope) for scope in own.scopes}
        rules.append(Rule(baseline.name, floored(own, ranks, baseline.threshold), ranks))
    return rules


def _scores(scopes: Sequence[Scope]) -> dict[str, Floats]:
    """The score of every period of every series, alert or not, by scope."""
    return {
        scope.name: parts(scope, signals(scope, known)).score
        for scope, known in with_calibrations(scopes)
    }
