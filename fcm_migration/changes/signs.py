"""Which alerts opened and closed: the episodes of ``trend.current``, and why one ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fcm_migration.changes.line import Line
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
# alerts at the newest period of their series, whether headlined or not
OPEN = """SELECT DISTINCT a.series_id, a.direction, a.episode_start
          FROM {of}.trend.alerts a JOIN {of}.mart.series_index i USING (series_id)
          WHERE a.period = i.last_period"""
AGAIN = "Now among the current alerts, known before from figures too old for that"
Key = tuple[Any, ...]


def lines(pair: Pair) -> Iterator[Line]:
    """Yield a line for each headline that came or went, then one that counts all other alerts."""
    before, now = ({_key(row): row for row in f.iter_rows(named=True)} for f in pair.both(CURRENT))
    was, is_ = ({_key(row) for row in f.iter_rows(named=True)} for f in pair.both(OPEN))
    for key, row in now.items():
        if key not in before:
            new = AGAIN if key in was else "New alert"
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


def _key(row: Row) -> Key:
    return row["series_id"], row["direction"], row["episode_start"]


def _said(kind: str, sentence: str, row: Row) -> Line:
    return Line(
        kind=kind,
        sentence=sentence,
        source_id=row["source_id"],
        indicator=row["indicator"],
        destination_iso3=row["destination_iso3"],
        frequency=row["frequency"],
        unit=row["unit"],
        period=row["period"],
        new_value=row["observed"] if kind == "alert_opened" else None,
        old_value=row["observed"] if kind == "alert_closed" else None,
    )


def _why(row: Row, series: Mapping[str, Row], alerts: Mapping[Key, bool]) -> str:
    """Return why an episode is not among the current ones, as far as the tables tell."""
    now = series.get(row["series_id"])
    if now is None:
        return "as the series is not in the edition"
    last = now["last_period"]
    is_headlined = alerts.get((row["series_id"], row["direction"], last))
    if is_headlined is None:
        value, unit = figure(now["value"], row["unit"]), row["frequency"]
        if last > row["period"]:
            return f"as {value} in {period_said(last, unit)} is within what was expected"
        return f"as the figure of {period_said(last, unit)}, or what it is compared with, differs"
    if not is_headlined:
        return "as another headline tells the same movement or ranks before it"
    return f"as it is of a period that ended more than {CURRENT_MONTHS} months before this edition"


def _others(was: set[Key], is_: set[Key]) -> Iterator[Line]:
    """Yield a line that counts alerts without a headline."""
    opened, closed = len(is_ - was), len(was - is_)
    if opened or closed:
        said = (
            f"Beside the headlines, {count(opened, 'alert')} opened and {count(closed, 'alert')} "
            "closed at the newest period of their series, in all countries (trend.alerts)."
        )
        kind = "alert_opened" if opened else "alert_closed"
        yield Line(kind=kind, sentence=said, items=opened + closed)
