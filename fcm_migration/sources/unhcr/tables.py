"""Shared by UNHCR's datasets: columns, parsing of rows, country codes and checks.

One row mixes JSON numbers, the text "0" and the text "-" (not applicable). The text "NA" is a
value of application type and decision level.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import partial

import polars as pl

from fcm_migration.catalog.licences import UNHCR_CC_BY4
from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import Limits, Parsed, ReleaseFile, Source
from fcm_migration.sources.unhcr.api import read_pages, read_parquet

HOSTS = frozenset({"api.unhcr.org"})
LANDING = "https://www.unhcr.org/refugee-statistics/download"
PUBLISHER = "UNHCR, the UN Refugee Agency"
RELEASE_NAME = re.compile(r"__(\d{4}-\d{2}-\d{2})__")
NOT_APPLICABLE = "-"
# A year's figures come in the middle of June of the next year (2023 to 2026: the 11th to the 17th),
# so the newest ones are at most 533 days old the day before; the rest is for a late release.
STALE_AFTER_DAYS = 600
# The 14 pages of a whole matrix (42 MB) take 2.2 s and 170 MB.
MATRIX = Limits(seconds=10)

YEAR = Column("year", "integer", "Calendar year.", minimum=1951, maximum=2100)
ORIGIN_NAME = Column("origin_name", "string", "Origin as UNHCR names it (coo_name).")
ORIGIN_CODE = Column("origin_unhcr_code", "string", "Origin, UNHCR's own code (coo): not ISO.")
ORIGIN_ISO = Column(
    "origin_printed_iso3",
    "string",
    "Origin, ISO 3166-1 alpha-3 as UNHCR prints it (coo_iso); UNK unknown, XXA stateless.",
    nullable=True,
)
ASYLUM_NAME = Column("asylum_name", "string", "Country of asylum as UNHCR names it (coa_name).")
ASYLUM_CODE = Column(
    "asylum_unhcr_code", "string", "Country of asylum, UNHCR's own code (coa): AUS is Austria."
)
ASYLUM_ISO = Column(
    "asylum_printed_iso3",
    "string",
    "Country of asylum, ISO 3166-1 alpha-3 as UNHCR prints it (coa_iso).",
    nullable=True,
)
WHO = (YEAR, ORIGIN_NAME, ORIGIN_CODE, ORIGIN_ISO, ASYLUM_NAME, ASYLUM_CODE, ASYLUM_ISO)
PROCEDURE = Column(
    "procedure_type",
    "string",
    "Who decides: G government, J government and UNHCR jointly, U UNHCR (procedure_type).",
    allowed=("G", "J", "U"),
)
DECISION_LEVEL = Column(
    "decision_level",
    "string",
    "Level (dec_level): FI first instance, AR administrative review, RA repeat, JR judicial "
    "review, EO and IN United States EOIR and USCIS, TP, TR, TA, CA, BL, FA, SP, the literal "
    "NA, new applications, and 0, a slip in one row of the October 2023 release.",
    allowed=(
        "0",
        "AR",
        "BL",
        "CA",
        "EO",
        "FA",
        "FI",
        "IN",
        "JR",
        "NA",
        "RA",
        "SP",
        "TA",
        "TP",
        "TR",
    ),
)
PERSONS_OR_CASES = Column(
    "persons_or_cases",
    "string",
    "Whether the row counts persons (P) or cases (C); the two are never added.",
    allowed=("P", "C"),
)
API_NAMES = {
    "year": "year",
    "coo_name": "origin_name",
    "coo": "origin_unhcr_code",
    "coo_iso": "origin_printed_iso3",
    "coa_name": "asylum_name",
    "coa": "asylum_unhcr_code",
    "coa_iso": "asylum_printed_iso3",
    "procedure_type": "procedure_type",
    "dec_level": "decision_level",
}
WHO_NAMES = {old: new for old, new in API_NAMES.items() if new in {column.name for column in WHO}}
# UNHCR's codes that are, or look like, another country's ISO code: they tell the columns apart.
HELD = {"AUL": "AUS", "AUS": "AUT", "MAR": "MTQ", "ARE": "EGY"}
NEVER = ("AUT", "UNK", "XXA")  # ISO's for Austria, unknown and stateless: no codes of UNHCR's
IGNORED = {"coo_id", "coa_id"}
CAVEATS = (
    "UNHCR rounds small counts to 5 against disclosure: 1 to 4 never occur.",
    "The newest year may hold January to June only; is_partial is true there. Filter it out before "
    "comparing years.",
)


def parse_rows(
    files: Sequence[ReleaseFile],
    table: Table,
    names: Mapping[str, str],
    counts: Sequence[str],
    first_year: int,
) -> Parsed:
    """Read the pages of one API download, or one release file of the same columns.

    Args:
        files: JSON pages in order, or a single Parquet file.
        table: the core table.
        names: the API's column names to ours, in any order.
        counts: our names of the number columns.
        first_year: the year the dataset begins with.

    Raises:
        LayoutError: columns, marks, pages or years are not what they have always been.
    """
    raw = read_parquet(files) if files[0].name.endswith(".parquet") else read_pages(files)
    frame, notes = pick(raw, names, files[0].name)
    marks = {
        NOT_APPLICABLE: int(
            sum(frame.get_column(name).eq(NOT_APPLICABLE).sum() or 0 for name in counts)
        )
    }
    frame = numbers(
        frame, ("year", *counts), files[0].name, nulls=files[0].name.endswith(".parquet")
    )
    _refuse_sums(frame, files[0].name)
    _refuse_swapped(frame, files[0].name)
    _refuse_lost_years(frame, files[0].name, first_year)
    return Parsed(
        {table.name: frame.select(table.column_names)},
        marks=marks,
        notes=notes,
        layout=fingerprint(raw, frame, table),
    )


def pick(
    raw: pl.DataFrame, names: Mapping[str, str], where: str, ignored: Collection[str] = IGNORED
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the columns asked for under our names, and a remark on those nobody asked for.

    Raises:
        LayoutError: a column is missing.
    """
    if missing := sorted(set(names) - set(raw.columns)):
        raise LayoutError(
            "columns are missing",
            where=where,
            expected=sorted(names),
            got=sorted(raw.columns),
            lacks=missing,
        )
    extra = sorted(set(raw.columns) - set(names) - set(ignored))
    notes = (f"Columns not read: {', '.join(extra)}.",) if extra else ()
    return raw.select(pl.col(old).alias(new) for old, new in names.items()), notes


def fingerprint(
    raw: pl.DataFrame, frame: pl.DataFrame, table: Table, ignored: Collection[str] = IGNORED
) -> tuple[str, ...]:
    """Return the columns met, and the codes met in each column of a closed vocabulary."""
    columns = [f"column {name}" for name in raw.columns if name not in ignored]
    codes = [
        f"{column.name}: {code}"
        for column in table.columns
        if column.allowed is not None
        for code in frame.get_column(column.name).drop_nulls().unique()
    ]
    return tuple(sorted([*columns, *codes]))


def numbers(
    frame: pl.DataFrame, names: Sequence[str], where: str, *, nulls: bool = False
) -> pl.DataFrame:
    """Turn texts into whole numbers; "-" is null; anything else is refused with examples.

    Only release files, not the API, may hold ``nulls`` for "-".
    """
    text = pl.col(*names).replace(NOT_APPLICABLE, None)
    parsed = frame.select(text.cast(pl.Int64, strict=False))
    for name in names:
        lost = frame.filter(
            (frame.get_column(name).is_not_null() | (not nulls))
            & frame.get_column(name).ne_missing(NOT_APPLICABLE)
            & parsed.get_column(name).is_null()
        )
        if not lost.is_empty():
            raise LayoutError(
                f"{lost.height} value(s) that are neither a whole number nor '-'",
                where=f"{where}, column {name}",
                got=lost.get_column(name).unique().sort().head(3).to_list(),
            )
    return frame.with_columns(parsed.get_columns())


def _refuse_sums(frame: pl.DataFrame, where: str) -> None:
    """Refuse a "-" in an identity column: the API summed a dimension that was requested."""
    summed = frame.filter(
        (pl.col("origin_unhcr_code") == NOT_APPLICABLE)
        | (pl.col("asylum_unhcr_code") == NOT_APPLICABLE)
    )
    if not summed.is_empty():
        raise LayoutError(
            "rows are summed over origins or destinations",
            where=where,
            expected="one row for each origin and destination",
            got=f"{summed.height} summed rows",
        )


def _refuse_swapped(frame: pl.DataFrame, where: str) -> None:
    """Refuse names, UNHCR's codes or ISO's in another column, or origin and asylum swapped.

    Tibetans are an origin in every release and a country of asylum in none.
    """
    wrong = pl.lit(value=False)
    for side in ("origin", "asylum"):
        code, iso = pl.col(f"{side}_unhcr_code"), pl.col(f"{side}_printed_iso3")
        other = code.is_in(list(HELD)) & iso.ne_missing(code.replace(HELD))
        wrong = wrong | other | code.is_in(NEVER) | (code.str.len_chars() != 3)
    swapped = frame.filter((wrong | (pl.col("asylum_unhcr_code") == "TIB")).fill_null(value=False))
    if not swapped.is_empty():
        columns = ["origin_unhcr_code", "origin_printed_iso3"]
        columns += ["asylum_unhcr_code", "asylum_printed_iso3"]
        raise LayoutError(
            f"{swapped.height} rows with names or codes in another column than theirs",
            where=where,
            expected=f"UNHCR's codes in coo and coa (such as {HELD}), no asylum in Tibet",
            got=swapped.select(columns).unique().sort(columns).head(3).rows(),
        )


def _refuse_lost_years(frame: pl.DataFrame, where: str, first_year: int) -> None:
    """Refuse a year without rows: every year since the first has some."""
    years = set(frame.get_column("year").drop_nulls().unique())
    following = range(first_year, first_year + len(years) + 1)
    without = next(year for year in following if year not in years)
    if without < max(years, default=first_year + 1):
        raise LayoutError(
            "a year without a row",
            where=where,
            expected=f"every year since {first_year}",
            got=f"none of {without}",
        )


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Read the date out of a release file's name; the API states none."""
    found = RELEASE_NAME.search(files[0].name)
    try:
        return date.fromisoformat(found.group(1)) if found else None
    except ValueError:
        return None


# What the declarations of all datasets of UNHCR's API have in common.
unhcr_source = partial(
    Source,
    publisher=PUBLISHER,
    landing_url=LANDING,
    hosts=HOSTS,
    licence=UNHCR_CC_BY4,
    country_scheme="unhcr",
    absent_is_zero=False,
    release_date=release_date,
)
