"""Canada: asylum claimants by country of citizenship and province, monthly (IRCC).

A tab-separated file that calls itself .csv, one row for each month, province and country. Only the
25 countries that lead in the newest month are named, back-cast over all months; the rest is "Other
Countries". So the set changes from release to release, and a country that is no longer named has
not fallen to zero. Rounded to 5; "--" is a withheld count of 1 to 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import CA_OGL2
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.http import Request
from fcm_migration.periods import whole_calendar
from fcm_migration.sources.base import (
    TOTAL,
    Fetched,
    FetchedFile,
    Get,
    Offer,
    Parsed,
    ReleaseFile,
    Source,
    only_file,
)
from fcm_migration.sources.ca.ircc_rows import Rows, read_rows
from fcm_migration.sources.drafts import draft
from fcm_migration.workbook import Mark, Sheet, parse_counts, read_csv_text

LANDING = "https://open.canada.ca/data/en/dataset/b6cbcf4d-f763-4924-a2fb-8cc4a06e3de4"
FILE = "ODP-Asylum-Top25CitzProv-LastMonth.csv"
URL = f"https://www.ircc.canada.ca/opendata-donneesouvertes/data/{FILE}"
COLUMNS = (
    "EN_YEAR",
    "EN_QUARTER",
    "EN_MONTH",
    "EN_PROVINCE_TERRITORY",
    "EN_COUNTRY_RANK",
    "EN_COUNTRY_OF_CITIZENSHIP",
    "TOTAL",
)
FRENCH = "FR_"
MARKS = {"--": Mark("a count of 1 to 5, withheld", is_suppressed=True)}
GRID = 5
PRINTED_TOTAL = "Total"
FIGURES = ("claimants_persons", "is_suppressed")

TABLE = Table(
    "core",
    "ca_ircc_asylum_citizenship",
    "Asylum claimants in Canada by country of citizenship and province, by month of claim.",
    "month, province and country of citizenship",
    (
        Column("month_start_date", "date", "First day of the calendar month."),
        Column(
            "province",
            "string",
            "Province of the claim in IRCC's words; Total where IRCC prints one.",
        ),
        Column(
            "citizenship",
            "string",
            "Country of citizenship in IRCC's words: the 25 that lead in the newest month, and "
            "Other Countries for all the rest.",
        ),
        Column(
            "country_rank",
            "string",
            "Rank of the country as printed; it is of the newest month, not of the row's; empty "
            "where none is printed.",
        ),
        Column(
            "claimants_persons",
            "integer",
            "People who made a claim; null where withheld.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        Column(
            "is_suppressed",
            "boolean",
            "True where the publisher withheld a count of 1 to 5 ('--').",
        ),
    ),
    ("month_start_date", "province", "citizenship"),
    source_id="ca_ircc_asylum_citizenship",
    period="month_start_date",
    caveats=(
        "The named countries are those leading in the newest month: a country absent from a "
        "release is in Other Countries, never zero. Its older figures stay in the history table.",
        "Rounded to 5 by the publisher, who calls it unfit for calculations; counts of 1 to 5 are "
        "withheld, so a sum over provinces is known only where none of them is. A province "
        "without a row for a country and month adds nothing to it.",
        "National totals of all countries are in core.ca_ircc_asylum_monthly.",
    ),
)


def fetch(get: Get) -> Fetched:
    """Get the file; its address never changes, its content does every month."""
    request = Request(URL, expect="csv", min_bytes=1_000, csv_anchor="EN_COUNTRY_OF_CITIZENSHIP")
    return Fetched((FetchedFile(FILE, get(request)),))


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one file of a release; see :func:`from_sheets`."""
    file = only_file(files)
    sheet = Sheet(file.name, read_csv_text(file, delimiter="\t"))
    return from_sheets({file.name: sheet}, file.name)


def from_sheets(sheets: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn the rows into the table.

    Raises:
        LayoutError: a column, month, quarter, mark or the rounding is not what IRCC has always
            sent, or a month is missing.
    """
    rows = read_rows(sheets[where], COLUMNS, where)
    texts = rows.texts
    extra = [label for label in rows.further if not label.startswith(FRENCH)]
    counts = parse_counts(
        texts["TOTAL"], marks=MARKS, where=f"{where}, TOTAL", first_row=rows.first_row
    )
    frame = pl.DataFrame(
        {
            "month_start_date": _months(rows, where),
            "province": texts["EN_PROVINCE_TERRITORY"],
            "citizenship": texts["EN_COUNTRY_OF_CITIZENSHIP"],
            "country_rank": texts["EN_COUNTRY_RANK"],
            "claimants_persons": counts.values,
            "is_suppressed": counts.is_suppressed,
        },
        schema_overrides={"month_start_date": pl.Date},
    )
    _refuse(frame, where)
    _refuse_several_ranks(frame, where)
    countries = sorted(set(texts["EN_COUNTRY_OF_CITIZENSHIP"]))
    notes = [f"{len(countries)} countries named: {', '.join(countries)}."]
    if extra:
        notes.append(f"Columns not read: {', '.join(extra)}.")
    layout = [f"column {label}" for label in (*COLUMNS, *extra)]
    layout += [f"province: {name}" for name in sorted(set(texts["EN_PROVINCE_TERRITORY"]))]
    return Parsed({TABLE.name: frame}, counts.used, tuple(notes), tuple(layout))


def _refuse_several_ranks(frame: pl.DataFrame, where: str) -> None:
    """Refuse a country with several ranks: its rank in the newest month stands in each row."""
    ranks = frame.group_by("citizenship").agg(pl.col("country_rank").unique().sort())
    several = ranks.filter(pl.col("country_rank").list.len() > 1).sort("citizenship")
    if not several.is_empty():
        raise LayoutError(
            "countries with several ranks",
            where=f"{where}, EN_COUNTRY_RANK",
            expected="one for each country",
            got=several.head(3).rows(),
        )


def _months(rows: Rows, where: str) -> list[date]:
    """Return the first day of each row's month, checked against the row's own quarter."""
    quarters = zip(rows.months, rows.texts["EN_QUARTER"], strict=True)
    for row, (month, quarter) in enumerate(quarters, rows.first_row):
        if quarter != f"Q{(month + 2) // 3}":
            raise LayoutError(
                "month and quarter contradict each other",
                where=f"{where}, row {row}",
                expected=f"Q{(month + 2) // 3} for month {month}",
                got=quarter,
            )
    return [date(year, month, 1) for year, month in zip(rows.years, rows.months, strict=True)]


def _refuse(frame: pl.DataFrame, where: str) -> None:
    """Refuse lost months, nameless rows and figures off the grid of 5."""
    months = frame.get_column("month_start_date")
    if lost := sorted(set(whole_calendar(months, "1mo")) - set(months)):
        raise LayoutError("months are missing", where=where, lacks=[str(day) for day in lost[:3]])
    blank = frame.filter((pl.col("province") == "") | (pl.col("citizenship") == ""))
    if not blank.is_empty():
        raise LayoutError("rows without province or country", where=where, got=blank.row(0))
    values = frame.get_column("claimants_persons")
    if off := values.filter(values % GRID != 0).head(3).to_list():
        raise LayoutError(
            "figures are no longer rounded to 5", where=where, expected="multiples of 5", got=off
        )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return claims by country and province as printed, and by country if every part is known.

    A country's sum over provinces is withheld as soon as one of them is: a smaller sum would pass
    for a figure.
    """
    core = tables[TABLE.name]
    printed = core.select("month_start_date", "province", "citizenship", *FIGURES)
    of_provinces = printed.filter(pl.col("province") != PRINTED_TOTAL)
    key = ["month_start_date", "citizenship"]
    sums = (
        of_provinces.group_by(key)
        .agg(
            pl.col("claimants_persons").sum(),
            pl.col("is_suppressed").any(),
            pl.lit(PRINTED_TOTAL).alias("province"),
        )
        .with_columns(pl.when(~pl.col("is_suppressed")).then(pl.col("claimants_persons")))
        .join(printed.filter(pl.col("province") == PRINTED_TOTAL), on=key, how="anti")
    )
    return pl.concat(
        [
            _flow(printed, is_derived=False),
            _flow(sums.select(printed.columns), is_derived=True),
        ]
    )


def _flow(frame: pl.DataFrame, *, is_derived: bool) -> pl.DataFrame:
    def whole(column: str, word: str) -> pl.Expr:
        named = pl.col(column)
        return pl.when(named == PRINTED_TOTAL).then(pl.lit(word)).otherwise(named)

    return draft(
        frame,
        indicator="asylum_claims",
        destination_iso3="CAN",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("claimants_persons"),
        origin_label=whole("citizenship", TOTAL),
        place=whole("province", "all"),
        is_suppressed=pl.col("is_suppressed"),
        rounding=GRID,
        is_derived=is_derived,
    )


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: the file prints the month its data end, not the date of release."""
    return None


SOURCE = Source(
    source_id="ca_ircc_asylum_citizenship",
    title="Asylum claimants in Canada by country of citizenship and province",
    publisher="Immigration, Refugees and Citizenship Canada",
    landing_url=LANDING,
    hosts=frozenset({"www.ircc.canada.ca"}),
    licence=CA_OGL2,
    cadence=Cadence(
        "monthly, six to ten weeks after the month", "47 7 * * *", 120, 31, lag_days=56
    ),
    revision_habit="Preliminary: the whole history is released again every month, each time for "
    "the 25 countries of the newest month.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="ircc_citizenship",
    absent_is_zero=False,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(Offer("CAN", "asylum_claims", "M", by_origin=True),),
    release_date=release_date,
    by_hand=f"Download {FILE} from {LANDING} (it is tab-separated in spite of its name) and hand "
    "it over unchanged; do not save it again from a spreadsheet program.",
)
