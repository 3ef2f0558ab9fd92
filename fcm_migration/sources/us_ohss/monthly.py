"""US removals, returns, expulsions and credible fear screenings by month (OHSS monthly tables).

Workbook "Immigration Enforcement and Legal Processes Monthly Tables" of the DHS Office of Homeland
Security Statistics, by fiscal year (October to September) from FY2014. Every figure is rounded to
10. Repatriations are events; credible fear screenings are cases, counted on unique applicants.

Nine of the 35 sheets are read. Left out: the seven of encounters and the three of their outcomes
(book-outs), because ``us_ohss_usbp``, ``us_cbp_sbo`` and ``us_cbp_nationwide`` count the same
encounters, exactly or over a longer time; the eleven of arrests within the country, of detention
and of ICE's own removals and returns, because they tell of the agency's work and ICE's removals
and returns are a part of those read; removals by criminality, which begin in FY2019 and tell
nothing of migration; the four of CBP One appointments and of paroles of Cubans, Haitians,
Nicaraguans and Venezuelans, which are regular ways of entry, in months since 2023 only; and the
table of contents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import unquote, urlsplit

import polars as pl

from fcm_migration.catalog.licences import US_PUBLIC_DOMAIN
from fcm_migration.catalog.model import Cadence
from fcm_migration.errors import LayoutError
from fcm_migration.http import Request, resolve_links
from fcm_migration.periods import MONTHS
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
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.us_ohss.monthly_grid import read_grid
from fcm_migration.sources.us_ohss.monthly_layouts import LEFT_OUT, SHEETS
from fcm_migration.sources.us_ohss.monthly_rows import (
    GRID,
    refuse_other_ends,
    refuse_other_totals,
    sheet_rows,
)
from fcm_migration.sources.us_ohss.monthly_tables import (
    ADMINISTRATIVE_RETURNS,
    ALL,
    CREDIBLE_FEAR,
    ENFORCEMENT_RETURNS,
    EXPULSIONS,
    NATIONWIDE,
    REFERRED,
    REMOVALS,
    REPATRIATIONS,
    REPATRIATIONS_TOTAL,
    SOUTHWEST,
)
from fcm_migration.workbook import Sheet, read_workbook

LANDING = "https://ohss.dhs.gov/topics/immigration/enforcement/legal-processes-monthly-tables"
STEM = "immigration-enforcement-and-legal-processes-tables"
TABLES = (REPATRIATIONS, CREDIBLE_FEAR)
# 2024_1206_ohss_..., and 24-1011_ohss_... until October 2024.
DATED = re.compile(r"^(?:20)?(\d{2})[-_](\d{2})(\d{2})[-_]ohss", re.IGNORECASE)
DATA_MONTH = re.compile(rf"-({'|'.join(MONTHS)})-(\d{{4}})(?:_(\d{{1,2}}))?\.xlsx$", re.IGNORECASE)

OF_TYPE: Mapping[str, str] = {
    REPATRIATIONS_TOTAL: "repatriations",
    REMOVALS: "removals",
    ENFORCEMENT_RETURNS: "enforcement_returns",
    ADMINISTRATIVE_RETURNS: "administrative_returns",
    EXPULSIONS: "title_42_expulsions",
}
BY_ORIGIN = (REMOVALS, ENFORCEMENT_RETURNS, ADMINISTRATIVE_RETURNS)
OF_RESULT: Mapping[str, str] = {
    ALL: "credible_fear_completed",
    "Positive Fear": "credible_fear_positive",
    "Negative Fear": "credible_fear_negative",
    "Administrative Closure": "credible_fear_closures",
}
REFERRALS = "credible_fear_referrals"
ROUTES: Mapping[str, str] = {NATIONWIDE: "all", SOUTHWEST: "southwest_land_border"}


def fetch(get: Get) -> Fetched:
    """Find the workbook with the newest data that the landing page links to, and get it."""
    page = get(Request(LANDING, expect="html"))
    links = resolve_links(page.path.read_text(errors="replace"), page.final_url)
    ages = {link.href: _age(link.href) for link in links if STEM in link.href.lower()}
    newest = max((age for age in ages.values() if age is not None), default=None)
    found = sorted(href for href, age in ages.items() if age is not None and age == newest)
    if len(found) != 1:
        raise LayoutError(
            "the landing page does not link to one workbook with newer data than all others",
            where=LANDING,
            expected=f"an .xlsx link with {STEM}-MONTH-YEAR, of several the newest",
            got=found or f"none among {len(links)} links",
            remedy="obtain the workbook by hand and run: fcm ingest us_ohss_monthly FILE",
        )
    response = get(Request(found[0], expect="xlsx", min_bytes=100_000))
    return Fetched((FetchedFile(_name(found[0]), response),))


def _name(href: str) -> str:
    return unquote(urlsplit(href).path).rsplit("/", 1)[-1]


def _age(href: str) -> tuple[int, date, int] | None:
    """Return a workbook's sort key: last month of the data, day in its name, its repetition.

    Months are counted from year 0; None for a link to anything else.
    """
    name = _name(href)
    data = DATA_MONTH.search(name)
    if data is None:
        return None
    month = int(data[2]) * 12 + MONTHS.index(data[1].title())
    return month, _day(name) or date.min, int(data[3] or -1)


def _day(name: str) -> date | None:
    found = DATED.match(name)
    if found is None:
        return None
    try:
        return date(2000 + int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the nine sheets into the two tables.

    Raises:
        LayoutError: there are several files, or a sheet, its title, columns, years, months, marks,
            rounding or sums are not what the publisher has always sent.
    """
    file = only_file(files)
    return from_sheets(read_workbook(file), file.name)


def from_sheets(workbook: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn the workbook's texts into tables; ``where`` is the file's name, for messages."""
    if missing := sorted(set(SHEETS) - set(workbook)):
        raise LayoutError(
            "sheets are missing",
            where=where,
            expected=sorted(SHEETS),
            got=sorted(workbook),
            lacks=missing,
        )
    read = {
        name: sheet_rows(read_grid(workbook[name], layout.title), layout, f"sheet {name!r}")
        for name, layout in SHEETS.items()
    }
    refuse_other_ends(read, where)
    refuse_other_totals(read, where)
    tables = {
        table.name: pl.concat(
            [
                read[name].frame(table)
                for name, layout in SHEETS.items()
                if layout.table == table.name
            ]
        )
        for table in TABLES
    }
    marks = {"X": sum(rows.not_applicable for rows in read.values())}
    named = {name: rows.labels for name, rows in read.items() if SHEETS[name].columns is None}
    unknown = sorted(set(workbook) - set(SHEETS) - LEFT_OUT)
    return Parsed(
        tables,
        {mark: count for mark, count in marks.items() if count},
        notes=(f"Sheets not read and not known: {', '.join(unknown)}.",) if unknown else (),
        layout=(
            *(f"sheet {name}" for name in sorted(workbook)),
            *(f"{name}: {label}" for name, labels in named.items() for label in sorted(labels)),
        ),
    )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return monthly figures of repatriations and screenings, in all and by citizenship.

    The rest of the citizenships is one origin, which changes with the ten that are named. Finer
    types and the agency of arrest stay in core. A figure that is not applicable is left out.
    """
    return pl.concat([_repatriations(tables), _screenings(tables)])


def _repatriations(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    core = tables[REPATRIATIONS.name]
    by_type = core.filter(
        pl.col("breakdown") == "type", pl.col("repatriation_type").is_in(list(OF_TYPE))
    )
    by_citizenship = core.filter(pl.col("breakdown") == "citizenship", pl.col("citizenship") != ALL)
    figures = pl.concat([by_type, by_citizenship]).drop_nulls("repatriations_events")
    indicator = pl.col("repatriation_type").replace_strict(OF_TYPE, return_dtype=pl.String)
    return draft(
        figures,
        indicator=indicator,
        destination_iso3="USA",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("repatriations_events"),
        origin_label=_origin(),
        rounding=GRID,
    )


def _screenings(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    core = tables[CREDIBLE_FEAR.name]
    completed = pl.col("result").replace_strict(OF_RESULT, return_dtype=pl.String)
    is_referral = pl.col("stage") == REFERRED
    return draft(
        core,
        indicator=pl.when(is_referral).then(pl.lit(REFERRALS)).otherwise(completed),
        destination_iso3="USA",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("screenings_cases"),
        origin_label=_origin(),
        route=pl.col("region").replace_strict(ROUTES, return_dtype=pl.String),
        rounding=GRID,
    )


def _origin() -> pl.Expr:
    citizenship = pl.col("citizenship")
    return pl.when(citizenship == ALL).then(pl.lit(TOTAL)).otherwise(citizenship)


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Return the day the file's name begins with ("2024_1206_ohss_..."), None where it has none.

    A workbook may have been saved some days later: that of 8 November 2024 was on the 14th.
    """
    return _day(only_file(files).name)


SOURCE = Source(
    source_id="us_ohss_monthly",
    title="US removals, returns, expulsions and credible fear screenings by month",
    publisher="US Department of Homeland Security, Office of Homeland Security Statistics",
    landing_url=LANDING,
    hosts=frozenset({"ohss.dhs.gov"}),
    licence=US_PUBLIC_DOMAIN,
    cadence=Cadence(
        "no release known since January 2025; looked at monthly",
        "17 6 2 * *",
        None,
        lag_days=98,
        discontinued_since="January 2025",
    ),
    revision_habit="The whole history is released again each time, for the ten citizenships that "
    "lead by then. The newest months grow most (removals of July 2024 by 6 % within a month); "
    "those of earlier fiscal years change by up to 40.",
    tables=TABLES,
    module=__name__,
    country_scheme="us_dhs",
    absent_is_zero=False,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(
        *(
            Offer("USA", indicator, "M", by_origin=repatriation_type in BY_ORIGIN)
            for repatriation_type, indicator in OF_TYPE.items()
        ),
        Offer("USA", REFERRALS, "M", by_origin=True),
        *(Offer("USA", indicator, "M") for indicator in OF_RESULT.values()),
    ),
    release_date=release_date,
    by_hand=f"Open {LANDING} and take the newest workbook (its name ends in MONTH-YEAR.xlsx); hand "
    "it over unchanged and under its own name, which begins with the day of release.",
    # Repatriations and screenings follow what is enforced and agreed, not who comes.
    is_modelled=False,
)
