"""US Border Patrol encounters by citizenship, region, sector and family status (OHSS KHSM).

Workbook "KHSM Encounters (USBP)" of the DHS Office of Homeland Security Statistics: sixteen tidy
sheets, monthly and annual, by fiscal year (October to September). Every figure is rounded to 10;
a row that would round to zero is left out. Events, not persons.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import cast
from urllib.parse import unquote, urlsplit

import polars as pl

from fcm_migration.catalog.licences import US_PUBLIC_DOMAIN
from fcm_migration.catalog.model import Cadence
from fcm_migration.errors import LayoutError
from fcm_migration.http import Request, resolve_links
from fcm_migration.periods import (
    FISCAL_START,
    MONTHS,
    fiscal_month_start,
    refuse_odd_years,
    whole_calendar,
)
from fcm_migration.sources.base import (
    TOTAL,
    Fetched,
    FetchedFile,
    Get,
    Offer,
    Parsed,
    ReleaseFile,
    Seen,
    Source,
    only_file,
)
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.us_ohss.usbp_tables import (
    ALL,
    ANNUAL,
    BREAKDOWNS,
    GROUPS,
    LABELS,
    MONTHLY,
    NAMES,
    ROUTES,
)
from fcm_migration.workbook import Sheet, find_header, normalise, parse_counts, read_workbook

LANDING = "https://ohss.dhs.gov/khsm/cbp-encounters"
GRID = 10
Age = tuple[int, int, int]
DATA_MONTH = re.compile(r"fy ?(\d{2})[-_ ]?m(\d{2})", re.IGNORECASE)
SAID_MONTH = re.compile(rf"\b({'|'.join(MONTHS)}) (\d{{4}})\b", re.IGNORECASE)
UPLOADED = re.compile(r"/(\d{4})-(\d{2})/[^/]*$")
AGAIN = re.compile(r"_(\d{1,2})\.xlsx$", re.IGNORECASE)


def fetch(get: Get) -> Fetched:
    """Find the newest workbook the landing page links to, and get it."""
    page = get(Request(LANDING, expect="html"))
    links = resolve_links(page.path.read_text(errors="replace"), page.final_url)
    # Several links may lead to one address, one of them telling the month.
    months: dict[str, Age] = {}
    for link in links:
        if _is_workbook(link.text, link.href):
            months[link.href] = max(months.get(link.href, (0, 0, 0)), _age(link.text, link.href))
    newest = max(months.values(), default=(0, 0, 0))
    found = sorted(address for address, age in months.items() if age == newest)
    if len(found) != 1:
        raise LayoutError(
            "the landing page does not link to a Border Patrol workbook newer than all others",
            where=LANDING,
            expected="an .xlsx link naming USBP, of several the one with the newest month",
            got=found or f"none among {len(links)} links",
            remedy="obtain the workbook by hand and run: fcm ingest us_ohss_usbp FILE",
        )
    response = get(Request(found[0], expect="xlsx", min_bytes=100_000))
    name = unquote(urlsplit(found[0]).path).rsplit("/", 1)[-1]
    return Fetched((FetchedFile(name, response),))


def _age(text: str, href: str) -> Age:
    """Return a workbook's sort key: last month of the data, month of the upload, its repetition.

    Months are counted from year 0; a month or repetition that is not stated is 0.
    """
    path = unquote(urlsplit(href).path)
    data = 0
    if coded := DATA_MONTH.search(path.rsplit("/", 1)[-1]):
        # fy25m11 is November 2024: the month is the calendar's, the year the fiscal one
        month = int(coded[2])
        data = (2000 + int(coded[1]) - (month >= FISCAL_START)) * 12 + month
    elif said := SAID_MONTH.search(text):
        data = int(said[2]) * 12 + MONTHS.index(said[1].title()) + 1
    folder = UPLOADED.search(path)
    again = AGAIN.search(path)
    uploaded = int(folder[1]) * 12 + int(folder[2]) if folder else 0
    return data, uploaded, int(again[1]) + 1 if again else 0


def _is_workbook(text: str, href: str) -> bool:
    named = f"{text} {href}".lower()
    path = href.lower().split("?")[0]
    return path.endswith(".xlsx") and "usbp" in named and "ofo" not in path.rsplit("/", 1)[-1]


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read all sixteen sheets into the monthly and the annual table.

    Raises:
        LayoutError: there are several files, a sheet, column or month is not what the publisher
            has always sent, or a month or year is missing from a sheet.
    """
    file = only_file(files)
    return from_sheets(read_workbook(file), file.name)


def from_sheets(workbook: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn the workbook's texts into tables; ``where`` is the file's name, for messages."""
    wanted = {f"{span} {name}" for span in ("Monthly", "Annual") for name in BREAKDOWNS}
    if missing := sorted(wanted - set(workbook)):
        raise LayoutError(
            "sheets are missing",
            where=where,
            expected=sorted(wanted),
            got=sorted(workbook),
            lacks=missing,
        )
    parts = [_sheet(workbook[f"Monthly {name}"], *BREAKDOWNS[name]) for name in BREAKDOWNS]
    monthly = _months(pl.concat(parts), where)
    annual = pl.concat(_sheet(workbook[f"Annual {name}"], *BREAKDOWNS[name]) for name in BREAKDOWNS)
    _complete(monthly, pl.col("month_start_date"), "1mo", where)
    _complete(annual, pl.date("fiscal_year", 1, 1), "1y", where)
    extra = sorted(set(workbook) - wanted)
    notes = (f"Sheets not read: {', '.join(extra)}.",) if extra else ()
    return Parsed(
        {
            MONTHLY.name: monthly.select(MONTHLY.column_names),
            ANNUAL.name: annual.select(ANNUAL.column_names),
        },
        notes=notes,
        layout=(
            *(f"sheet {name}" for name in sorted(workbook)),
            *(
                f"{name}: {label}"
                for name in NAMES
                if name != "citizenship"
                for label in sorted(monthly.get_column(name).unique())
            ),
        ),
    )


def _sheet(sheet: Sheet, breakdown: str, dimensions: tuple[str, ...]) -> pl.DataFrame:
    time = ["Fiscal Year", "Month"] if sheet.name.startswith("Monthly") else ["Fiscal Year"]
    labels = [*time, *(LABELS[name] for name in dimensions), "Quantity"]
    top = find_header(sheet, labels)
    header = [normalise(cell) for cell in sheet.rows[top]]
    if sorted(cell for cell in header if cell) != sorted(labels):
        raise LayoutError(
            "the columns are not the known ones", where=sheet.name, expected=labels, got=header
        )
    body = sheet.rows[top + 1 :]
    cells = {label: [row[header.index(label)].strip() for row in body] for label in labels}
    years = parse_counts(cells["Fiscal Year"], marks={}, where=sheet.name, first_row=top + 2)
    counts = parse_counts(cells["Quantity"], marks={}, where=sheet.name, first_row=top + 2)
    refuse_odd_years(years.values, sheet.name)
    _on_grid(counts.values, sheet.name)
    return pl.DataFrame(
        {
            "breakdown": [breakdown] * len(body),
            "fiscal_year": years.values,
            "month": cells.get("Month", [""] * len(body)),
            **{
                name: [normalise(c) for c in cells[LABELS[name]]]
                if name in dimensions
                else [ALL] * len(body)
                for name in NAMES
            },
            "encounters_events": counts.values,
        },
        schema_overrides=dict.fromkeys(("breakdown", "month", *NAMES), pl.String),
    )


def _on_grid(values: pl.Series, where: str) -> None:
    if off := values.filter(values % GRID != 0).head(3).to_list():
        raise LayoutError(
            "figures are no longer rounded to 10", where=where, expected="multiples of 10", got=off
        )


def _months(frame: pl.DataFrame, where: str) -> pl.DataFrame:
    """Turn '01 October' (the number is the fiscal position) into the first of the month."""
    known = {
        f"{(number - 10) % 12 + 1:02d} {name}": number for number, name in enumerate(MONTHS, 1)
    }
    labels = frame.get_column("month").unique().sort()
    if unknown := labels.filter(~labels.is_in(list(known))).to_list():
        raise LayoutError(
            "month labels are not the known ones", where=where, expected=list(known), got=unknown
        )
    month = pl.col("month").replace_strict(known, return_dtype=pl.Int64)
    return frame.with_columns(
        fiscal_month_start(pl.col("fiscal_year"), month).alias("month_start_date")
    )


def _complete(frame: pl.DataFrame, start: pl.Expr, every: str, where: str) -> None:
    """Refuse a sheet without one of the periods: no period of any sheet ever rounded to zero."""
    starts = frame.select("breakdown", start=start).unique()
    whole = whole_calendar(starts.get_column("start"), every)
    held = set(starts.iter_rows())
    sheets = [name for name, _ in BREAKDOWNS.values()]
    left_out = [f"{name} {day}" for name in sheets for day in whole if (name, day) not in held]
    if left_out or not whole:
        raise LayoutError(
            f"{len(left_out)} periods are missing from sheets",
            where=where,
            expected=f"each period in each of {sheets}",
            lacks=left_out[:5],
        )


def incomplete(_table: str, releases: Sequence[Seen]) -> Sequence[pl.Expr]:
    """Return for each release the fiscal years whose last month it does not hold yet."""
    marks = []
    for release in releases:
        months = release.tables[MONTHLY.name].get_column("month_start_date")
        last = cast("date", months.max() or date.min)
        marks.append(fiscal_month_start(pl.col("fiscal_year"), pl.lit(FISCAL_START - 1)) > last)
    return marks


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return monthly figures; fiscal years stay in core; each sector is in one region only."""
    monthly = tables[MONTHLY.name].filter(pl.col("breakdown") != "region_sector")
    citizenship, sector = pl.col("citizenship"), pl.col("sector")
    return draft(
        monthly,
        indicator="border_encounters",
        destination_iso3="USA",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("encounters_events"),
        origin_label=pl.when(citizenship == ALL).then(pl.lit(TOTAL)).otherwise(citizenship),
        route=pl.col("region").replace_strict(ROUTES, return_dtype=pl.String),
        place=pl.when(sector == ALL).then(pl.lit("all")).otherwise(sector),
        population_group=pl.col("family_status").replace_strict(GROUPS, return_dtype=pl.String),
        rounding=GRID,
    )


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: neither the workbook nor its name prints a release date."""
    return None


SOURCE = Source(
    source_id="us_ohss_usbp",
    title="US Border Patrol encounters by citizenship, region, sector and family status",
    publisher="US Department of Homeland Security, Office of Homeland Security Statistics",
    landing_url=LANDING,
    hosts=frozenset({"ohss.dhs.gov"}),
    licence=US_PUBLIC_DOMAIN,
    cadence=Cadence(
        "no release since February 2025; looked at monthly",
        "17 5 2 * *",
        None,
        lag_days=75,
        discontinued_since="February 2025",
    ),
    revision_habit="The whole history is released again each time; no revision was measured.",
    tables=(MONTHLY, ANNUAL),
    module=__name__,
    country_scheme="us_dhs",
    absent_is_zero=True,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(Offer("USA", "border_encounters", "M", by_origin=True),),
    incomplete=incomplete,
    release_date=release_date,
)
