"""What earlier releases of a source said of its series, from the histories of the published file.

The figures of a release are harmonised anew, by the code that harmonises the newest one. So a
source's earlier releases are given only where the same work on its newest release leads to the
edition's own figures: where it does not (figures that rest on several releases at once), the page
says that it holds none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.catalog.derive import quote_identifier, quote_literal
from fcm_migration.catalog.wording import MEASURES
from fcm_migration.core.tables import latest_table, marked_table
from fcm_migration.errors import FcmError
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.marts.incomplete import mark_incomplete
from fcm_migration.marts.series import build_series
from fcm_migration.marts.tables import SERIES
from fcm_migration.publish.query import Connection
from fcm_migration.reports.explorer.encoding import month_of
from fcm_migration.reports.explorer.reading import HELD_BACK, IMPLIED_ZERO, SUPPRESSED, Held
from fcm_migration.sources.base import TOTAL, Source

MOST_CELLS = 120_000  # entries that the page has room for, at about 5 of its bytes each
MOST_RELEASES = 24  # of a source; each is harmonised anew
RELEASES = """
SELECT DISTINCT source_id, as_of_date FROM meta.snapshots WHERE status = 'in_use'
ORDER BY source_id, as_of_date DESC
"""
LABELS = """
SELECT label, origin_iso3, origin_class FROM meta.country_labels WHERE scheme = {scheme}
"""
SEEN = "SELECT {names} FROM history.{table} WHERE {day} BETWEEN first_seen_date AND last_seen_date"


def earlier_releases(
    connection: Connection, held: Held, sources: Sequence[Source], most: int = MOST_CELLS
) -> dict[str, Any]:
    """Return what earlier releases said, by the place of their source among those of the page.

    A source has either ``{"days": [...], "said": [...], "older": 0}``, the newest of its earlier
    releases first and how many older ones found no room, or ``{"lacks": "why"}``. What a release
    said is a mapping from the number of a series to its first month, its number of periods, and
    pairs of a period's place and its figure for the periods that differ from the newest release.
    Sources of the indicators that are watched for alerts have room first.

    Args:
        connection: the edition.
        held: what the page holds of it.
        sources: the registry's sources.
        most: entries to keep of all: a series of a release is one, and so is a differing figure.
    """
    days: dict[str, list[date]] = {}
    for source_id, day in connection.sql(RELEASES).iter_rows():
        days.setdefault(source_id, []).append(day)
    registered = {source.source_id: source for source in sources}
    found: dict[str, Any] = {}
    room = most
    for place, source_id in _in_order(held):
        known = days.get(source_id, [])
        if len(known) > 1 and source_id in registered:
            found[str(place)] = _told(connection, held, registered[source_id], known, room)
            room -= sum(map(_cells, found[str(place)].get("said", ())))
    return found


def _in_order(held: Held) -> list[tuple[int, str]]:
    """Return the sources with their places on the page, those of watched indicators first."""
    shown = held.index.get_column("source_id").unique(maintain_order=True).to_list()
    is_watched = pl.col("indicator").is_in(list(MEASURES))
    watched = set(held.index.filter(is_watched).get_column("source_id"))
    return sorted(enumerate(shown), key=lambda item: item[1] not in watched)


def _told(
    connection: Connection, held: Held, source: Source, days: Sequence[date], room: int
) -> dict[str, Any]:
    kept: list[dict[int, list[Any]]] = []
    try:
        again = said_on(connection, held, source, days[0])
        if any(row is None or row[2] for row in again.values()):
            return {"lacks": "its figures rest on several releases at once"}
        for day in days[1 : MOST_RELEASES + 1]:
            found = said_on(connection, held, source, day)
            said = {number: row for number, row in found.items() if row is not None}
            room -= _cells(said)
            if room < 0:
                break
            kept.append(said)
    except (FcmError, pl.exceptions.PolarsError):  # an old table may lack what today's code reads
        return {"lacks": "they cannot be read under today's definitions"}
    if not kept:
        return {"lacks": "they would make it too large"}
    shown = [str(day) for day in days[1 : len(kept) + 1]]
    return {"days": shown, "said": kept, "older": len(days) - 1 - len(kept)}


def said_on(
    connection: Connection, held: Held, source: Source, day: date
) -> dict[int, list[Any] | None]:
    """Return what a release said of each of the source's series that the page holds.

    Args:
        connection: the edition.
        held: what the page holds of it.
        source: the source.
        day: of the release.

    Returns:
        by the series' number its first month, its number of periods, and pairs of a period's place
        and its figure where that is not the newest one; None of a series that it did not have.

    Raises:
        FcmError: the release cannot be harmonised by today's code.
    """
    own = held.numbered(held.index.filter(source_id=source.source_id))
    current = {
        number: (month_of(first), list(figures))
        for number, first, figures in own.select("series", "first_period", "figures").iter_rows()
    }
    differing = _differences(_series_on(connection, source, day), held, current)
    return {number: differing.get(number) for number in current}


def _cells(said: Mapping[int, list[Any]]) -> int:
    """Return how many entries a release takes: its series and their differing figures."""
    return sum(1 + len(row[2]) // 2 for row in said.values())


def _series_on(connection: Connection, source: Source, day: date) -> pl.DataFrame:
    """Return the rows of ``mart.series`` as a release of this day makes them."""
    known = connection.sql(LABELS.format(scheme=quote_literal(source.country_scheme)))
    total = pl.DataFrame({"label": [TOTAL], "origin_iso3": ["total"], "origin_class": ["total"]})
    made = harmonise(source, _core_on(connection, source, day), pl.concat([known, total]))
    flows = mark_incomplete(made.flows, connection.sql("FROM meta.breaks"))
    zero = [source.source_id] if source.absent_is_zero else []
    series, _index = build_series(flows, zero, made.held)
    return series.select(SERIES.column_names)


def _core_on(connection: Connection, source: Source, day: date) -> Mapping[str, pl.DataFrame]:
    """Return a source's core tables as they stood on a day, all rows under that one release."""
    release = (
        pl.lit(day).alias("as_of_date"), pl.lit(str(day)).alias("snapshot_id"),
        pl.lit("archive").alias("obtained"),
    )  # fmt: skip
    found = {}
    for table in source.tables:
        names = ", ".join(quote_identifier(name) for name in marked_table(table).column_names)
        query = SEEN.format(
            names=names, table=quote_identifier(table.name), day=f"DATE {quote_literal(str(day))}"
        )
        rows = connection.sql(query).with_columns(release)
        found[table.name] = rows.select(latest_table(table).column_names)
    return found


def _differences(
    series: pl.DataFrame, held: Held, current: Mapping[int, tuple[int, list[int | None]]]
) -> dict[int, list[Any]]:
    """Return, by number of series, first month, periods, and pairs of place and figure."""
    code = (
        pl.when("is_suppressed").then(SUPPRESSED).when("is_held_back").then(HELD_BACK)
        .when("is_implied_zero").then(IMPLIED_ZERO).otherwise("value")
    )  # fmt: skip
    rows = held.numbered(series.with_columns(code.alias("code"))).sort("series", "period_start")
    grouped = rows.group_by("series", maintain_order=True).agg(
        pl.col("period_start").first(), pl.col("frequency").first(), pl.col("code")
    )
    found: dict[int, list[Any]] = {}
    for number, start, frequency, figures in grouped.iter_rows():
        first, newest = current[number]
        step = {"M": 1, "Q": 3, "A": 12}[frequency]
        shift = (month_of(start) - first) // step
        pairs = [part for pair in _pairs(figures, newest, shift) for part in pair]
        found[number] = [month_of(start), len(figures), pairs]
    return found


def _pairs(
    figures: Sequence[int | None], newest: Sequence[int | None], shift: int
) -> Iterator[tuple[int, int | None]]:
    for place, figure in enumerate(figures):
        there = place + shift
        is_held = 0 <= there < len(newest)
        if not is_held or newest[there] != figure:
            yield place, figure
