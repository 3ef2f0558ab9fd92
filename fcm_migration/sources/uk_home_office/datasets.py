"""The Home Office's quarterly detailed datasets: their names, and finding the newest file.

A workbook per subject whose name ends in the last month of its data. Names of files, sheets and
columns have changed; a :class:`Dataset` lists every spelling seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import unquote, urlsplit

import polars as pl

from fcm_migration.catalog.licences import UK_OGL3
from fcm_migration.catalog.model import Cadence, Table
from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import Request, resolve_links
from fcm_migration.periods import month_number
from fcm_migration.sources.base import (
    DEFAULT_LIMITS,
    Fetched,
    FetchedFile,
    Get,
    Limits,
    Offer,
    Parsed,
    ReleaseFile,
    Source,
)

INDEX = (
    "https://www.gov.uk/government/statistical-data-sets/immigration-system-statistics-data-tables"
)
HOSTS = frozenset({"www.gov.uk", "assets.publishing.service.gov.uk"})
_NAME_END = (
    r"(?:-year-ending)?-(?P<month>[a-z]{3,9})-(?P<year>\d{4}|\d{2})"
    r"(?:[-_]v?(?P<again>\d+))?\.(?:xlsx|ods)$"
)


@dataclass(frozen=True)
class Dataset:
    """One detailed dataset: every name it has gone by, newest first.

    Attributes:
        source_id: whose it is, for messages.
        stems: beginnings of the file's name, up to the month.
        pages: pages that link to it.
        sheets: names of its sheet.
        columns: column of ours -> the publisher's labels for it, of which exactly one stands there.
            Periods are ``year`` and ``quarter``, or for a stock ``day``, the last day of a quarter.
        count: the column that holds the figure.
        first_quarter: the quarter it has always begun with.
        assumed: columns that a layout may leave out -> what each of its rows then is.

    """

    source_id: str
    stems: tuple[str, ...]
    pages: tuple[str, ...]
    sheets: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    count: str
    first_quarter: date
    assumed: Mapping[str, str] = field(default_factory=dict)


def fetch_newest(get: Get, dataset: Dataset) -> Fetched:
    """Find the workbook of the newest month on the first page that links to any, and get it."""
    seen = 0
    for page in dataset.pages:
        links = _links(get, page)
        seen += len(links)
        found = sorted((key, url) for url in links if (key := name_key(url, dataset)) is not None)
        if not found:
            continue
        key, url = found[-1]
        if same := [other for other_key, other in found[:-1] if other_key == key]:
            raise LayoutError(
                "the newest release stands at several addresses", where=page, got=[*same, url]
            )
        response = get(Request(url, expect=url.rsplit(".", 1)[-1].lower(), min_bytes=5_000))
        return Fetched((FetchedFile(unquote(urlsplit(url).path).rsplit("/", 1)[-1], response),))
    raise LayoutError(
        "no page links to the workbook",
        where=", ".join(dataset.pages),
        expected=f"a link like .../{dataset.stems[0]}-dec-2025.xlsx",
        got=f"none among {seen} links",
        remedy=f"obtain the workbook by hand and run: fcm ingest {dataset.source_id} FILE",
    )


def _links(get: Get, page: str) -> set[str]:
    """Return the addresses a page links to; none if the page is gone (the older ones will be)."""
    try:
        body = get(Request(page, expect="html"))
    except FetchError as error:
        if error.outcome == "gone":
            return set()
        raise
    html = body.path.read_text(errors="replace")
    return {link.href for link in resolve_links(html, body.final_url)}


def name_key(address: str, dataset: Dataset) -> tuple[int, int, int] | None:
    """Return year, month and re-issue number in a file's name; None for any other file.

    The name has to begin with the stem: "outcome-analysis-asylum-claims-datasets" is another.
    """
    name = unquote(urlsplit(address).path).rsplit("/", 1)[-1].lower()
    match = re.fullmatch(f"(?:{'|'.join(map(re.escape, dataset.stems))}){_NAME_END}", name)
    if match is None:
        return None
    try:
        month = month_number(match["month"], name)
    except LayoutError:
        return None
    year = int(match["year"])
    return year + (2000 if year < 100 else 0), month, int(match["again"] or 0)


def quarterly_source(
    dataset: Dataset,
    *,
    module: str,
    title: str,
    table: Table,
    cron: str,
    parse: Callable[[Sequence[ReleaseFile]], Parsed],
    flows: Callable[[Mapping[str, pl.DataFrame]], pl.DataFrame],
    by_hand: str,
    offers: tuple[Offer, ...],
    limits: Limits = DEFAULT_LIMITS,
    is_modelled: bool = True,
    absent_is_zero: bool = True,
) -> Source:
    """Return the source of one detailed dataset: all are released and revised in the same way."""
    return Source(
        source_id=dataset.source_id,
        title=title,
        publisher="UK Home Office",
        landing_url=INDEX,
        hosts=HOSTS,
        licence=UK_OGL3,
        cadence=_cadence(cron),
        revision_habit="Every quarter is released again each time; how often older ones are "
        "revised was not measured.",
        tables=(table,),
        module=module,
        country_scheme="home_office",
        absent_is_zero=absent_is_zero,
        fetch=lambda get: fetch_newest(get, dataset),
        parse=parse,
        flows=flows,
        offers=offers,
        release_date=release_date,
        is_modelled=is_modelled,
        by_hand=by_hand,
        limits=limits,
    )


def _cadence(cron: str) -> Cadence:
    """Return when every one of these datasets is released, and when it is looked for."""
    return Cadence(
        "quarterly, on a Thursday about eight weeks after the quarter",
        cron,
        stale_after_days=170,
        interval_days=91,
        lag_days=56,
    )


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: the name has the last month of the data, about eight weeks before release."""
    return None
