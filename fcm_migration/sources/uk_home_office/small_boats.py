"""United Kingdom: people and boats detected crossing the Channel, daily and weekly (Home Office).

An OpenDocument workbook released on Fridays: SB_01 by day since 1 January 2018, SB_02 by week
ending Sunday, the latter with preventions by French authorities from May 2024. "-" stands for not
collected, which is neither zero nor withheld; the shorthand of UK statistics ([c], [x], [note 3])
is understood too. Provisional operational figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from fcm_migration.catalog.licences import UK_OGL3
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import (
    Offer,
    Parsed,
    ReleaseFile,
    Source,
    only_file,
)
from fcm_migration.sources.uk_home_office.shorthand import (
    SHORTHAND,
    known_sums,
    plain_rows,
    remark_notes,
)
from fcm_migration.sources.uk_home_office.small_boats_counts import (
    ARRIVALS,
    BOATS,
    INDICATORS,
    MARKS,
    NOTE,
    UNCONTROLLED,
    channel_draft,
    notes_of,
    parse_columns,
    refuse_more_boats,
    withheld,
)
from fcm_migration.sources.uk_home_office.small_boats_releases import LANDING, fetch, name_key
from fcm_migration.workbook import Row, Sheet, find_header, normalise, read_workbook

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
FIRST_DAY, FIRST_WEEK = date(2018, 1, 1), date(2018, 1, 7)
# In every release held the days end within a week after the last week; holidays may add to that.
MOST_DAYS_AFTER_LAST_WEEK = 20

DAILY = Table(
    "core",
    "uk_small_boats_daily",
    "Small-boat arrivals in the UK by day.",
    "day",
    (
        Column("arrival_date", "date", "Day of arrival.", minimum=FIRST_DAY),
        ARRIVALS,
        BOATS,
        UNCONTROLLED,
        NOTE,
    ),
    ("arrival_date",),
    source_id="uk_small_boats",
    caveats=("Provisional; the quarterly release is the authoritative one.",),
    period="arrival_date",
)
WEEKLY = Table(
    "core",
    "uk_small_boats_weekly",
    "Small-boat arrivals in the UK and preventions in France by week.",
    "week ending Sunday",
    (
        Column("week_ending_date", "date", "Sunday on which the week ends."),
        ARRIVALS,
        BOATS,
        UNCONTROLLED,
        Column(
            "prevented_persons",
            "integer",
            "People prevented from crossing, reported by French authorities; null where not "
            "collected (before May 2024).",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        Column(
            "prevention_events",
            "integer",
            "Events in which a crossing was prevented; null where not collected.",
            unit="events",
            nullable=True,
            minimum=0,
        ),
        NOTE,
    ),
    ("week_ending_date",),
    source_id="uk_small_boats",
    caveats=("Weeks straddle years and months: use the daily table for calendar periods.",),
    period="week_ending_date",
)
LABELS = {
    "arrivals_persons": "Migrants arrived",
    "boats": "Boats arrived",
    "uncontrolled_landing_boats": "Boats arrived - involved in uncontrolled landings",
    "prevented_persons": "Migrants prevented",
    "prevention_events": "Events prevented",
    "note": "Notes",
}
PREVENTIONS = {
    "small_boat_preventions": "prevented_persons",
    "small_boat_prevention_events": "prevention_events",
}
ALWAYS_COLLECTED = ("arrivals_persons", "boats")


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one workbook of a release; see :func:`parse_sheets`."""
    file = only_file(files)
    return parse_sheets(read_workbook(file), file.name)


def parse_sheets(workbook: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn SB_01 and SB_02 into the two tables.

    Raises:
        LayoutError: a sheet, column, date or mark is not what the publisher has always sent.
    """
    if missing := sorted({"SB_01", "SB_02"} - set(workbook)):
        raise LayoutError(
            "sheets are missing",
            where=where,
            expected="SB_01, SB_02",
            got=sorted(workbook),
            lacks=missing,
        )
    daily, marks, remarked = _sheet(workbook["SB_01"], "Date", DAILY)
    weekly, more, weekly_remarked = _sheet(workbook["SB_02"], "Week ending", WEEKLY)
    used = {mark: marks.get(mark, 0) + more.get(mark, 0) for mark in {*marks, *more}}
    last_day = _refuse_gaps(daily.get_column("arrival_date"), FIRST_DAY, 1, "SB_01")
    last_week = _refuse_gaps(weekly.get_column("week_ending_date"), FIRST_WEEK, 7, "SB_02")
    if not 0 <= (last_day - last_week).days <= MOST_DAYS_AFTER_LAST_WEEK:
        raise LayoutError(
            "the two sheets end apart",
            where=where,
            expected=f"days up to {MOST_DAYS_AFTER_LAST_WEEK} after the last week",
            got=f"last day {last_day.isoformat()}, last week {last_week.isoformat()}",
        )
    layout = (
        *(f"sheet {name}" for name in sorted(workbook)),
        *(f"column {name}: {LABELS[name]}" for name in WEEKLY.column_names if name in LABELS),
    )
    tables = {DAILY.name: daily, WEEKLY.name: weekly}
    return Parsed(tables, marks=used, notes=(*remarked, *weekly_remarked), layout=layout)


def _sheet(
    sheet: Sheet, time: str, table: Table
) -> tuple[pl.DataFrame, dict[str, int], tuple[str, ...]]:
    """Return a sheet's rows as the table, the marks met, and what a person should know."""
    names = [name for name in table.column_names if name in LABELS]
    labels = [time, *(LABELS[name] for name in names)]
    plain, remarks = plain_rows(sheet.rows)
    sheet = Sheet(sheet.name, plain)
    top = find_header(sheet, labels)
    header = [normalise(cell) for cell in sheet.rows[top]]
    if sorted(cell for cell in header if cell) != sorted(labels):
        raise LayoutError(
            "the columns are not the known ones", where=sheet.name, expected=labels, got=header
        )
    body, footnotes = _body(sheet.rows[top + 1 :])
    days = [_day(row[header.index(time)], sheet.name) for row in body]
    texts = {name: [normalise(row[header.index(LABELS[name])]) for row in body] for name in names}
    printed = texts.pop("note")
    data, met, used = parse_columns(
        texts,
        marks={name: SHORTHAND if name in ALWAYS_COLLECTED else MARKS for name in texts},
        labels=LABELS,
        where=sheet.name,
        first_row=top + 2,
    )
    beside = remarks[top + 1 : top + 1 + len(body)]
    data |= {
        table.key[0]: pl.Series(days, dtype=pl.Date),
        "note": notes_of(printed, beside, met),
    }
    frame = pl.DataFrame(data).select(table.column_names)
    refuse_more_boats(frame, "{n} period(s) with more boats than people", sheet.name)
    said = tuple(f"Footnote of {sheet.name}: {text}" for text in footnotes)
    return frame, used, (*remark_notes(remarks, sheet.name), *said)


def _body(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """Return the rows of periods and the footnotes below them, of one filled cell each."""
    body = list(rows)
    footnotes: list[str] = []
    while body and len(filled := [cell for cell in body[-1] if cell.strip()]) <= 1:
        if filled and _DATE.match(filled[0]):
            break  # a period without any figure is no footnote
        footnotes[:0] = [normalise(cell) for cell in filled]
        body.pop()
    return body, footnotes


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LayoutError("not a date cell", where=where, expected="a date", got=text) from None


def _refuse_gaps(dates: pl.Series, first: date, step: int, where: str) -> date:
    """Return the last period; refuse absent ones: periods without arrivals are printed as 0.

    Raises:
        LayoutError: a period is missing, stands twice or does not belong.
    """
    got = sorted(dates)
    expected = [first + timedelta(days=step * number) for number in range(max(len(got), 1))]
    if got != expected:
        odd = sorted(set(expected) ^ set(got))[:3]
        raise LayoutError(
            "periods are missing or stand twice",
            where=where,
            expected=f"every {step} day(s) from {first.isoformat()}",
            got=f"{len(got)} rows, at odds: {', '.join(day.isoformat() for day in odd)}",
        )
    return expected[-1]


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return days and weeks as published, and calendar months summed from days."""
    daily, weekly = tables[DAILY.name], tables[WEEKLY.name]
    weeks = weekly.with_columns(week=pl.col("week_ending_date") - pl.duration(days=6))
    parts = []
    for indicator, column in INDICATORS.items():
        hidden = withheld(column)
        parts += [
            channel_draft(daily, indicator, column, "D", "arrival_date", is_suppressed=hidden),
            channel_draft(weeks, indicator, column, "W", "week", is_suppressed=hidden),
            channel_draft(
                _months(daily, column),
                indicator,
                column,
                "M",
                "month",
                is_suppressed=pl.col("is_suppressed"),
                is_partial=pl.col("is_partial"),
            ),
        ]
    for indicator, column in PREVENTIONS.items():
        hidden = withheld(column)
        known = weeks.filter(pl.col(column).is_not_null() | hidden)
        parts.append(channel_draft(known, indicator, column, "W", "week", is_suppressed=hidden))
    return pl.concat(parts)


def _months(daily: pl.DataFrame, column: str) -> pl.DataFrame:
    """Sum days to months; a month is partial until its last day is there."""
    last = pl.col("arrival_date").max()
    return (
        daily.group_by(pl.col("arrival_date").dt.month_start().alias("month"))
        .agg(
            *known_sums(column, withheld(column)),
            (last != last.dt.month_end()).alias("is_partial"),
        )
        .sort("month")
    )


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Read the Friday of the release out of the publisher's file name."""
    found = name_key(files[0].name)
    return found[0] if found else None


SOURCE = Source(
    source_id="uk_small_boats",
    title="People and boats detected crossing the English Channel, and preventions",
    publisher="UK Home Office",
    landing_url=LANDING,
    hosts=frozenset({"www.gov.uk", "assets.publishing.service.gov.uk"}),
    licence=UK_OGL3,
    cadence=Cadence("weekly, on Fridays, to the day before", "11 11,17 * * 5", 21, 7, lag_days=7),
    revision_habit="Arrivals and boats: none in 33 releases measured; preventions: often, "
    "for months back.",
    tables=(DAILY, WEEKLY),
    module=__name__,
    country_scheme="home_office",
    absent_is_zero=False,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(Offer("GBR", "small_boat_arrivals", "DWM"),),
    release_date=release_date,
)
