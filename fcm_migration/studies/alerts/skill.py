"""Skill of a home's alerts: what ``fcm alerts`` replays, evaluates and records."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration.catalog.wording import country_names
from fcm_migration.errors import UsageError
from fcm_migration.marts.reviewed import OVERLAPS, SERIES_BREAKS
from fcm_migration.marts.tables import SERIES_INDEX
from fcm_migration.outfile import write_parquet
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import inputs_of
from fcm_migration.refresh.steps.alerts import (
    EVENTS,
    STEP,
    countries,
    events,
    lags,
    newest_of_series,
    newest_panel,
    past_releases,
    policies,
)
from fcm_migration.studies.alerts.evaluation import SPLIT
from fcm_migration.studies.alerts.files import read_alerts
from fcm_migration.studies.alerts.named import labelled_surges
from fcm_migration.studies.alerts.sets import Rule, Set
from fcm_migration.studies.alerts.stretches import (
    STRETCHES,
    Stretch,
    evaluate_stretch,
    with_scope,
)
from fcm_migration.trends.alerts.detect import calibrations_by_scope
from fcm_migration.trends.alerts.events import labelled, read_events
from fcm_migration.trends.alerts.histories import flags_of, judged_surges
from fcm_migration.trends.alerts.record import ALL
from fcm_migration.trends.alerts.replay import Replayed, replay
from fcm_migration.trends.detection.residuals import tested
from fcm_migration.trends.watch.causes import near_policies

POWER_SCOPE = "us_ohss_usbp/border_encounters/USA/all/M/origin"


def replay_home(context: Context) -> Replayed:
    """Detect every alert of a home's record, whatever its tables of alerts hold."""
    inputs = inputs_of(context, STEP)
    newest = newest_panel(inputs)
    return replay(
        newest,
        past_releases(inputs),
        lags=inputs.given["lags"],
        breaks=inputs.read(SERIES_BREAKS),
        policies=near_policies(inputs.read(SERIES_INDEX), policies(inputs)),
        events=events(inputs),
        overlaps=inputs.read(OVERLAPS),
        figures=newest_of_series(inputs),
        names=country_names(countries(inputs)),
    )


def replay_to(context: Context, first: date, last: date, out: Path) -> int:
    """Write the replayed alerts of a stretch; return how many.

    Args:
        context: the home.
        first: first day of the first period.
        last: first day of the last period.
        out: Parquet file.

    Raises:
        UsageError: the stretch is empty.
    """
    _check_order(first, last)
    within = pl.col("period").is_between(first, last)
    rows = replay_home(context).alerts.filter(within)
    write_parquet(out, rows)
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
    """Return the evaluation of the alerts of a stretch, beside chance and the baselines.

    Args:
        context: the home.
        first: first day of the first period.
        last: first day of the last period.
        events: labelled events; None takes the reviewed file.
        alerts: rows with series_id, period, direction and tier (Parquet or CSV); None replays.
        source_id: only this source.
        size: smallest sum of a surge's first year.
        baselines: whether the baselines are evaluated too.

    Raises:
        UsageError: the stretch is empty, a file lacks columns, or no watched series is left.
    """
    _check_order(first, last)
    made = replay_home(context)
    known = read_events(events or context.reference_dir / EVENTS)
    rows = made.alerts if alerts is None else _watched_alerts(alerts, made)
    stretch, days = Stretch("", source_id, first, last, size, ()), lags(context.sources)
    found = evaluate_stretch(
        made, known, rows, stretch, days, baselines=baselines, report=context.report
    )
    return {"alerts": "replayed" if alerts is None else alerts.name, **found}


def _watched_alerts(path: Path, made: Replayed) -> pl.DataFrame:
    """Return the alerts of a file, or raise if none of them is of a watched series."""
    rows = read_alerts(path)
    if with_scope(rows, made.scopes).is_empty():
        raise UsageError(
            "no alert of the file is of a watched series",
            where=path.name,
            expected=f"series_id as in mart.series, such as {made.scopes[0].series[0]}",
        )
    return rows


def skill_record(context: Context) -> dict[str, Any]:
    """Return the evaluation of every stretch the home has figures of, and the rules' power."""
    made = replay_home(context)
    known = read_events(context.reference_dir / EVENTS)
    ends = _last_periods(made)
    days, stretches = lags(context.sources), []
    for stretch in STRETCHES:
        if stretch.source_id not in ends:
            continue
        if ends[stretch.source_id] < stretch.last:
            context.report(f"left out, its figures end in {ends[stretch.source_id]:%Y-%m}: "
                           f"{stretch.title}")  # fmt: skip
            continue
        found = evaluate_stretch(
            made, known, made.alerts, stretch, days, baselines=True, report=context.report
        )
        stretches.append({"words": stretch.title, "era": stretch.era, **found})
    overall = made.record.filter((pl.col("pool") == ALL) & (pl.col("span") == ALL))
    record = {
        "measured_date": context.today.isoformat(),
        "as_of": {
            scope.facts.item(0, "source_id"): scope.facts.item(0, "as_of_date").isoformat()
            for scope in made.scopes
        },
        "stretches": stretches,
        "labelled_totals": _labelled_totals(made, known),
        "power": _power(made),
        "track_record": overall.to_dicts(),
    }
    return trimmed(record)


def _last_periods(made: Replayed) -> dict[str, date]:
    """Return by source the newest period of its series: a stretch beyond it cannot be judged."""
    ends: dict[str, date] = {}
    for scope in made.scopes:
        source = str(scope.facts.item(0, "source_id"))
        ends[source] = max(scope.periods[-1], ends.get(source, date.min))
    return ends


def trimmed(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record without what the page does not show.

    Baselines are kept for all years only, figures of power to four digits.
    """
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
    """Return the labelled surges of whole routes and destinations, and the alerts on them."""
    scopes = tuple(scope for scope in made.scopes if scope.dimension == "route")
    surges = judged_surges(scopes, labelled(scopes, known))
    own = Set("totals", scopes, surges, {scope.name: tested(scope) for scope in scopes})
    rows = with_scope(made.alerts, scopes)
    flags = {scope.name: flags_of(scope, rows, "surge") for scope in scopes}
    rows_of = {scope.name: list(range(len(scope.periods))) for scope in scopes}
    return labelled_surges(own, Rule("ALERT", flags, None), rows_of)


def _power(made: Replayed) -> list[dict[str, Any]]:
    """Return the power of the alerts and of the baselines; empty without the series for it."""
    from fcm_migration.studies.alerts.baselines.rules import BASELINES
    from fcm_migration.studies.alerts.power import power_table

    rules = {name: (baseline.score, baseline.threshold) for name, baseline in BASELINES.items()}
    for scope in made.scopes:
        if scope.name == POWER_SCOPE:
            by_year = calibrations_by_scope(made.scopes)[scope.name]
            return power_table(scope, by_year, rules).to_dicts()
    return []


def _check_order(first: date, last: date) -> None:
    """Raise UsageError unless the first month is the earlier one."""
    if last < first:
        raise UsageError("the stretch", expected="the earlier month first", got=f"{first} {last}")
