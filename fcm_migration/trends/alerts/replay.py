"""Replay of alerts: each past alert is recomputed from the earliest release held for its period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.catalog.wording import country_names
from fcm_migration.periods import period_end
from fcm_migration.trends.alerts.detect import detect_alerts
from fcm_migration.trends.alerts.events import labelled
from fcm_migration.trends.alerts.explanation import explanations
from fcm_migration.trends.alerts.headline_text import headline_texts
from fcm_migration.trends.alerts.headlines import headlined, told_once, with_common
from fcm_migration.trends.alerts.histories import judged_surges, precedents, with_episodes
from fcm_migration.trends.alerts.newer import newest_figures, with_newer
from fcm_migration.trends.alerts.record import track_record, with_record_group
from fcm_migration.trends.alerts.tables import ALERTS, PRECEDENTS, TRACK_RECORD
from fcm_migration.trends.scoring.surges import Surge
from fcm_migration.trends.watch.causes import near_policies, with_causes
from fcm_migration.trends.watch.panel import Scope, scopes
from fcm_migration.trends.watch.releases import newest_panel
from fcm_migration.trends.watch.revisions import measured_window, with_revised_until


@dataclass(frozen=True)
class Release:
    """The watched panel (``watch.panel.PANEL_COLUMNS``) as it stood at one release."""

    day: date
    panel: pl.DataFrame


@dataclass(frozen=True)
class Replayed:
    """The three tables, the scopes of the newest panel, and their surges by scope."""

    alerts: pl.DataFrame
    precedents: pl.DataFrame
    record: pl.DataFrame
    scopes: tuple[Scope, ...]
    surges: Mapping[str, Sequence[Surge]]


def replay_alerts(
    series: pl.DataFrame,
    index: pl.DataFrame,
    breaks: pl.DataFrame,
    declared: pl.DataFrame,
    events: pl.DataFrame,
    past: Mapping[str, Sequence[Release]],
    lags: Mapping[str, int],
    overlaps: pl.DataFrame,
    flows: pl.DataFrame,
    countries: pl.DataFrame,
) -> dict[Table, pl.DataFrame]:
    """Return ``trend.alerts``, ``trend.precedents`` and ``trend.track_record``.

    Args:
        series: ``mart.series``.
        index: ``mart.series_index``.
        breaks: ``meta.series_breaks``.
        declared: ``meta.policy_events``.
        events: labelled events, from :func:`fcm_migration.trends.alerts.events.read_events`.
        past: earlier releases by source, oldest first.
        lags: usual days from a period's end to its publication, by source.
        overlaps: ``meta.overlaps``.
        flows: ``mart.flows``.
        countries: the reviewed list of countries, whose names the headlines use.
    """
    made = replay(
        newest_panel(series, index, breaks),
        past,
        lags=lags,
        breaks=breaks,
        policies=near_policies(index, declared),
        events=events,
        overlaps=overlaps,
        figures=newest_figures(series, flows, breaks),
        names=country_names(countries),
    )
    return {ALERTS: made.alerts, PRECEDENTS: made.precedents, TRACK_RECORD: made.record}


def replay(
    newest: pl.DataFrame,
    past: Mapping[str, Sequence[Release]],
    *,
    lags: Mapping[str, int],
    breaks: pl.DataFrame,
    policies: pl.DataFrame,
    events: pl.DataFrame,
    overlaps: pl.DataFrame,
    figures: pl.DataFrame,
    names: Mapping[str, str],
) -> Replayed:
    """Recompute every past alert from what was known when its period was first published.

    Args:
        newest: the newest watched panel.
        past: earlier releases by source, oldest first.
        lags: usual days from a period's end to its publication, by source.
        breaks: rows of ``meta.series_breaks``.
        policies: from :func:`fcm_migration.trends.watch.causes.near_policies`.
        events: labelled events.
        overlaps: rows of ``meta.overlaps``.
        figures: from :func:`fcm_migration.trends.alerts.newer.newest_figures`.
        names: names of countries by code.
    """
    now = tuple(scopes(newest))
    surges = judged_surges(now, labelled(now, events))
    rows = _public_from(first_detected(newest, past), lags)
    rows = with_causes(rows, breaks, policies)
    rows = with_revised_until(rows, breaks, _windows(newest, past))
    rows = with_newer(with_episodes(rows, now, surges), figures)
    rows = _with_first(told_once(headlined(with_common(rows)), overlaps)).sort(
        "source_id", "scope", "period", "series_id", "direction"
    )
    rows = _with_newest_release(with_record_group(rows, now), newest)
    record = track_record(rows, now, surges)
    similar = precedents(rows, now)
    told = headline_texts(rows, record, names)
    rows = rows.with_columns(*told, explanations(rows, similar, record, names))
    return Replayed(rows.select(ALERTS.column_names), similar, record, now, surges)


def first_detected(newest: pl.DataFrame, past: Mapping[str, Sequence[Release]]) -> pl.DataFrame:
    """Return the alerts of each period, detected from the first release that held it.

    Returns:
        the columns of :func:`detect_alerts`, ``release`` (its day) and ``is_first`` (whether it is
        the oldest release held here, so that the period may have been public before).
    """
    parts = [_dated(detect_alerts(()), date.min, first=True)]
    for (source,), own in newest.group_by("source_id", maintain_order=True):
        day = own.get_column("as_of_date").max()
        releases = [*past.get(str(source), ()), Release(day, own)]  # type: ignore[arg-type]
        held: pl.DataFrame | None = None
        for number, release in enumerate(releases):
            found = detect_alerts(tuple(scopes(release.panel)))
            if held is not None:
                before = found.join(held, on="scope", how="left", maintain_order="left")
                news = pl.col("covered_to").is_null() | (pl.col("period") > pl.col("covered_to"))
                found = before.filter(news).drop("covered_to")
            parts.append(_dated(found, release.day, first=number == 0))
            held = _covered_to(release.panel, held)
    return pl.concat(parts)


def _dated(rows: pl.DataFrame, day: date, *, first: bool) -> pl.DataFrame:
    return rows.with_columns(pl.lit(day).alias("release"), pl.lit(first).alias("is_first"))


def _covered_to(panel: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    """Return the newest period of each scope so far; a total alone does not count as held."""
    own = panel.filter(~pl.col("is_total"))
    parts = [own.select("scope", pl.col("period_start").alias("covered_to"))]
    parts += [] if before is None else [before]
    return pl.concat(parts).group_by("scope").agg(pl.col("covered_to").max())


def _public_from(rows: pl.DataFrame, lags: Mapping[str, int]) -> pl.DataFrame:
    """Add public_from and is_lag_usual: the first release's day, or earlier by the usual lag."""
    days = pl.col("source_id").replace_strict(lags, default=None, return_dtype=pl.Int64)
    usual = (period_end("period") + pl.duration(days=days)).cast(pl.Date)
    rests = pl.col("is_first") & (usual <= pl.col("release")).fill_null(value=False)
    return rows.with_columns(
        pl.when(rests).then(usual).otherwise("release").alias("public_from"),
        rests.alias("is_lag_usual"),
    )


def _windows(newest: pl.DataFrame, past: Mapping[str, Sequence[Release]]) -> dict[str, int | None]:
    """Return until which age most figures of each source were revised, in days (None: unknown)."""
    return {
        source: measured_window(
            [(release.day, release.panel) for release in releases],
            newest.filter(pl.col("source_id") == source),
        )
        for source, releases in past.items()
    }


def _with_newest_release(rows: pl.DataFrame, newest: pl.DataFrame) -> pl.DataFrame:
    """Add newest_release, the day of the newest release of an alert's source."""
    released = newest.group_by("source_id").agg(newest_release=pl.col("as_of_date").max())
    return rows.join(released, on="source_id", how="left", maintain_order="left")


def _with_first(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the day from which the first alert of each episode was public."""
    keys = ["series_id", "direction", "episode_start"]
    opened = rows.filter("opens_episode").select(*keys, first_public_from="public_from")
    return rows.join(opened, on=keys, how="left", maintain_order="left")
