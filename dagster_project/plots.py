"""Plots that the UI shows for a step's tables. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import dagster as dg

from dagster_project.metadata import picture_metadata
from fcm_migration import store
from fcm_migration.catalog.model import Table
from fcm_migration.metadata.build import status_rows
from fcm_migration.metadata.tables import SOURCES
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.step import Step
from fcm_migration.trends.alerts.tables import ALERTS

Shown = Mapping[str, dict[str, Any]]


def shown(context: Context, step: Step) -> Shown:
    """Return metadata of a step's tables, by name of the table; most steps have none."""
    return SHOWN[step.name](context, step) if step.name in SHOWN else {}


def _nowcast(context: Context, step: Step) -> Shown:
    # the forecast as it is published, with the nowcast of the running period, is known only now
    from fcm_migration.reports.pictures.forecasts import forecast_picture

    picture = picture_metadata(partial(forecast_picture, context))
    return {table.name: picture for table in step.makes}


def _alerts(context: Context, _step: Step) -> Shown:
    from fcm_migration.reports.pictures.alerts import alert_pictures  # numpy, only where needed

    return {name: picture_metadata(draw) for name, draw in alert_pictures(context).items()}


def _policies(context: Context, _step: Step) -> Shown:
    from fcm_migration.reports.pictures.evidence import policies_picture

    return {"policy_effects": picture_metadata(partial(policies_picture, context))}


def _corridors(context: Context, _step: Step) -> Shown:
    from fcm_migration.reports.pictures.evidence import corridors_picture

    return {"corridors": picture_metadata(partial(corridors_picture, context))}


def _status(context: Context, _step: Step) -> Shown:
    sources = store.read(context.home.table(SOURCES.layer, SOURCES.name), SOURCES)
    rows = [dg.TableRecord(row) for row in status_rows(sources, context.today)]
    return {SOURCES.name: {"status of the sources": dg.MetadataValue.table(rows)}}


def traces(context: Context, tables: Iterable[Table]) -> Mapping[str, dict[str, Any]]:
    """Return the small pictures of tables that stand inline, by full name; many have none."""
    from fcm_migration.reports.pictures.traces import Traces, strongest_alerts

    found = Traces(context).among(tables)
    shown = {name: {"recent": dg.MetadataValue.md(made)} for name, made in found.items()}
    if ALERTS.full_name in shown:
        strongest = enumerate(strongest_alerts(context), 1)
        shown[ALERTS.full_name] = {
            f"strongest alert {place}": dg.MetadataValue.md(made) for place, made in strongest
        } or shown[ALERTS.full_name]
    return shown


SHOWN: Mapping[str, Callable[[Context, Step], Shown]] = {
    "nowcast": _nowcast,
    "policies": _policies,
    "alerts": _alerts,
    "corridors": _corridors,
    "metadata": _status,
}
