"""What UNHCR's three datasets share: the population API, its pages, its rows, its country codes.

The API never errors: a bound it does not like is ignored and everything is returned with status
200, so each answer is held against what was asked. One row mixes JSON numbers, the text "0" and
the text "-" (not applicable). The text "NA" is a value of application type and decision level.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.http import Request
from fcm_migration.sources.base import (
    Fetched,
    FetchedFile,
    Get,
    Parsed,
    ReleaseFile,
)

API = "https://api.unhcr.org/population/v1"
HOSTS = frozenset({"api.unhcr.org"})
LANDING = "https://www.unhcr.org/refugee-statistics/download"
PUBLISHER = "UNHCR, the UN Refugee Agency"
PAGE_SIZE = 10_000
MOST_PAGES = 60
RELEASE_NAME = re.compile(r"__(\d{4}-\d{2}-\d{2})__")
NOT_APPLICABLE = "-"

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
IGNORED = {"coo_id", "coa_id"}
CAVEATS = (
    "UNHCR rounds small counts to 5 against disclosure: 1 to 4 never occur.",
    "Between October and June the newest year holds January to June only.",
)


def fetcher(endpoint: str, first_year: int) -> Callable[[Get], Fetched]:
    """Return the fetch function of one endpoint: every origin and destination, page by page."""

    def fetch(get: Get) -> Fetched:
        last_year = datetime.now(UTC).year
        files: list[FetchedFile] = []
        pages = 1
        while len(files) < pages:
            number = len(files) + 1
            response = get(_request(endpoint, first_year, last_year, number))
            page = _envelope(response.path.read_bytes(), f"{endpoint} page {number}")
            _hold_to_request(page, endpoint, number, pages if number > 1 else page["maxPages"])
            pages = page["maxPages"]
            files.append(FetchedFile(f"page-{number:03d}.json", response))
        return Fetched(tuple(files))

    return fetch


def _request(endpoint: str, first_year: int, last_year: int, page: int) -> Request:
    return Request(
        f"{API}/{endpoint}/",
        params=(
            ("yearFrom", str(first_year)),
            ("yearTo", str(last_year)),
            ("coo_all", "true"),
            ("coa_all", "true"),
            ("cf_type", "ISO"),
            ("limit", str(PAGE_SIZE)),
            ("page", str(page)),
        ),
        expect="json",
    )


def _envelope(body: bytes, where: str) -> dict[str, Any]:
    try:
        page = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LayoutError("not JSON", where=where, got=str(error)) from None
    kinds = {"page": int, "maxPages": int, "items": list}
    if not isinstance(page, dict) or not all(
        isinstance(page.get(key), kind) for key, kind in kinds.items()
    ):
        raise LayoutError(
            "not the API's envelope",
            where=where,
            expected="whole numbers page and maxPages, and a list of items",
            got=sorted(page) if isinstance(page, dict) else type(page).__name__,
        )
    if not all(isinstance(item, dict) for item in page["items"]):
        raise LayoutError("items that are no rows", where=where, expected="objects")
    return page


def _hold_to_request(page: dict[str, Any], endpoint: str, number: int, pages: int) -> None:
    where = f"{endpoint} page {number}"
    if page["page"] != number or page["maxPages"] != pages or not 1 <= pages <= MOST_PAGES:
        raise LayoutError(
            "the pages do not fit together (the data changed meanwhile, or paging was ignored)",
            where=where,
            expected=f"page {number} of {pages}, at most {MOST_PAGES}",
            got=f"page {page['page']} of {page['maxPages']}",
            remedy="run the refresh again",
        )
    if not page["items"]:
        raise LayoutError("the API answered without rows", where=where, expected="rows")


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
    raw = _read_parquet(files) if files[0].name.endswith(".parquet") else _read_pages(files)
    known = set(names)
    if missing := sorted(known - set(raw.columns)):
        raise LayoutError(
            "columns are missing", where=files[0].name, expected=sorted(known), got=missing
        )
    extra = sorted(set(raw.columns) - known - IGNORED)
    frame = raw.select(pl.col(old).alias(new) for old, new in names.items())
    marks = {
        NOT_APPLICABLE: int(
            sum(frame.get_column(name).eq(NOT_APPLICABLE).sum() or 0 for name in counts)
        )
    }
    frame = _numbers(frame, ("year", *counts), files[0].name)
    _refuse_sums(frame, files[0].name)
    _refuse_lost_years(frame, files[0].name, first_year)
    notes = (f"Columns not read: {', '.join(extra)}.",) if extra else ()
    return Parsed({table.name: frame.select(table.column_names)}, marks=marks, notes=notes)


def _read_parquet(files: Sequence[ReleaseFile]) -> pl.DataFrame:
    if len(files) != 1:
        raise LayoutError("a release file stands alone", got=[file.name for file in files])
    raw = pl.read_parquet(files[0].path)
    return raw.with_columns(pl.all().cast(pl.String).str.strip_chars())


def _read_pages(files: Sequence[ReleaseFile]) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for number, file in enumerate(files, start=1):
        page = _envelope(file.path.read_bytes(), file.name)
        _hold_to_request(page, file.name, number, len(files))
        rows += page["items"]
    columns = list(rows[0])
    if any(list(row) != columns for row in rows):
        raise LayoutError("rows of different columns", where=files[0].name, expected=columns)
    return pl.DataFrame(
        {
            column: [None if row[column] is None else str(row[column]).strip() for row in rows]
            for column in columns
        },
        schema_overrides=dict.fromkeys(columns, pl.String),
    )


def _numbers(frame: pl.DataFrame, names: Sequence[str], where: str) -> pl.DataFrame:
    """Turn texts into whole numbers; "-" is null; anything else is refused with examples."""
    text = pl.col(*names).replace(NOT_APPLICABLE, None)
    numbers = frame.select(text.cast(pl.Int64, strict=False))
    for name in names:
        lost = frame.filter(
            frame.get_column(name).is_not_null()
            & (frame.get_column(name) != NOT_APPLICABLE)
            & numbers.get_column(name).is_null()
        )
        if not lost.is_empty():
            raise LayoutError(
                f"{lost.height} value(s) that are neither a whole number nor '-'",
                where=f"{where}, column {name}",
                got=lost.get_column(name).unique().sort().head(3).to_list(),
            )
    return frame.with_columns(numbers.get_columns())


def _refuse_sums(frame: pl.DataFrame, where: str) -> None:
    """A "-" in an identity column means that the API summed a dimension we asked for."""
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


def _refuse_lost_years(frame: pl.DataFrame, where: str, first_year: int) -> None:
    """Every year since the first has rows, so a year without any was lost on the way."""
    years = set(frame.get_column("year").drop_nulls())
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
