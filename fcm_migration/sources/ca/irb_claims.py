"""Canada: refugee claims before the Refugee Protection Division, by country (IRB).

Pages of HTML, one a year, with figures from January to the end of the last quarter: cumulative, so
a quarter is the difference of two states of one page. Country is the first country of alleged
persecution, not citizenship. "--" is a small number withheld; a country not listed had none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import CA_IRB
from fcm_migration.catalog.model import Cadence
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import (
    TOTAL,
    Offer,
    Parsed,
    ReleaseFile,
    Source,
    set_aside,
)
from fcm_migration.sources.ca.irb_claims_table import TABLE
from fcm_migration.sources.ca.irb_pages import MEASURES, TOTAL_LABEL, PageRows, read_rows
from fcm_migration.sources.ca.irb_site import HOSTS, LANDING, fetch
from fcm_migration.sources.drafts import draft
from fcm_migration.workbook import Mark, Page, parse_counts, read_whole_page

YEAR_IN_NAME = re.compile(r"RPDStat(\d{4})", re.IGNORECASE)
MARKS = {"--": Mark("a small number, withheld", is_suppressed=True)}
QUARTER = 3
# No bound is stated; every number seen printed is 20 or more. Beyond this a row is missing.
MOST_WITHHELD = 50
INDICATORS = {
    "referred": "claims_referred",
    "accepted": "claims_accepted",
    "finalized": "claims_finalized",
}
PROVENANCE = ("as_of_date", "snapshot_id", "obtained")

BY_HAND = (
    f"Open {LANDING}, then the page of each year (RPDStat2023.aspx and so on), save each as web "
    "page, HTML only, under its own name, and hand them over together: "
    "fcm ingest ca_irb_claims RPDStat2022.html RPDStat2023.html. The page of the running year is "
    "overwritten each quarter: saved four times a year (RPDStat2023-March.html and so on, also "
    "several of them together), it gives quarters."
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the pages of a release; see :func:`from_pages`."""
    return from_pages([(file.name, read_whole_page(file)) for file in files])


def from_pages(pages: Sequence[tuple[str, Page]]) -> Parsed:
    """Turn pages, each with its file's name, into the table.

    A page that cannot be read or does not add up is set aside with a note. A year without a page is
    noted.

    Raises:
        LayoutError: pages set aside, or years without a page, are at least as many as the pages
            read; or a period is given twice.
    """
    read: list[tuple[str, PageRows]] = []
    frames: list[pl.DataFrame] = []
    used: dict[str, int] = {}
    odd: list[LayoutError] = []
    for name, page in pages:
        try:
            rows, frame, marks = _page(name, page)
        except LayoutError as error:
            odd.append(error)
            continue
        read.append((name, rows))
        frames.append(frame)
        used = {mark: used.get(mark, 0) + marks.get(mark, 0) for mark in {*used, *marks}}
    if odd and len(odd) >= len(read):
        raise odd[0]
    lost = _lost_years([rows.through for _, rows in read], len(odd))
    periods = sorted(rows.through for _, rows in read)
    notes = [f"{len(read)} pages; periods to {', '.join(day.isoformat() for day in periods)}."]
    notes += [set_aside(f"a page that cannot be read: {error}.") for error in odd]
    notes += [f"No page of {', '.join(map(str, lost))} was read."] if lost else []
    if extra := sorted({label for _, rows in read for label in rows.extra}):
        notes.append(f"Columns not read: {', '.join(extra)}.")
    labels = sorted({label for _, rows in read for label in (*rows.labels, *rows.extra)})
    layout = tuple(f"column {label}" for label in labels)
    return Parsed({TABLE.name: pl.concat(frames)}, used, tuple(notes), layout)


def _page(name: str, page: Page) -> tuple[PageRows, pl.DataFrame, dict[str, int]]:
    """Read one page; refuse one of another year than its name, or one that does not add up."""
    rows = read_rows(page, name)
    named = YEAR_IN_NAME.search(name)
    if named and int(named[1]) != rows.through.year:
        raise LayoutError("the page is of another year than its name", where=name, got=rows.through)
    frame, marks = _frame(rows, name)
    _adds_up(frame, name)
    return rows, frame, marks


def _lost_years(ends: Sequence[date], unread: int) -> list[int]:
    """Return the years left out; refuse too many of them, and a period given twice."""
    years = {end.year for end in ends}
    lost = sorted(set(range(min(years), max(years) + 1)) - years) if years else []
    if not years or max(len(lost), unread) >= len(ends) or len(set(ends)) != len(ends):
        raise LayoutError(
            "the pages of a release leave years out or hold a period twice",
            expected="one page for nearly every year from the oldest to the newest",
            got=f"periods to {sorted(map(str, ends))}, without {lost if years else 'every year'}",
        )
    return lost


def _frame(rows: PageRows, where: str) -> tuple[pl.DataFrame, dict[str, int]]:
    counts = parse_counts([text for *_, text in rows.cells], marks=MARKS, where=where)
    frame = pl.DataFrame(
        {
            "period_through_date": [rows.through] * len(rows.cells),
            "year": [rows.through.year] * len(rows.cells),
            "through_month": [rows.through.month] * len(rows.cells),
            "measure": [measure for _, measure, _ in rows.cells],
            "persecution_country": [country for country, *_ in rows.cells],
            "claims_persons": counts.values,
            "is_suppressed": counts.is_suppressed,
        },
        schema_overrides={"year": pl.Int64, "through_month": pl.Int64},
    )
    return frame, counts.used


def _adds_up(frame: pl.DataFrame, where: str) -> None:
    """Refuse a page whose printed total is absent, or is not the sum of its known parts."""
    is_total = pl.col("persecution_country") == TOTAL_LABEL
    printed = dict(frame.filter(is_total).select("measure", "claims_persons").iter_rows())
    if frame.filter(is_total).height != len(MEASURES):
        raise LayoutError("not one row of totals", where=where, expected=TOTAL_LABEL)
    sums = (
        frame.filter(~is_total)
        .group_by("measure")
        .agg(pl.col("claims_persons").sum(), pl.col("is_suppressed").sum() * MOST_WITHHELD)
    )
    for measure, known, withheld in sorted(sums.iter_rows()):
        total = printed[measure]
        if total is not None and not known <= total <= known + withheld:
            raise LayoutError(
                f"the countries' {measure} do not make the printed total",
                where=where,
                expected=f"{total:,}",
                got=f"{known:,} and at most {withheld:,} withheld",
            )
    outcomes = [printed[name] for name in MEASURES[1:5]]
    whole = printed["finalized"]
    if None not in (*outcomes, whole) and sum(outcomes) != whole:
        raise LayoutError(
            "the outcomes do not add up to the claims finalised",
            where=where,
            expected=f"{whole:,}",
            got=f"{sum(outcomes):,}",
        )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return years, quarters by difference, and pending claims at each quarter's end.

    Handed the rows of all releases with their provenance, it keeps it: a difference bears that of
    the newer of the two releases it rests on.
    """
    core = tables[TABLE.name].with_columns(
        pl.when(pl.col("persecution_country") == TOTAL_LABEL)
        .then(pl.lit(TOTAL))
        .otherwise("persecution_country")
        .alias("origin_label")
    )
    counted = core.filter(pl.col("measure").is_in(list(INDICATORS)))
    newest = pl.col("period_through_date") == pl.col("period_through_date").max().over("year")
    pending = core.filter(pl.col("measure") == "pending", pl.col("through_month") % QUARTER == 0)
    return pl.concat(
        [
            _flow(counted.filter(newest), "A", derived=False),
            _flow(counted.filter(pl.col("through_month") == QUARTER), "Q", derived=False),
            _flow(_differences(counted), "Q", derived=True),
            _flow(pending, "Q", derived=False),
        ]
    )


def _differences(counted: pl.DataFrame) -> pl.DataFrame:
    """Return second to fourth quarters whose page and that of the quarter before are both known.

    A page lists each country with a claim, so one the earlier page does not list had none. A
    difference of withheld figures is withheld; a negative one (a correction) is left out.
    """
    key = ["year", "measure", "origin_label", "through_month"]
    before = counted.with_columns(pl.col("through_month") + QUARTER)
    known = before.select("year", "through_month").unique()
    earlier = before.select(*key, *_kept(before)).rename({n: f"{n}_before" for n in _kept(before)})
    joined = (
        counted.filter(pl.col("through_month") % QUARTER == 0)
        .join(known, on=["year", "through_month"], how="semi")
        .join(earlier, on=key, how="left")
    )
    withheld = pl.col("is_suppressed") | pl.col("is_suppressed_before").fill_null(value=False)
    gap = pl.col("claims_persons") - pl.col("claims_persons_before").fill_null(0)
    result = joined.with_columns(
        pl.when(~withheld).then(gap).alias("claims_persons"), withheld.alias("is_suppressed")
    ).filter(pl.col("is_suppressed") | (pl.col("claims_persons") >= 0))
    if "as_of_date" in counted.columns:
        later = pl.col("as_of_date_before") > pl.col("as_of_date")
        result = result.with_columns(
            pl.when(later).then(f"{name}_before").otherwise(name).alias(name) for name in PROVENANCE
        )
    return result.select(counted.columns)


def _kept(frame: pl.DataFrame) -> list[str]:
    names = ("claims_persons", "is_suppressed", *PROVENANCE)
    return [name for name in names if name in frame.columns]


def _flow(frame: pl.DataFrame, frequency: str, *, derived: bool) -> pl.DataFrame:
    first = 1 if frequency == "A" else pl.col("through_month") - QUARTER + 1
    names = {**INDICATORS, "pending": "claims_pending"}
    return draft(
        frame,
        indicator=pl.col("measure").replace_strict(names, return_dtype=pl.String),
        destination_iso3="CAN",
        origin_label=pl.col("origin_label"),
        frequency=frequency,
        period_start=pl.date("year", first, 1),
        value=pl.col("claims_persons"),
        is_suppressed=pl.col("is_suppressed"),
        is_derived=derived,
        is_partial=(pl.col("through_month") < 12) & pl.lit(frequency == "A"),
        keep=[name for name in PROVENANCE if name in frame.columns],
    )


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: a page prints the end of its period, not the day it was put up."""
    return None


SOURCE = Source(
    source_id="ca_irb_claims",
    title="Refugee claims referred, finalised and pending in Canada",
    publisher="Immigration and Refugee Board of Canada",
    landing_url=LANDING,
    hosts=HOSTS,
    licence=CA_IRB,
    cadence=Cadence(
        "quarterly, one to two months after the quarter", "53 8 * * 2", 210, 91, lag_days=45
    ),
    revision_habit="The page of the running year is overwritten each quarter with the figures "
    "since January; how earlier quarters change is not shown.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="ca_irb",
    absent_is_zero=False,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(
        Offer("CAN", "claims_referred", "QA", by_origin=True),
        Offer("CAN", "claims_pending", "Q", by_origin=True),
    ),
    release_date=release_date,
    rolling_by="period_through_date",
    is_modelled=False,
    by_hand=BY_HAND,
    flows_across_releases=True,
)
