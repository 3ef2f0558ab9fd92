"""Asylum applications by month, origin and country of asylum, from UNHCR's retired site.

The monthly export of popstats.unhcr.org, 1999 to 2018 at most. Persons or cases, as each country
reported; "*" is a count of 1 to 4 withheld. An absent row is no proof of a zero: countries report
months, up to a year, late.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import IS_SUPPRESSED
from fcm_migration.catalog.licences import UNHCR_POPSTATS
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.periods import month_number, refuse_odd_years, whole_calendar
from fcm_migration.sources.base import TOTAL, Parsed, ReleaseFile, Source, only_file
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.unhcr import tables as unhcr
from fcm_migration.sources.unhcr.monthly_files import (
    content_of,
    first_bytes,
    read_cells,
)
from fcm_migration.workbook import Mark, parse_counts

MARKS = {
    "*": Mark("1 to 4, withheld against disclosure", is_suppressed=True),
    "": Mark("no figure printed"),
}
EXTRACTED = re.compile(r"Date extracted: (\d{4}-\d{2}-\d{2})")
NAMED = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")
# Of the five, who receives the claims. The two authorities of the United States count apart.
AUTHORITIES = {
    "Australia": ("AUS", "all"),
    "Canada": ("CAN", "all"),
    "New Zealand": ("NZL", "all"),
    "United Kingdom of Great Britain and Northern Ireland": ("GBR", "all"),
    "USA (EOIR)": ("USA", "USA (EOIR)"),
    "USA (INS/DHS)": ("USA", "USA (INS/DHS)"),
}
PROVENANCE = ("as_of_date", "snapshot_id", "obtained")
ALL_ORIGINS, CHOSEN_ORIGINS = "all_origins", "chosen_origins"
# Exports of every origin name 200 and more; the one made for a few countries names six.
FEWEST_ORIGINS = 30
TABLE = Table(
    "core",
    "unhcr_monthly",
    "Asylum applications by month, origin and country of asylum, retired export of UNHCR.",
    "kind of export, month, country of asylum (authority) and origin",
    (
        Column(
            "export_scope",
            "string",
            "Whether the export was asked for every origin or for a few; both may hold a month.",
            allowed=(ALL_ORIGINS, CHOSEN_ORIGINS),
        ),
        Column("month_start_date", "date", "First day of the calendar month."),
        Column(
            "asylum_name",
            "string",
            "Country of asylum as UNHCR names it; the United States as two authorities.",
        ),
        Column("origin_name", "string", "Origin as UNHCR names it."),
        Column(
            "asylum_applications",
            "integer",
            "Applications lodged in the month; null where withheld or not printed.",
            unit="applications",
            nullable=True,
            minimum=0,
        ),
        IS_SUPPRESSED,
    ),
    ("export_scope", "month_start_date", "asylum_name", "origin_name"),
    source_id="unhcr_monthly",
    caveats=(
        "Persons or cases, as each country reported; the export does not say which.",
        "USA (EOIR) is the immigration court, USA (INS/DHS) the affirmative procedure: they may "
        "count differently and are never added.",
        "A count of 1 to 4 is withheld (*) for some countries, years and releases and printed for "
        "others: a falling sum can be a change of suppression.",
        "An absent row is mostly a zero, but a country's last months may not be reported yet.",
    ),
    period="month_start_date",
    may_run=True,
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read one export: with UNHCR's preamble, with the header alone, or without either.

    Raises:
        LayoutError: a column, month, value or country is not what the export has, or a month is
            lost.
    """
    file = only_file(files)
    name = file.name
    cells, layout, extra = read_cells(content_of(file), name)
    years = parse_counts(cells["year"], marks={}, where=f"{name}, column Year").values
    refuse_odd_years(years, name)
    numbers = {text: month_number(text, f"{name}, column Month") for text in set(cells["month"])}
    counts = parse_counts(cells["asylum_applications"], marks=MARKS, where=f"{name}, column Value")
    frame = pl.DataFrame(
        {
            "asylum_name": cells["asylum_name"],
            "origin_name": cells["origin_name"],
            "year": years,
            "month": [numbers[text] for text in cells["month"]],
            "asylum_applications": counts.values,
            "is_suppressed": counts.is_suppressed,
        }
    ).with_columns(month_start_date=pl.date("year", "month", 1))
    scope = _scope(frame, name)
    _complete(frame.get_column("month_start_date"), name)
    notes = [f"Columns not read: {', '.join(extra)}."] if extra else []
    if scope == CHOSEN_ORIGINS:
        shown = sorted(set(frame.get_column("origin_name")))
        notes.append(f"An export of some origins only: {', '.join(shown)}.")
    asylum = [f"asylum: {label}" for label in set(frame.get_column("asylum_name"))]
    frame = frame.with_columns(export_scope=pl.lit(scope)).select(TABLE.column_names)
    return Parsed({TABLE.name: frame}, counts.used, tuple(notes), (*layout, *sorted(asylum)))


def _scope(frame: pl.DataFrame, name: str) -> str:
    """Return the kind of export; one of every origin must hold the five countries."""
    asylum, origins = set(frame.get_column("asylum_name")), set(frame.get_column("origin_name"))
    if "" in asylum | origins or origins & {"USA (EOIR)", "USA (INS/DHS)"}:
        raise LayoutError(
            "columns stand in another order than the export's",
            where=name,
            expected="country of asylum, then origin",
            got=f"among the origins {sorted(origins & {'', *AUTHORITIES})}",
        )
    if len(origins) < FEWEST_ORIGINS:
        return CHOSEN_ORIGINS
    if lost := sorted(set(AUTHORITIES) - asylum):
        raise LayoutError(
            "countries of asylum are missing (the file was cut off, or renamed them)",
            where=name,
            expected=sorted(AUTHORITIES),
            lacks=lost,
        )
    return ALL_ORIGINS


def _complete(months: pl.Series, name: str) -> None:
    whole = whole_calendar(months, "1mo")
    lost = sorted(set(whole) - set(months))
    if lost or whole[0].month != 1:
        raise LayoutError(
            "months are missing",
            where=name,
            expected="every month from a January on",
            got=f"{whole[0]} first, without {[str(month) for month in lost[:3]]}",
        )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return applications into the five by origin, and in total where no part is withheld.

    An export of some origins adds only months that the export of all does not hold: the rows of
    both releases have to be seen at once, with their provenance.
    """
    month = pl.col("month_start_date")
    core = tables[TABLE.name].filter(pl.col("asylum_name").is_in(list(AUTHORITIES)))
    # Australia's newest month, 1,519 in the export of July 2016, was 1,973 in that of August 2017.
    core = core.with_columns(is_partial=month == month.max().over("export_scope", "asylum_name"))
    whole = core.filter(pl.col("export_scope") == ALL_ORIGINS)
    more = core.filter(pl.col("export_scope") == CHOSEN_ORIGINS)
    more = more.join(whole, on=["asylum_name", "month_start_date"], how="anti")
    by_origin = pl.concat([whole, more]).with_columns(
        origin_label=pl.col("origin_name"), is_derived=pl.lit(value=False)
    )
    value = pl.col("asylum_applications")
    total = (
        whole.group_by("asylum_name", "month_start_date", "is_partial", *PROVENANCE)
        .agg(
            # A sum over withheld counts would take them for zeros.
            pl.when(value.null_count() == 0).then(value.sum()).alias("asylum_applications"),
            pl.col("is_suppressed").any(),
        )
        .with_columns(origin_label=pl.lit(TOTAL), is_derived=pl.lit(value=True))
    )
    return _as_draft(pl.concat([by_origin.select(total.columns), total]))


def _as_draft(rows: pl.DataFrame) -> pl.DataFrame:
    rows = rows.filter(pl.col("asylum_applications").is_not_null() | pl.col("is_suppressed"))
    label = pl.col("asylum_name")
    iso3 = {name: iso for name, (iso, _) in AUTHORITIES.items()}
    place = {name: where for name, (_, where) in AUTHORITIES.items()}
    return draft(
        rows,
        indicator="asylum_applications_monthly",
        destination_iso3=label.replace_strict(iso3, return_dtype=pl.String),
        origin_label=pl.col("origin_label"),
        place=label.replace_strict(place, return_dtype=pl.String),
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("asylum_applications"),
        is_suppressed=pl.col("is_suppressed"),
        is_derived=pl.col("is_derived"),
        is_partial=pl.col("is_partial"),
        keep=PROVENANCE,
    )


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Read the day the export was extracted out of its preamble, or out of its name."""
    try:
        top = first_bytes(files[0], 1_000).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error):
        top = ""
    found = EXTRACTED.search(top) or NAMED.search(files[0].name)
    try:
        return date.fromisoformat(found.group(1)) if found else None
    except ValueError:
        return None


SOURCE = Source(
    source_id="unhcr_monthly",
    title="Asylum applications by month, origin and country of asylum (retired)",
    publisher=unhcr.PUBLISHER,
    landing_url="http://popstats.unhcr.org/en/asylum_seekers_monthly",
    hosts=frozenset({"popstats.unhcr.org"}),
    licence=UNHCR_POPSTATS,
    cadence=Cadence(
        "retired: the last exports are of 2018",
        "31 5 1 * *",
        None,
        lag_days=60,
        discontinued_since="2018",
    ),
    revision_habit="Each export stood for itself: figures moved for years, withheld counts were "
    "printed later and printed ones withheld.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="unhcr_popstats",
    absent_is_zero=False,
    fetch=None,
    parse=parse,
    flows=flows,
    release_date=release_date,
    rolling_by="export_scope",
    is_modelled=False,
    flows_across_releases=True,
    by_hand="The site popstats.unhcr.org is closed. Exports of its page of monthly asylum-seekers "
    "lie in public archives and repositories, named asylum_seekers_monthly: CSV in UTF-8 with the "
    "header 'Country / territory of asylum/residence',Origin,Year,Month,Value below four lines of "
    "preamble, or without preamble and header. Months are English names, '*' is a withheld count "
    "of 1 to 4. Give one file a release, plain or packed by gzip (.csv.gz); where the preamble "
    "('Date extracted') is lost, put the date into the file name (..._2017-08-09.csv).",
)
