"""Alerts: unusual movements of the watched series, their precedents, and their track record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.core.tables import history_table
from fcm_migration.marts.countries import alias_name, read_aliases
from fcm_migration.marts.places import COUNTRIES
from fcm_migration.marts.places import FILE as COUNTRIES_FILE
from fcm_migration.marts.reviewed import BREAKS, OVERLAPS, POLICY_EVENTS, SERIES_BREAKS
from fcm_migration.marts.splices import SPLICE_SOURCES
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.trends.alerts import TABLES

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context
    from fcm_migration.sources.base import Source
    from fcm_migration.trends.alerts.replay import Release

PANEL = (SERIES, SERIES_INDEX, SERIES_BREAKS)
BESIDE = (OVERLAPS, FLOWS)  # further tables used in explanations
GOES_ON = "us_cbp_sbo"  # the source with which a spliced series is still published
POLICIES = "policy_events.csv"
EVENTS = "labelled_events.csv"
BREAKS_FILE = "breaks.csv"


def _followed(sources: Iterable[Source]) -> list[Source]:
    """Return the sources whose alerts are detected release by release.

    Those whose figures are made of several releases at once are left out.
    """
    return [s for s in sources if s.is_harmonised and not s.flows_across_releases]


def _reads(sources: Sequence[Source]) -> Sequence[Table]:
    histories = [history_table(table) for source in _followed(sources) for table in source.tables]
    return (*PANEL, *BESIDE, *histories)


def _reviewed(sources: Sequence[Source]) -> Sequence[str]:
    schemes = dict.fromkeys(alias_name(source.country_scheme) for source in _followed(sources))
    return (POLICIES, EVENTS, BREAKS_FILE, COUNTRIES_FILE, *schemes)


def _given(context: Context) -> Mapping[str, Any]:
    from fcm_migration.core.reading import release_dates

    return {
        "lags": lags(context.sources),
        "followed": {
            source.source_id: release_dates(context.home, source)
            for source in _followed(context.sources)
        },
    }


def lags(sources: Iterable[Source]) -> dict[str, int]:
    """Return the usual days from a period's end to its publication, by source.

    A spliced series is published with the source that still goes on.
    """
    own = {source.source_id: source.cadence.lag_days for source in sources}
    return own | dict.fromkeys(SPLICE_SOURCES, own.get(GOES_ON, max(own.values())))


def make(inputs: Inputs) -> Made:
    """Return the alerts, the past alerts each resembles, and how often such alerts were right.

    Each alert is detected from the release that first held its period.

    Raises:
        UsageError: a reviewed table contradicts itself.
    """
    from fcm_migration.trends.alerts import replay_alerts

    series, index, breaks = map(inputs.read, PANEL)
    past = past_releases(inputs)
    return replay_alerts(
        series,
        index,
        breaks,
        policies(inputs),
        events(inputs),
        past,
        inputs.given["lags"],
        inputs.read(OVERLAPS),
        inputs.read(FLOWS),
        countries(inputs),
    )


def countries(inputs: Inputs) -> pl.DataFrame:
    """Return the reviewed list of countries."""
    return read_declared(inputs.file(COUNTRIES_FILE), COUNTRIES)


def policies(inputs: Inputs) -> pl.DataFrame:
    """Return the reviewed policies."""
    return read_declared(inputs.file(POLICIES), POLICY_EVENTS)


def events(inputs: Inputs) -> pl.DataFrame:
    """Return the labelled events."""
    from fcm_migration.trends.alerts.events import read_events

    return read_events(inputs.file(EVENTS))


def newest_panel(inputs: Inputs) -> pl.DataFrame:
    """Return the watched panel of today's figures."""
    from fcm_migration.trends.watch.releases import newest_panel

    return newest_panel(*map(inputs.read, PANEL))


def newest_of_series(inputs: Inputs) -> pl.DataFrame:
    """Return the newest figure of each watched series, complete or not."""
    from fcm_migration.trends.alerts.newer import newest_figures

    return newest_figures(*map(inputs.read, (SERIES, FLOWS, SERIES_BREAKS)))


def past_releases(inputs: Inputs) -> Mapping[str, list[Release]]:
    """Return the releases of every watched source but its newest, oldest first, by source."""
    from fcm_migration.trends.alerts.replay import Release
    from fcm_migration.trends.watch.releases import past_panels
    from fcm_migration.trends.watch.settings import WATCHED

    breaks = read_declared(inputs.file(BREAKS_FILE), BREAKS)
    days: Mapping[str, Sequence[date]] = inputs.given["followed"]
    index = inputs.read(SERIES_INDEX).filter(pl.col("indicator").is_in(WATCHED))
    watched = set(index.get_column("source_id"))
    return {
        source.source_id: [
            Release(day, panel)
            for day, panel in past_panels(
                source,
                days[source.source_id],
                read_aliases(inputs.file(alias_name(source.country_scheme))),
                breaks,
                inputs.read,
            )
        ]
        for source in inputs.sources
        if source.source_id in watched and source.source_id in days
    }


STEP = Step(
    name="alerts",
    title="raise alerts",
    makes=TABLES,
    make=make,
    reads=_reads,
    reviewed=_reviewed,
    given=_given,
    calls_sources=True,
)
