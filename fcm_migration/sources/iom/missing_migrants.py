"""People dead or missing on migration routes, incident by incident since 2014 (IOM).

Published as one JSON file a year, in which every value is a text, and as CSVs. The identifier is no
key: it recurs for the parts of one incident, and the JSON does not print what tells them apart, so
records alike in every field are kept (the table's caveats say why). A negative number of missing
stands as published: bodies found later are taken off there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import cast

import polars as pl

from fcm_migration.catalog.licences import IOM_CC_BY4
from fcm_migration.catalog.model import Cadence
from fcm_migration.errors import LayoutError
from fcm_migration.periods import refuse_odd_years, whole_calendar
from fcm_migration.sources.base import Parsed, ReleaseFile, Seen, Source
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.iom.missing_migrants_fetch import CSV_NAME, SITE, fetcher
from fcm_migration.sources.iom.missing_migrants_layouts import (
    COUNTS,
    JSON,
    Generation,
    Record,
    days,
    read_records,
)
from fcm_migration.sources.iom.missing_migrants_table import TABLE, TEXTS
from fcm_migration.workbook import Mark, parse_counts

MARKS = {"": Mark("not stated")}
IDENTIFIER = re.compile(r"\d+|\d{4}\.MMP\d+")
NO_ROUTE = "(no route stated)"
# Not one of 24,000 records was at odds with its total; a slip or two shall not stop a release.
MOST_ODD_SHARE = 0.005
COPY = "__copy"  # number of a record among those alike in every field
EXPORT_NAME = re.compile(r"MissingMigrants-Global-(\d{4})-(\d{2})-(\d{2})")


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the years' files, or one of the CSVs.

    Raises:
        LayoutError: a column is missing, a count or date is written otherwise than ever, or no
            record was found.
    """
    frames, notes, marks = [], [], 0
    layout: list[str] = []
    for file in files:
        generation, records, extra = read_records(file)
        notes += [f"{file.name}: columns not read: {', '.join(extra)}."] if extra else []
        layout += [f"layout: {generation.name}"]
        layout += [f"column: {label}" for label in generation.labels.values()]
        if not records:
            notes.append(f"{file.name}: no record yet.")
            continue
        frame, unstated = _frame(file.name, generation, records)
        frames.append(_with_copies(_with_total(frame, file.name), generation, file.name))
        marks += unstated
    if not frames:
        raise LayoutError("no record in any file", got=[file.name for file in files])
    whole = pl.concat(frames)
    _refuse_lost_years(whole.get_column("year"))
    return _numbered(whole, notes, {"": marks}, layout)


def newest_incident(files: Sequence[ReleaseFile]) -> date:
    """Return the newest date of an incident in files of one release."""
    dates = parse(files).tables[TABLE.name].get_column("incident_date")
    return cast("date | None", dates.max()) or date.min


def _frame(
    name: str, generation: Generation, records: Sequence[Record]
) -> tuple[pl.DataFrame, int]:
    """Return one file's records, typed, and how many counts they do not state."""
    years = pl.Series("year", [int(r["year"]) if r["year"].isdigit() else 0 for r in records])
    refuse_odd_years(years, name)
    columns: dict[str, Sequence[object] | pl.Series] = {
        column: [record.get(column, "") for record in records] for column in ("web_id", *TEXTS)
    }
    if not generation.optional:
        _refuse_other_identifiers([record.get("web_id", "") for record in records], name)
    grades = [record.get("source_quality", "") for record in records]
    _refuse_other_grades(grades, generation, name)
    columns["year"] = years.cast(pl.Int64)
    columns["incident_date"] = pl.Series(days(records, generation, name), dtype=pl.Date)
    unstated = 0
    for column in COUNTS:
        if column in generation.labels:
            texts = [record[column] for record in records]
            where = f"{name}, {generation.labels[column]}"
            counts = parse_counts(texts, marks=MARKS, where=where, first_row=2)
            columns[column] = counts.values
            unstated += counts.used.get("", 0)
    return pl.DataFrame(columns), unstated


def _refuse_lost_years(years: pl.Series) -> None:
    """Refuse a year without a record: every year has had incidents, so rows or a file were lost."""
    found = years.unique().sort().to_list()
    if lost := sorted(set(range(found[0], found[-1] + 1)) - set(found)):
        raise LayoutError(
            "years without a record", expected=f"each from {found[0]} to {found[-1]}", lacks=lost
        )


def _refuse_other_identifiers(texts: Sequence[str], where: str) -> None:
    """Refuse identifiers of a third form in a CSV; JSON has prose in one record of 18,000."""
    if odd := [text for text in texts if not IDENTIFIER.fullmatch(text)]:
        raise LayoutError("identifiers", where=where, expected="51591 or 2014.MMP1", got=odd[:3])


def _refuse_other_grades(texts: Sequence[str], generation: Generation, where: str) -> None:
    """Refuse grades but 1 to 5; JSON may omit one, but a CSV without it was cut off."""
    known = {*"12345"} | ({""} if generation.optional else set())
    if odd := sorted(set(texts) - known):
        raise LayoutError(
            "grades of sources", where=f"{where}, source quality", expected="1 to 5", got=odd[:3]
        )


def _with_copies(frame: pl.DataFrame, generation: Generation, where: str) -> pl.DataFrame:
    """Number the records alike in every field of one file, so that the JSON's are all kept.

    The JSON splits an incident into records and leaves out what tells them apart: the CSV of 2020,
    with one record for each incident, prints the sum over all of them. In the CSVs each record has
    an identifier, so two that are alike count once.

    Raises:
        LayoutError: half the records are alike to another: the file holds itself twice.
    """
    copy = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(frame.columns).alias(COPY)
    numbered = frame.with_columns(copy)
    alike = numbered.filter(pl.col(COPY) > 1).height
    if 2 * alike >= frame.height:
        raise LayoutError("records stand twice", where=where, got=f"{alike} of {frame.height}")
    return (
        numbered if generation is JSON else numbered.with_columns(pl.lit(1, pl.Int64).alias(COPY))
    )


def _with_total(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Hold the printed total to its parts, or make it where none is printed."""
    parts = pl.sum_horizontal("dead_persons", "missing_persons")
    if "dead_and_missing_persons" not in frame.columns:
        frame = frame.with_columns(parts.alias("dead_and_missing_persons"))
    odd = frame.filter(pl.col("dead_and_missing_persons").fill_null(0) != parts)
    if odd.height > MOST_ODD_SHARE * frame.height:
        raise LayoutError(
            f"{odd.height} records whose total is not dead plus missing",
            where=where,
            expected="the sum, as in every record seen so far",
            got=odd.select("web_id", *COUNTS[:3]).head(2).rows(),
        )
    return frame.select(n for n in TABLE.column_names if n != "record_number")


def _numbered(
    whole: pl.DataFrame, notes: list[str], marks: dict[str, int], layout: list[str]
) -> Parsed:
    """Number the records by content within their identifier.

    Of records alike in two files of a release (a year brought twice) one is kept, and of those
    alike in a CSV; of those alike in one JSON file all (see :func:`_with_copies`).
    """
    kept = whole.unique().sort(whole.columns)
    alike = kept.filter(pl.col(COPY) > 1)
    number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over("year", "web_id")
    frame = kept.with_columns(number.alias("record_number")).select(TABLE.column_names)
    undated = frame.get_column("incident_date").null_count()
    below = frame.filter(pl.col("missing_persons") < 0).height
    recurring = frame.select("year", "web_id").is_duplicated().sum()
    notes += [
        f"{alike.height} records are alike in every field to another of their file and kept: "
        f"parts of one incident, {alike.get_column('dead_and_missing_persons').sum()} dead and "
        "missing.",
        f"{whole.height - kept.height} records that a second file or row repeats were dropped.",
        f"{undated} records without a date are in no month.",
        f"{below} records with a negative number of missing.",
        f"{recurring} records share an identifier with another one.",
    ]
    return Parsed({TABLE.name: frame}, marks, tuple(notes), tuple(dict.fromkeys(layout)))


def incomplete(_table: str, releases: Sequence[Seen]) -> Sequence[pl.Expr]:
    """Return for each release that incidents of its newest year are still to be recorded."""
    return [pl.col("year") == pl.col("year").max()] * len(releases)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return dead and missing by month, in all and by route; covered months without any count 0."""
    core = tables[TABLE.name]
    dated = core.filter(pl.col("incident_date").is_not_null()).select(
        pl.col("incident_date").dt.month_start().alias("period_start"),
        pl.col("migration_route").replace("", NO_ROUTE).alias("place"),
        pl.col("dead_and_missing_persons").fill_null(0).alias("value"),
    )
    months = dated.select("period_start").unique()
    total = dated.group_by("period_start").agg(pl.col("value").sum(), place=pl.lit("all"))
    by_route = (
        months.join(dated.select("place").unique(), how="cross")
        .join(
            dated.group_by("period_start", "place").agg(pl.col("value").sum()),
            on=["period_start", "place"],
            how="left",
        )
        .with_columns(pl.col("value").fill_null(0))
    )
    open_months = partial_months(months.get_column("period_start"), _as_of(core))
    columns = ["period_start", "place", "value"]
    return draft(
        pl.concat([total.select(columns), by_route.select(columns)]),
        indicator="migrant_deaths",
        destination_iso3="none",
        frequency="M",
        period_start=pl.col("period_start"),
        value=pl.col("value"),
        place=pl.col("place"),
        is_derived=True,
        is_partial=pl.col("period_start").is_in(open_months),
    )


def _as_of(core: pl.DataFrame) -> date | None:
    if "as_of_date" not in core.columns:
        return None
    return cast("date | None", core.get_column("as_of_date").max())


def partial_months(months: pl.Series, as_of: date | None) -> list[date]:
    """Return months not over at the release, the newest one, and each one before a gap.

    Incidents become known for weeks after a month, and years may come from different releases, the
    older of which stopped within a month.
    """
    known = set(months)
    whole = whole_calendar(months, "1mo")
    before_hole = {month for month, after in pairwise(whole) if after not in known}
    running = {month for month in known if as_of is not None and month >= as_of.replace(day=1)}
    return sorted(({*before_hole, *running, max(known)}) & known)


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Return the day in the name of a CSV export; JSON files state none."""
    found = EXPORT_NAME.search(files[0].name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


SOURCE = Source(
    source_id="iom_missing_migrants",
    title="People dead or missing on migration routes",
    publisher="International Organization for Migration, Missing Migrants Project",
    landing_url=f"{SITE}/downloads",
    hosts=frozenset({"missingmigrants.iom.int"}),
    licence=IOM_CC_BY4,
    cadence=Cadence("continually; each year's file whenever asked for", "19 5 * * 4", 60, 7),
    revision_habit="Incidents are added and corrected for years back.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="iom",
    absent_is_zero=False,
    fetch=fetcher(newest_incident),
    parse=parse,
    flows=flows,
    incomplete=incomplete,
    release_date=release_date,
    rolling_by="year",
    is_modelled=False,
    by_hand="Save https://missingmigrants.iom.int/global-figures/YYYY/json as YYYY-json.json for "
    "each year since 2014 (the name gives the year), or take the CSV from the downloads page "
    f"(such as {CSV_NAME}), and run: fcm ingest iom_missing_migrants FILE... A file of some years "
    "replaces those years only.",
)
