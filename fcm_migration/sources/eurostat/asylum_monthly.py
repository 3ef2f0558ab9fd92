"""Asylum applicants in European countries, monthly since 2008 (Eurostat, migr_asyappctzm)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import EUROSTAT_REUSE
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.sources.base import Parsed, ReleaseFile, Source
from fcm_migration.sources.eurostat import asylum as eurostat_asylum
from fcm_migration.sources.eurostat.asylum import Layout, month_start
from fcm_migration.sources.eurostat.asylum_codes import CITIZEN_CODE, FLAG, GEO_CODE, IS_SUPPRESSED
from fcm_migration.sources.eurostat.asylum_flows import drafts, few_reporters_marks

LAYOUT = Layout(
    dataset="migr_asyappctzm",
    frequency="M",
    period="month_start_date",
    start=month_start,
    category="applicant_code",
    # Until about 2022, and since.
    dimensions=("asyl_app", "applicant"),
    codes={
        "ASY_APP": "TOTAL",
        "NASY_APP": "FRST",
        "TOTAL": "TOTAL",
        "FRST": "FRST",
        "SSEQ": "SSEQ",
    },
    labels={"Asylum applicant": "ASY_APP", "First time applicant": "NASY_APP"},
    value="applicants_persons",
    needed=("FRST", "TOTAL"),
    first=date(2008, 1, 1),
)
TABLE = Table(
    "core",
    "eurostat_asylum_monthly",
    "Asylum applicants by reporting country, citizenship and kind of applicant.",
    "reporting country or aggregate, citizenship, kind of applicant and month",
    (
        GEO_CODE,
        CITIZEN_CODE,
        Column(
            "applicant_code",
            "string",
            "TOTAL all applicants (ASY_APP until about 2022), FRST first-time ones (NASY_APP), "
            "SSEQ those who applied before.",
            allowed=("FRST", "SSEQ", "TOTAL"),
        ),
        Column("month_start_date", "date", "First day of the calendar month."),
        Column(
            "applicants_persons",
            "integer",
            "Applicants, rounded to 5; null where withheld or impossible.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        IS_SUPPRESSED,
        FLAG,
    ),
    LAYOUT.key,
    source_id="eurostat_asylum_monthly",
    caveats=(
        *eurostat_asylum.CAVEATS,
        "The United Kingdom is in it until July 2020; its first-time applicants of June 2020 "
        "(2,265) exceed all its applicants (1,060) as published.",
    ),
    period="month_start_date",
    partial="is_partial",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read TSV, JSON-stat or Data Explorer files of one release.

    A first-time count above the count of all applicants is remarked, never changed.
    """
    parsed = eurostat_asylum.parse_files(files, LAYOUT, TABLE.name)
    frame = parsed.tables[TABLE.name].select(TABLE.column_names)
    odd = more_first_time_than_all(frame)
    notes = parsed.notes + tuple(
        f"{geo} {month:%Y-%m}: {first:,} first-time applicants, {every:,} in all, as published."
        for geo, month, first, every in odd.head(10).iter_rows()
    )
    return Parsed({TABLE.name: frame}, parsed.marks, notes, parsed.layout)


def more_first_time_than_all(core: pl.DataFrame) -> pl.DataFrame:
    """Return cells whose part exceeds its whole beyond rounding: geo, month, part, whole."""
    value = pl.col("applicants_persons")
    by = ["geo_code", "citizen_code", "month_start_date"]
    first, every = (
        core.filter(pl.col("applicant_code") == code).select(*by, value.alias(code))
        for code in ("FRST", "TOTAL")
    )
    both = first.join(every, on=by).filter(pl.col("FRST") > pl.col("TOTAL") + 5)
    return (
        both.filter(pl.col("citizen_code") == "TOTAL")
        .select("geo_code", "month_start_date", "FRST", "TOTAL")
        .sort("geo_code", "month_start_date")
    )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return all and first-time applicants, into each reporter and the Union."""
    indicators = {"TOTAL": "asylum_applicants", "FRST": "asylum_applicants_first_time"}
    return drafts(tables[TABLE.name], LAYOUT, indicators)


SOURCE = Source(
    source_id="eurostat_asylum_monthly",
    title="Asylum applicants in European countries by month",
    publisher=eurostat_asylum.PUBLISHER,
    landing_url="https://ec.europa.eu/eurostat/databrowser/view/migr_asyappctzm/default/table",
    hosts=eurostat_asylum.HOSTS,
    licence=EUROSTAT_REUSE,
    cadence=Cadence(
        "monthly, two to three months after the month", "41 6 * * 2", 130, 31, lag_days=75
    ),
    revision_habit="Every monthly update adds late reporters and revises earlier months.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="eurostat",
    absent_is_zero=False,
    fetch=eurostat_asylum.fetcher(LAYOUT, ("TOTAL", "FRST")),
    parse=parse,
    flows=flows,
    incomplete=few_reporters_marks(TABLE.name, LAYOUT),
    release_date=eurostat_asylum.release_date,
    is_modelled=False,
    by_hand="In Eurostat's data browser open migr_asyappctzm, choose total sex and age, persons, "
    "all and first-time applicants, and download the TSV (or JSON-stat); then run: "
    "fcm ingest eurostat_asylum_monthly FILE... CSVs of the old Data Explorer are read too.",
)
