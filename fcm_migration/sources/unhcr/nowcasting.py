"""UNHCR's own estimate of refugees and asylum-seekers in the current month, by country of asylum.

One snapshot, replaced every month; persons; no origin. The releases together are the series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.periods import month_number, refuse_odd_years
from fcm_migration.sources.base import (
    Fetched,
    Get,
    Parsed,
    ReleaseFile,
    set_aside,
)
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.unhcr import tables as unhcr
from fcm_migration.sources.unhcr.api import fetch_pages, read_pages

NAMES = {
    "year": "year",
    "month": "month",
    "coa_name": "asylum_name",
    "coa": "asylum_unhcr_code",
    "coa_iso": "asylum_printed_iso3",
    "refugees": "refugees_nowcast_persons",
    "asylum_seekers": "asylum_seekers_nowcast_persons",
    "source": "estimate_source",
}
COUNTS = ("refugees_nowcast_persons", "asylum_seekers_nowcast_persons")
# There is no origin: these are "-", or the code of unknown.
IGNORED = {*unhcr.IGNORED, "coo", "coo_name", "coo_iso"}
INDICATORS = {
    "refugees_nowcast": "refugees_nowcast_persons",
    "asylum_seekers_nowcast": "asylum_seekers_nowcast_persons",
}
# A country may have no estimate for a month; of a list that was cut more are missing.
MOST_ABSENT = 1
TABLE = Table(
    "core",
    "unhcr_nowcasting",
    "UNHCR's estimate of refugees and asylum-seekers in the month of the release.",
    "month and country of asylum",
    (
        Column("month_start_date", "date", "First day of the calendar month."),
        unhcr.ASYLUM_NAME,
        unhcr.ASYLUM_CODE,
        unhcr.ASYLUM_ISO,
        Column(
            "refugees_nowcast_persons",
            "integer",
            "Refugees and people in refugee-like situations, estimated; null where not estimated.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        Column(
            "asylum_seekers_nowcast_persons",
            "integer",
            "Asylum-seekers with a pending claim, estimated; null where not estimated.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        Column(
            "estimate_source",
            "string",
            "What the estimate rests on, in UNHCR's words, between commas.",
            nullable=True,
        ),
    ),
    ("month_start_date", "asylum_unhcr_code"),
    source_id="unhcr_nowcasting",
    caveats=(
        "An estimate, not a count; never beside core.unhcr_population as if it were one.",
        "Each month is as its own release said: the API holds the newest month only, so a past "
        "month is never revised here.",
        "Stocks: never summed over months.",
    ),
    period="month_start_date",
    may_run=True,
)


def fetch(get: Get) -> Fetched:
    """Get the snapshot of every country of asylum, in ISO codes."""
    return fetch_pages(get, "nowcasting", (("coa_all", "true"), ("cf_type", "ISO")))


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the API's pages.

    Raises:
        LayoutError: a column is missing, a value is no number, countries are summed, several of
            the five are missing, or there is more than one month.
    """
    name = files[0].name
    raw = read_pages(files)
    frame, notes = unhcr.pick(raw, NAMES, name, IGNORED)
    marks = sum(int(frame.get_column(column).eq("-").sum() or 0) for column in COUNTS)
    frame = unhcr.numbers(frame, ("year", *COUNTS), name)
    if not frame.filter(pl.col("asylum_unhcr_code") == "-").is_empty():
        raise LayoutError("countries are summed", where=name, expected="one row a country")
    code, iso = pl.col("asylum_unhcr_code"), pl.col("asylum_printed_iso3")
    lost = sorted(set(FIVE) - set(frame.get_column("asylum_printed_iso3")))
    misread = frame.filter(code.is_in(list(unhcr.HELD)) & iso.ne_missing(code.replace(unhcr.HELD)))
    if len(lost) > MOST_ABSENT or not misread.is_empty():
        raise LayoutError(
            "countries are missing (codes were read as UNHCR's, or the list was cut)",
            where=name,
            expected=list(FIVE),
            lacks=lost,
        )
    notes = (*notes, *(set_aside(f"no estimate for {iso3} in this release.") for iso3 in lost))
    month = _month(frame, name)
    frame = frame.with_columns(
        pl.lit(month).alias("month_start_date"),
        pl.col("estimate_source").replace(["", "-"], None),
    )
    return Parsed(
        {TABLE.name: frame.select(TABLE.column_names)},
        marks={unhcr.NOT_APPLICABLE: marks},
        notes=notes,
        layout=unhcr.fingerprint(raw, frame, TABLE, IGNORED),
    )


def _month(frame: pl.DataFrame, name: str) -> date:
    """Return the one month of a snapshot, from a year and an English name."""
    refuse_odd_years(frame.get_column("year").drop_nulls(), name)
    months = set(frame.select("year", "month").rows())
    if len(months) != 1 or None in next(iter(months)):
        raise LayoutError(
            "not one month",
            where=name,
            expected="one snapshot",
            got=sorted(f"{month} {year}" for year, month in months)[:5],
        )
    ((year, month),) = months
    return date(year, month_number(month, f"{name}, column month"), 1)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the estimates for the five; partial where the month was not over at the release."""
    core = tables[TABLE.name].filter(pl.col("asylum_printed_iso3").is_in(FIVE))
    month = pl.col("month_start_date")
    as_of = pl.col("as_of_date") if "as_of_date" in core.columns else month.dt.offset_by("1mo")
    return pl.concat(
        draft(
            core,
            indicator=indicator,
            destination_iso3=pl.col("asylum_printed_iso3"),
            frequency="M",
            period_start=month,
            value=pl.col(column),
            is_partial=as_of < month.dt.offset_by("1mo"),
        ).filter(pl.col("value").is_not_null())
        for indicator, column in INDICATORS.items()
    )


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: the snapshot names its month, not its day."""
    return None


SOURCE = unhcr.unhcr_source(
    source_id="unhcr_nowcasting",
    title="UNHCR's nowcast of refugees and asylum-seekers by country of asylum",
    cadence=Cadence("monthly, one snapshot that replaces the last", "37 5 * * 2", 120, 31),
    revision_habit="Not known: the API holds the newest month only; the archive keeps the others.",
    tables=(TABLE,),
    module=__name__,
    fetch=fetch,
    parse=parse,
    flows=flows,
    release_date=release_date,
    rolling_by="month_start_date",
    is_modelled=False,
    by_hand="https://api.unhcr.org/population/v1/nowcasting/?coa_all=true&cf_type=ISO&limit=10000"
    "&page=1 gives the snapshot as JSON; save the answer as page-001.json and bring it.",
)
