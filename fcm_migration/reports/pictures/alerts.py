"""Pictures of alerts for Dagster's metadata: the strongest of the newest periods, and numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.columns import FIVE
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.reports.charts import (
    AlertPanel,
    Counts,
    alert_chart,
    counts_chart,
)
from fcm_migration.reports.charts.labels import PERIOD, capitalised, day_words, period_words
from fcm_migration.reports.pictures.alert_frames import (
    COUNTED_YEARS,
    SHOWN,
    alert_counts,
    histories,
    top_alerts,
)
from fcm_migration.reports.pictures.naming import (
    Names,
    corridor,
    country_names,
    indicator_words,
    known_publishers,
    named,
    publishers,
    unit_words,
)
from fcm_migration.reports.pictures.picture import Picture, picture
from fcm_migration.trends.alerts.tables import ALERTS, TRACK_RECORD

MOVES = {"surge": "rises", "drop": "falls"}
# kinds as people tell them apart, from the bottom of a bar
KINDS = {
    "own": "of the corridor itself",
    "own_weak": "of the corridor itself",
    "new_origin": "of the corridor itself",
    "build_up": "of the corridor itself",
    "tide": "with the route as a whole",
    "common": "of a route or destination as a whole",
    "definition": "with a changed definition",
}


def alert_pictures(context: Context) -> dict[str, Callable[[], Picture | None]]:
    """Return the functions that draw each alert table, by name; they give None without alerts."""
    alerts = store.read(context.home.table(ALERTS.layer, ALERTS.name), ALERTS)
    series = store.read(context.home.table("mart", "series"), SERIES)
    index = store.read(context.home.table("mart", "series_index"), SERIES_INDEX)
    names, known = country_names(context), known_publishers(context)
    return {
        ALERTS.name: partial(alerts_picture, alerts, series, index, names, known),
        TRACK_RECORD.name: partial(counts_picture, alerts, names),
    }


def alerts_picture(
    alerts: pl.DataFrame,
    series: pl.DataFrame,
    index: pl.DataFrame,
    names: Names,
    known: Mapping[str, str],
    direction: str = "surge",
) -> Picture | None:
    """Draw the headlined alerts with the highest scores among the newest periods.

    Args:
        alerts: rows of ``trend.alerts``.
        series: rows of ``mart.series``.
        index: rows of ``mart.series_index``.
        names: of countries, by code.
        known: publisher of each source.
        direction: surge or drop.

    Returns:
        one panel per series; None where no newest period has such an alert.
    """
    chosen = top_alerts(alerts, series, direction)
    if not chosen:
        return None
    drawn = histories(chosen, series, index)
    panels = [
        _panel(row, alerts.filter(series_id=row["series_id"], direction=direction),
               drawn[row["series_id"]], names, known)
        for row in chosen
    ]  # fmt: skip
    chart = alert_chart(
        panels, f"The strongest alerts for {MOVES[direction]} of the newest periods"
    )
    return picture(chart, panels[0].history.get_column("value").to_list())


def _panel(
    row: Mapping[str, Any],
    own: pl.DataFrame,
    history: pl.DataFrame,
    names: Names,
    known: Mapping[str, str],
) -> AlertPanel:
    raised = own.filter(pl.col("period") >= history.get_column("period_start")[0])
    what = capitalised(indicator_words(row["indicator"]))
    return AlertPanel(
        corridor(row, names), what, unit_words(row), row["frequency"], publishers(row, known),
        row["public_from"], history, raised, row["episode_start"],
    )  # fmt: skip


def counts_picture(alerts: pl.DataFrame, names: Names, direction: str = "surge") -> Picture | None:
    """Draw how many series had an alert in each period, by destination and kind.

    Series of different frequencies are not counted together: for each destination the frequency
    with the most alerts is drawn.

    Args:
        alerts: rows of ``trend.alerts``.
        names: of countries, by code.
        direction: surge or drop.

    Returns:
        one panel per destination; None where there is no such alert.
    """
    counts = alert_counts(alerts, direction)
    if counts.is_empty():
        return None
    said = pl.col("kind").replace_strict(KINDS)
    groups = [
        Counts(
            named(code, names), own.item(0, "frequency"),
            own.with_columns(said).group_by("period", "kind").agg(pl.col("number").sum()),
        )
        for code in _destinations(counts)
        if not (own := counts.filter(destination_iso3=code)).is_empty()
    ]  # fmt: skip
    last = max(alerts.filter(direction=direction).get_column("public_from").to_list())
    title = f"Series with an alert for {MOVES[direction]}, by destination and kind"
    subtitle = f"Number of series. Alerts public as of {day_words(last)}."
    kinds = list(dict.fromkeys(KINDS.values()))
    chart = counts_chart(groups, kinds, title, subtitle, _count_words(groups, title, str(last)))
    whole = groups[0].rows.group_by("period").agg(pl.col("number").sum()).sort("period")
    return picture(chart, whole.get_column("number").cast(pl.Float64).to_list())


def _destinations(counts: pl.DataFrame) -> list[str]:
    """Return those of the five destinations that have alerts, or else the ones with the most."""
    present = counts.group_by("destination_iso3").agg(pl.col("number").sum())
    most = present.sort("number", "destination_iso3", descending=[True, False])
    codes = most.get_column("destination_iso3").to_list()
    return sorted(code for code in codes if code in FIVE) or codes[:SHOWN]


def _count_words(groups: list[Counts], title: str, last: str) -> str:
    parts = []
    for one in groups:
        by = one.rows.group_by("period").agg(pl.col("number").sum()).sort("number", "period")
        most = by.row(-1, named=True)
        when = period_words(most["period"], one.frequency)
        parts.append(
            f"{one.name}: {by.get_column('number').sum()} in {COUNTED_YEARS} years, the most "
            f"({most['number']}) in the {PERIOD[one.frequency]} {when}"
        )
    return f"{title}. {'; '.join(parts)}. Alerts public until {last}."
