"""Which alerts opened and closed: the episodes of ``trend.current``, and why one ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from fcm_migration.changes.line import Line, of_series
from fcm_migration.changes.wording import Row, count, figure, period_said
from fcm_migration.publish.pair import Pair
from fcm_migration.trends.alerts.tables import CURRENT_MONTHS

READ = frozenset(("series_id", "direction", "episode_start", "headline", "period", "frequency"))
CURRENT = """SELECT series_id, direction, episode_start, headline, period, frequency, observed,
                    unit, source_id, indicator, destination_iso3, weight, alert_id
             FROM {of}.trend.current ORDER BY weight DESC, alert_id"""
# what the newer edition says of a series, to tell why an alert closed
NOW = """SELECT i.series_id, i.last_period, s.value
         FROM new.mart.series_index i LEFT JOIN new.mart.series s
             ON s.series_id = i.series_id AND s.period_start = i.last_period"""
STILL = "SELECT series_id, direction, period, is_headlined FROM new.trend.alerts"
# alerts at the newest period of their series, whether headlined or not, and all there ever were
OPEN = """SELECT DISTINCT a.series_id, a.direction, a.episode_start
          FROM {of}.trend.alerts a JOIN {of}.mart.series_index i USING (series_id)
          WHERE a.period = i.last_period"""
EVER = "SELECT DISTINCT series_id, direction, episode_start FROM old.trend.alerts"
Key = tuple[Any, ...]


def lines(pair: Pair) -> Iterator[Line]:
    """Yield a line for each headline that came or went, then one that counts all other alerts."""
    before, now = ({_key(row): row for row in f.iter_rows(named=True)} for f in pair.both(CURRENT))
    was, is_ = (_keys(frame) for frame in pair.both(OPEN))
    ever = _keys(pair.sql(EVER))
    for key, row in now.items():
        if key not in before:
            since = period_said(row["episode_start"], row["frequency"])
            new = f"An alert again, of an episode since {since}" if key in ever else "New alert"
            yield _said("alert_opened", f"{new}: {row['headline']}", row)
    gone = {key: row for key, row in before.items() if key not in now}
    if gone:
        series = {row["series_id"]: row for row in pair.sql(NOW).iter_rows(named=True)}
        alerts = {
            (row["series_id"], row["direction"], row["period"]): row["is_headlined"]
            for row in pair.sql(STILL).iter_rows(named=True)
        }
        for row in gone.values():
            why = _why(row, series, alerts)
            yield _said("alert_closed", f"No longer an alert, {why}: {row['headline']}", row)
    yield from _others(was - before.keys() - now.keys(), is_ - before.keys() - now.keys())


def _keys(frame: pl.DataFrame) -> set[Key]:
    return {_key(row) for row in frame.iter_rows(named=True)}


def _key(row: Row) -> Key:
    return row["series_id"], row["direction"], row["episode_start"]


def _said(kind: str, sentence: str, row: Row) -> Line:
    return Line(
        kind=kind,
        sentence=sentence,
        **of_series(row),
        period=row["period"],
        new_value=row["observed"] if kind == "alert_opened" else None,
        old_value=row["observed"] if kind == "alert_closed" else None,
    )


def _why(row: Row, series: Mapping[str, Row], alerts: Mapping[Key, bool]) -> str:
    """Return why an episode is not among the current ones, as far as the tables tell."""
    now = series.get(row["series_id"])
    if now is None:
        return "as the series is not in the edition"
    last, frequency = now["last_period"], row["frequency"]
    if last < row["period"]:
        return f"as the newest figure held is of {period_said(last, frequency)}"
    is_headlined = alerts.get((row["series_id"], row["direction"], last))
    if is_headlined is None:
        if last > row["period"]:
            value = figure(now["value"], row["unit"])
            return f"as {value} in {period_said(last, frequency)} is within what was expected"
        when = period_said(last, frequency)
        return f"as the figure of {when}, or what it is compared with, differs"
    if not is_headlined:
        return "as another headline tells the same movement or ranks before it"
    return f"as it is of a period that ended more than {CURRENT_MONTHS} months before this edition"


def _others(was: set[Key], is_: set[Key]) -> Iterator[Line]:
    """Yield a line that counts alerts without a headline."""
    opened, closed = len(is_ - was), len(was - is_)
    if opened or closed:
        said = (
            f"Apart from the alerts above, {count(opened, 'more series', 'more series')} came into "
            f"alert and {closed:,} went out of it at their newest figure, in all countries "
            "(trend.alerts)."
        )
        kind = "alert_opened" if opened else "alert_closed"
        yield Line(kind=kind, sentence=said, items=opened + closed)
