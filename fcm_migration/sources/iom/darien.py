"""Panama: irregular entries through the Darien by nationality, yearly to 2019, monthly from 2020.

Panama's migration service (Servicio Nacional de Migracion) prints the figures as PDFs, which IOM
repeats; no machine-readable file and no licence were found, so a person writes them down in a CSV
of ours. A year's figure stands under its 1 January: read as a month it would be twelve times one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast

import polars as pl

from fcm_migration.catalog.licences import PA_UNVERIFIED
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.periods import whole_calendar
from fcm_migration.sources.base import TOTAL, Parsed, ReleaseFile, Source
from fcm_migration.sources.by_hand import Cells, only_csv, read_cells, release_date
from fcm_migration.sources.drafts import draft
from fcm_migration.workbook import Sheet, parse_counts

LANDING = "https://www.migracion.gob.pa/"
COLUMNS = ("t", "q", "nat", "n")
FIRST_MONTHLY_YEAR = 2020  # the publisher's tables give earlier years as a whole only
# Months for which no nationality is printed: the border was closed. Not known to be zero.
UNPRINTED = (date(2020, 4, 1), date(2020, 5, 1), date(2020, 7, 1))
FIRST_DAY = re.compile(r"(\d{4})-(\d{2})-01")
NATIONALITY = re.compile(r"[A-Z]{2,3}")

TABLE = Table(
    "core",
    "iom_darien",
    "Irregular entries into Panama through the Darien by nationality.",
    "year (to 2019) or month (from 2020), and nationality",
    (
        Column("period_start_date", "date", "First day of the year (to 2019) or month."),
        Column(
            "period_length",
            "string",
            "year to 2019, month from 2020: never added up or compared.",
            allowed=("year", "month"),
        ),
        Column(
            "nationality",
            "string",
            "Code of the nationality (ISO 3166-1 alpha-3); OOO is every other one together.",
        ),
        Column("entries", "integer", "Irregular entries registered.", unit="events", minimum=0),
    ),
    ("period_start_date", "nationality"),
    source_id="iom_darien",
    period="period_start_date",
    may_run=True,
    caveats=(
        "Written down by hand from the publisher's tables.",
        "Entries, not persons: someone who enters again is counted again.",
        "A nationality without a row had no entry or stands among the others (OOO), which differ "
        "from year to year in what they hold.",
        "Only who met Panama's migration service in the Darien; the route by sea round it is not "
        "counted.",
    ),
)
BY_HAND = """\
Take Panama's tables "Transito irregular por Darien" by nationality (Servicio Nacional de Migracion,
PDF; repeated by IOM) and write them down as a CSV with the header

    t,q,nat,n

t: first day of the month, as 2023-08-01; 1 January for a whole year before 2020, of which no months
are printed. Only months that are over, and every one between the first and the last. q: first day
of t's quarter (2023-07-01). nat: ISO 3166-1 alpha-3 code of the nationality, TIB for Tibetans, OOO
for every other one together. n: a whole number, 0 where a nationality is printed with none; never
empty. A month in which nobody entered is one row OOO with 0; April, May and July 2020 (border
closed) may be left out and are then not known. A newer file replaces the months it holds.
Put the date of the newest table into the file's name: iom_darien_2025-05-06.csv.
"""


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one CSV of a release; see :func:`from_sheets`."""
    return from_sheets(*only_csv(files))


def from_sheets(sheets: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn the rows into the table; missing months are reported, not filled.

    Raises:
        LayoutError: a column or period is missing, a day is none or not its quarter's, a year
            before 2020 is given by months, a nationality is no code, or a count no whole number.
    """
    cells = read_cells(sheets[where], COLUMNS, where)
    if not cells.texts["t"]:
        raise LayoutError("no rows", where=where)
    starts = [_start(text, where) for text in cells.texts["t"]]
    _refuse_odd_labels(starts, cells, where)
    counts = parse_counts(cells.texts["n"], marks={}, where=where, first_row=cells.first_row)
    frame = pl.DataFrame(
        {
            "period_start_date": pl.Series(starts, dtype=pl.Date),
            "period_length": [
                "year" if day.year < FIRST_MONTHLY_YEAR else "month" for day in starts
            ],
            "nationality": cells.texts["nat"],
            "entries": counts.values,
        }
    )
    _refuse_lost(frame, where)
    notes = list(cells.notes)
    if lost := sorted(set(_due(frame)) - set(starts)):
        months = ", ".join(str(day)[:7] for day in lost)
        notes.append(f"Months without a row, of which nothing is known: {months}.")
    return Parsed({TABLE.name: frame}, counts.used, tuple(notes), cells.layout)


def _refuse_odd_labels(starts: Sequence[date], cells: Cells, where: str) -> None:
    odd = [
        f"{text} in {quarter}"
        for day, text, quarter in zip(starts, cells.texts["t"], cells.texts["q"], strict=True)
        if quarter != str(date(day.year, 3 * ((day.month - 1) // 3) + 1, 1))
    ]
    if odd:
        raise LayoutError("quarters", where=where, expected="first day of t's quarter", got=odd[:3])
    if odd := sorted({text for text in cells.texts["nat"] if not NATIONALITY.fullmatch(text)}):
        raise LayoutError("nationalities", where=where, expected="codes as VEN", got=odd[:3])


def _start(text: str, where: str) -> date:
    found = FIRST_DAY.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) < 2000:
        raise LayoutError("no month", where=where, expected="2023-08-01", got=text)
    day = date(int(found[1]), int(found[2]), 1)
    if day.year < FIRST_MONTHLY_YEAR and day.month != 1:
        raise LayoutError(
            "a month of a year that is printed as a whole",
            where=where,
            expected=f"1 January for years before {FIRST_MONTHLY_YEAR}",
            got=text,
        )
    return day


def _due(frame: pl.DataFrame) -> list[date]:
    """Return every year and month from the first to the last; months follow the years."""
    starts = frame.get_column("period_start_date")
    is_year = starts.dt.year() < FIRST_MONTHLY_YEAR
    years, months = starts.filter(is_year), starts.filter(~is_year)
    if len(years) and len(months):
        years = years.append(pl.Series([date(FIRST_MONTHLY_YEAR - 1, 1, 1)]))
        months = months.append(pl.Series([date(FIRST_MONTHLY_YEAR, 1, 1)]))
    due = whole_calendar(years, "1y") if len(years) else []
    return due + (whole_calendar(months, "1mo") if len(months) else [])


def _refuse_lost(frame: pl.DataFrame, where: str) -> None:
    found = {*frame.get_column("period_start_date"), *UNPRINTED}
    if lost := sorted(set(_due(frame)) - found):
        raise LayoutError(
            "years or months are missing",
            where=where,
            expected="each from the first to the last; a month without entries is a row of 0",
            lacks=[str(day)[:7] for day in lost],
            remedy="write the period down, or hand over what lies before and after it in two "
            "files, each with its own date in the name",
        )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return entries by nationality as printed, and our sum over all of them."""
    core = tables[TABLE.name]
    running = _running_month(core)
    printed = core.with_columns(origin_label=pl.col("nationality"), is_derived=pl.lit(value=False))
    summed = core.group_by("period_start_date", "period_length").agg(
        pl.col("entries").sum(), origin_label=pl.lit(TOTAL), is_derived=pl.lit(value=True)
    )
    length = pl.col("period_length")
    return draft(
        pl.concat([printed.select(summed.columns), summed]),
        indicator="transit_entries",
        destination_iso3="none",
        origin_label=pl.col("origin_label"),
        route="darien",
        frequency=length.replace_strict({"year": "A", "month": "M"}, return_dtype=pl.String),
        period_start=pl.col("period_start_date"),
        value=pl.col("entries"),
        is_derived=pl.col("is_derived"),
        is_partial=(length == "month") & (pl.col("period_start_date") >= running),
    )


def _running_month(core: pl.DataFrame) -> date:
    """Return the month of the release, whose entries may be incomplete."""
    if "as_of_date" not in core.columns or core.is_empty():
        return date.max
    return cast("date", core.get_column("as_of_date").max()).replace(day=1)


SOURCE = Source(
    source_id="iom_darien",
    title="Irregular entries into Panama through the Darien by nationality",
    publisher="Panama, Servicio Nacional de Migracion; repeated by IOM",
    landing_url=LANDING,
    hosts=frozenset({"www.migracion.gob.pa"}),
    licence=PA_UNVERIFIED,
    cadence=Cadence("monthly, days after the month; by hand", "41 5 8 * *", 60, 31, lag_days=10),
    revision_habit="Not known: each table prints its own year.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="pa_snm",
    absent_is_zero=False,
    fetch=None,
    parse=parse,
    flows=flows,
    release_date=release_date,
    rolling_by="period_start_date",
    is_modelled=False,
    by_hand=BY_HAND,
)
