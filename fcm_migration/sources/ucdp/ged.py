"""Events of organised violence, worldwide since 1989 (UCDP GED and its candidate files).

A driver of movement, not a movement. One release is the newest final edition and the candidate
files after it; an identifier that recurs in a later file is the later file's. Deaths are UCDP's
estimates: best, low, high; a best estimate of zero is a real row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.catalog.licences import UCDP_CC_BY4
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import (
    TOTAL,
    Limits,
    Parsed,
    ReleaseFile,
    Source,
)
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.ucdp.ged_files import MOST_BYTES, read_texts
from fcm_migration.sources.ucdp.ged_releases import (
    LANDING,
    MOST_ZIP_BYTES,
    fetch,
    part,
    reading_order,
    release_date,
)

DAY = r"^(\d{4}-\d{2}-\d{2})(?:[ T]00:00:00(?:\.0+)?)?$"
TEXTS = {
    "country": "country_name",
    "region": "region",
    "code_status": "code_status",
    "date_start": "event_start_date",
    "date_end": "event_end_date",
}
NUMBERS = {
    "id": "event_id",
    "year": "year",
    "active_year": "active_year",
    "type_of_violence": "type_of_violence",
    "country_id": "gw_country_id",
    "where_prec": "where_precision",
    "date_prec": "date_precision",
    "best": "best_deaths",
    "low": "low_deaths",
    "high": "high_deaths",
    "deaths_civilians": "civilian_deaths",
}
# The candidate file of April 2026 prints these for active_year; others print 1 and 0.
TRUTHS = {"true": "1", "false": "0"}
TABLE = Table(
    "core",
    "ucdp_ged",
    "Events of organised violence with their deaths.",
    "event",
    (
        Column("event_id", "integer", "UCDP's identifier of the event.", minimum=1),
        Column("year", "integer", "Calendar year of the event.", minimum=1989, maximum=2100),
        Column(
            "month_start_date",
            "date",
            "First day of the month in which the event began; events that go on into later months "
            "are of this one.",
        ),
        Column("event_start_date", "date", "First day on which it may have happened."),
        Column("event_end_date", "date", "Last day on which it may have happened."),
        Column(
            "date_precision",
            "integer",
            "How well the day is known: 1 day, 2 two to six days, 3 week, 4 month, 5 year.",
            minimum=1,
            maximum=5,
        ),
        Column("country_name", "string", "Country of the event in UCDP's words."),
        Column("gw_country_id", "integer", "Country of the event by Gleditsch and Ward's number."),
        Column("region", "string", "UCDP's region."),
        Column(
            "where_precision",
            "integer",
            "How well the place is known: 1 exact to 5 vague, 6 the country only, 7 sea or air.",
            minimum=1,
            maximum=7,
        ),
        Column(
            "type_of_violence",
            "integer",
            "1 state-based, 2 non-state, 3 one-sided.",
            minimum=1,
            maximum=3,
        ),
        Column(
            "is_active_year",
            "boolean",
            "True where the conflict, dyad or actor reached 25 deaths in the year.",
        ),
        Column(
            "code_status", "string", "State of the coding, Clear when done; empty in old files."
        ),
        Column("best_deaths", "integer", "Deaths, best estimate.", unit="deaths", minimum=0),
        Column("low_deaths", "integer", "Deaths, low estimate.", unit="deaths", minimum=0),
        Column("high_deaths", "integer", "Deaths, high estimate.", unit="deaths", minimum=0),
        Column(
            "civilian_deaths",
            "integer",
            "Civilians in the best estimate.",
            unit="deaths",
            minimum=0,
        ),
        Column("release_part", "string", "The file it is from: final, or a candidate's version."),
    ),
    ("event_id",),
    source_id="ucdp_ged",
    caveats=(
        "A month is that of the event's first day; where the day is known to the month or year "
        "only (date_precision 4 and 5) that is rough.",
        "Candidate events are provisional: over two in five of a month are not yet clear, and the "
        "next final edition replaces them.",
        "About one event in nine has a best estimate of zero deaths.",
        "Events in Gaza and the West Bank are under Israel.",
    ),
    period="month_start_date",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the final edition and the candidate files after it; a later file replaces earlier rows.

    Raises:
        LayoutError: a column, code, count or date is not what UCDP has always sent, a candidate
            month is missing in between, or no or several final editions are given.
    """
    by_name = {file.name: file for file in files}
    ordered, left_out = reading_order(files)
    frames = [
        _typed(by_name[name]).with_columns(pl.lit(label).alias("release_part"))
        for name, label in ordered
    ]
    for frame, (name, _) in zip(frames, ordered, strict=True):
        _refuse_lost_years(frame, name)
    numbered = pl.concat(
        frame.with_columns(pl.lit(number).alias("__file")) for number, frame in enumerate(frames)
    )
    newest = pl.col("__file") == pl.col("__file").max().over("event_id")
    kept = numbered.filter(newest).drop("__file")
    notes = [
        f"{numbered.height - kept.height} events of earlier files were replaced by later files.",
        f"{kept.filter(pl.col('best_deaths') == 0).height} events of no death by the best "
        "estimate.",
        *(f"{name} was not read: a wider file holds its months." for name in left_out),
    ]
    status = kept.get_column("code_status").unique().sort().to_list()
    layout = (
        *(f"region: {region}" for region in kept.get_column("region").unique().sort()),
        *(f"code_status: {word}" for word in status),
    )
    return Parsed({TABLE.name: kept.select(TABLE.column_names)}, notes=tuple(notes), layout=layout)


def _refuse_lost_years(frame: pl.DataFrame, name: str) -> None:
    """Refuse a final edition without events in some year up to the one before its version."""
    covered = part(name)
    if covered is None or not covered.is_final:
        return
    years = frame.get_column("year").unique().sort().to_list()
    expected = list(range(years[0], covered.last // 12 + 1))
    if years != expected:
        raise LayoutError(
            "years of a final edition are missing, or are others",
            where=name,
            expected=f"each year to {covered.last // 12}",
            got=f"at odds: {sorted(set(years) ^ set(expected))[:5]}",
        )


def _typed(file: ReleaseFile) -> pl.DataFrame:
    """Return one file's events, typed; identical records are one event."""
    raw = read_texts(file, (*NUMBERS, *TEXTS)).with_columns(pl.all().str.strip_chars())
    raw = raw.with_columns(pl.col("active_year").replace(TRUTHS))
    if raw.is_empty():
        raise LayoutError("no event under the header", where=file.name)
    days = [
        pl.col(name).str.extract(DAY).str.to_date(strict=False) for name in TEXTS if "date" in name
    ]
    typed = raw.with_columns(
        *(pl.col(name).str.extract(r"^(\d{1,12})$").cast(pl.Int64) for name in NUMBERS), *days
    )
    for name in (*NUMBERS, "date_start", "date_end"):
        lost = typed.get_column(name).is_null()
        if lost.any():
            raise LayoutError(
                f"{lost.sum()} values that are no {'day' if 'date_' in name else 'whole number'}",
                where=f"{file.name}, column {name}",
                got=raw.filter(lost).get_column(name).unique().sort().head(3).to_list(),
            )
    if typed.get_column("country").eq("").any() or not typed["active_year"].is_in([0, 1]).all():
        raise LayoutError("events without a country or with an odd active_year", where=file.name)
    frame = (
        typed.rename({**NUMBERS, **TEXTS})
        .with_columns(
            pl.col("event_start_date").dt.month_start().alias("month_start_date"),
            (pl.col("active_year") == 1).alias("is_active_year"),
        )
        .drop("active_year")
        .unique(maintain_order=True)
    )
    if (twice := frame.filter(pl.col("event_id").is_duplicated())).height:
        raise LayoutError(
            "one identifier for different events",
            where=file.name,
            expected="each id once",
            got=twice.get_column("event_id").unique().sort().head(3).to_list(),
        )
    return frame


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return events and best estimates of deaths by month, in all and by country of the event."""
    core = tables[TABLE.name]
    sums = pl.concat(
        core.with_columns(label.alias("origin_label"))
        .group_by("month_start_date", "origin_label")
        .agg(
            pl.len().cast(pl.Int64).alias("conflict_events"),
            pl.col("best_deaths").sum().alias("conflict_deaths"),
        )
        for label in (pl.lit(TOTAL), pl.col("country_name"))
    )
    long = sums.unpivot(index=["month_start_date", "origin_label"], variable_name="indicator")
    return draft(
        long,
        indicator=pl.col("indicator"),
        destination_iso3="none",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("value"),
        origin_label=pl.col("origin_label"),
        is_derived=True,
    )


# A final edition of 370,000 events (280 MB, 54 MB zipped) takes 9.4 s and 520 MB.
LIMITS = Limits(MOST_ZIP_BYTES, 60, 1_200_000_000, MOST_BYTES)

SOURCE = Source(
    source_id="ucdp_ged",
    title="Events of organised violence and their deaths by country",
    publisher="Uppsala Conflict Data Program",
    landing_url=LANDING,
    hosts=frozenset({"ucdp.uu.se"}),
    licence=UCDP_CC_BY4,
    cadence=Cadence("final every June, candidates monthly about the 20th", "13 5 * * 1", 75, 31),
    revision_habit="Each final edition replaces the candidate events of its last year and corrects "
    "older ones.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="ucdp",
    absent_is_zero=True,
    fetch=fetch,
    parse=parse,
    flows=flows,
    release_date=release_date,
    is_modelled=False,
    limits=LIMITS,
    by_hand="From https://ucdp.uu.se/downloads/ take the GED CSV (gedNNN-csv.zip) and the "
    "candidate CSVs after it, or the one that holds them all, keep their names and run, with the "
    "day they were published: fcm ingest ucdp_ged --as-of DAY FILE...",
)
