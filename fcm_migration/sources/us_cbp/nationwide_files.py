"""CBP's nationwide files: finding the two of the newest release, and reading one as text.

A file is named by its window, its last month (none once the fiscal year is closed) and its kind,
and lies in the folder of its upload: .../2026-08/nationwide-encounters-fy23-fy26-jul-aor.csv.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import polars as pl

from fcm_migration.errors import LayoutError
from fcm_migration.http import Request, resolve_links
from fcm_migration.periods import MONTHS, fiscal_month_start, refuse_odd_years, whole_calendar
from fcm_migration.sources.base import Fetched, FetchedFile, Get
from fcm_migration.workbook import normalise, parse_counts, pick_columns

LANDING = "https://www.cbp.gov/document/stats/nationwide-encounters"
ABBREVIATIONS = {name[:3].upper(): number for number, name in enumerate(MONTHS, 1)}
RUNNING = " (FYTD)"
FISCAL_START = 10
ANCHORS = {"aor": "Area of Responsibility", "state": "State"}
LINK = re.compile(
    r"/(?P<year>\d{4})-(?P<folder>\d{2}|[A-Z][a-z]{2})/nationwide-encounters-fy\d{2}-fy(?P<last>\d{2})"
    r"(?:-(?P<month>[a-z]{3})[a-z]*)?-(?P<kind>aor|state)(?:_(?P<again>\d+))?\.csv$"
)


@dataclass(frozen=True)
class Upload:
    """One linked file: ``release`` is its fiscal year and last month, ``order`` its upload."""

    kind: str
    release: tuple[int, int]
    order: tuple[int, int, int]
    address: str


def fetch(get: Get) -> Fetched:
    """Find the newest release of which both files are linked to, and get them."""
    page = get(Request(LANDING, expect="html"))
    links = resolve_links(page.path.read_text(errors="replace"), page.final_url)
    newest: dict[tuple[str, tuple[int, int]], Upload] = {}
    for link in links:
        item = upload(link.href)
        if item is None:
            continue
        known = newest.get((item.kind, item.release))
        if known is None or item.order > known.order:
            newest[item.kind, item.release] = item
    whole = [release for kind, release in newest if kind == "aor" and ("state", release) in newest]
    if not whole:
        raise LayoutError(
            "the discovery page does not link to both files of a release",
            where=LANDING,
            expected="links like .../YYYY-MM/nationwide-encounters-...-aor.csv and ...-state.csv",
            got=sorted(item.address for item in newest.values())
            or f"none among {len(links)} links",
            remedy="obtain the files by hand and run: fcm ingest us_cbp_nationwide FILE FILE",
        )
    return Fetched(tuple(_file(get, newest[kind, max(whole)]) for kind in ANCHORS))


def _file(get: Get, item: Upload) -> FetchedFile:
    request = Request(item.address, expect="csv", min_bytes=1_000, csv_anchor=ANCHORS[item.kind])
    name = unquote(urlsplit(item.address).path).rsplit("/", 1)[-1]
    return FetchedFile(name, get(request))


def upload(address: str) -> Upload | None:
    """What an address says of the file behind it; None for any other file."""
    match = LINK.search(address.split("?")[0])
    if match is None:
        return None
    last = ABBREVIATIONS.get((match["month"] or "Sep").upper())
    folder = match["folder"]
    number = int(folder) if folder.isdigit() else ABBREVIATIONS.get(folder.upper())
    if last is None or number is None:
        return None
    release = int(match["last"]), (last - FISCAL_START) % 12
    return Upload(
        match["kind"], release, (int(match["year"]), number, int(match["again"] or -1)), address
    )


@dataclass(frozen=True)
class FileRows:
    """One file's rows under our names, its columns that were not asked for, and remarks."""

    frame: pl.DataFrame
    extra: tuple[str, ...]
    notes: tuple[str, ...]


def read_file(
    header: Sequence[str], body: Sequence[Sequence[str]], columns: Mapping[str, str], where: str
) -> FileRows:
    """Turn one file's texts into rows with fiscal year, first day of the month and count.

    Raises:
        LayoutError: a column is missing or stands twice, a year, month or count is none, or a
            month is left out of the window.
    """
    places, extra = pick_columns(header, list(columns), where)
    cells = {name: _texts([row[places[label]] for row in body]) for label, name in columns.items()}
    running = [text.endswith(RUNNING) for text in cells["fiscal_year"]]
    texts = [text.removesuffix(RUNNING) for text in cells["fiscal_year"]]
    years = parse_counts(texts, marks={}, where=where, first_row=2).values
    refuse_odd_years(years, where)
    months = cells.pop("month")
    if unknown := sorted(set(months) - set(ABBREVIATIONS)):
        raise LayoutError("month labels", where=where, expected=list(ABBREVIATIONS), got=unknown)
    counts = parse_counts(cells["encounters_events"], marks={}, where=where, first_row=2)
    frame = pl.DataFrame(
        {
            **cells,
            "fiscal_year": years,
            "is_fiscal_year_to_date": pl.Series(running, dtype=pl.Boolean),
            "month": pl.Series([ABBREVIATIONS[month] for month in months], dtype=pl.Int64),
            "encounters_events": counts.values,
        }
    ).with_columns(
        fiscal_month_start(pl.col("fiscal_year"), pl.col("month")).alias("month_start_date")
    )
    _complete(frame.get_column("month_start_date"), where)
    notes = (f"Columns not read of {where}: {', '.join(extra)}.",) if extra else ()
    return FileRows(frame.drop("month"), extra, notes)


def _texts(cells: Sequence[str]) -> list[str]:
    """White space normalised, each distinct text once: the same few labels stand in each row."""
    tidy = {cell: normalise(cell) for cell in set(cells)}
    return [tidy[cell] for cell in cells]


def _complete(months: pl.Series, where: str) -> None:
    """Refuse a window that does not begin with a fiscal year or leaves a month out."""
    whole = whole_calendar(months, "1mo")
    left_out = sorted(set(whole) - set(months))
    if not whole or whole[0].month != FISCAL_START or left_out:
        raise LayoutError(
            "months are missing",
            where=where,
            expected="every month from an October on",
            got=f"{[str(month) for month in whole[:1]]} first, {len(left_out)} left out",
        )
