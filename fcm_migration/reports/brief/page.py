"""The page of a brief: what was read, put into sentences and tables by templates."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fcm_migration.catalog.wording import country_words
from fcm_migration.marts.splices import SPLICES
from fcm_migration.publish.query import Connection
from fcm_migration.reports.brief.drawing import (
    awaiting_figure,
    main_figure,
    recognised_figure,
    sparklines,
)
from fcm_migration.reports.brief.evidence import (
    boats_figure,
    emerging_figure,
    other_figure,
    policy_ranges,
    share_bars,
    year_figure,
)
from fcm_migration.reports.brief.reading import (
    Country,
    Rows,
    country_names,
    read_countries,
)
from fcm_migration.reports.charts.labels import listed
from fcm_migration.reports.pages import Row, publisher, rendered, style

HERE = "fcm_migration.reports.brief"
SPLICED = frozenset(splice.source_id for splice in SPLICES)
MOST_POLICIES = 7
MOST_CHANGES = 3
APPLICATIONS = "asylum_applications_new"
RATES = f"""
SELECT * FROM main.newest_figures WHERE indicator = '{APPLICATIONS}' AND unit = 'persons'
ORDER BY destination
"""  # noqa: S608 (of a constant)
MOST_EACH_WAY = 2  # rises, and falls, of a country on the page of all


@dataclass(frozen=True)
class Age:
    """Sources of one publisher with the same age, in a row of the banner."""

    publisher: str
    titles: str
    row: Row


@dataclass(frozen=True)
class Cited:
    """Sources of one publisher and licence, in a row of the table to cite from."""

    row: Row
    sources: Rows


def brief_page(connection: Connection, codes: Collection[str], *, is_all: bool) -> str:
    """Return the HTML of a brief.

    Args:
        connection: the edition.
        codes: of the countries; the first alone where ``is_all`` is false.
        is_all: whether to compare the countries on one page.

    Raises:
        EditionError: the edition was made before there were briefs.
        UsageError: the edition has no figure of these countries.
    """
    countries = read_countries(connection, codes)
    edition = connection.edition
    known = dict(connection.sql("SELECT source_id, publisher FROM meta.sources").iter_rows())
    shared = {
        "edition": edition,
        "published": edition.published_at.date(),
        "style": style(),
        "known": known,
    }
    if is_all:
        return rendered(HERE, "all.html", **shared, **_all(connection, countries, codes))
    return rendered(HERE, "country.html", **shared, **_one(connection, countries[0], known))


def _one(connection: Connection, country: Country, known: Mapping[str, str]) -> dict[str, Any]:
    policies = country.policies[:MOST_POLICIES]
    return _figures(connection, country, known) | {
        "country": country,
        "ages": ages(country.shown_sources),
        "cited": cited(country.shown_sources),
        "other_count": _other_count(country),
        "counting_rule": next(
            row["counting_rule"]
            for row in country.definitions
            if row["indicator"] == country.main["indicator"]
        ),
        "total": next(iter(country.year_total), None),
        "by_year": _years_beside(country),
        "other_notes": _changes_of(country, country.other_yearly),
        "by_origin": [row for row in country.recognition if row["place"] > 0],
        "policies": policies,
        "changes_shown": MOST_CHANGES,
        "grouped": [
            (rows[0], rows)
            for rows in (
                [row for row in policies if row["policy_id"] == name]
                for name in dict.fromkeys(row["policy_id"] for row in policies)
            )
        ],
        "ranges": policy_ranges(policies),
        "ahead": _ahead(country.forecast_record),
        "years": country.protection_years[-10:],
        "records": _records(country.alert_record, known),
        "horizons": _horizons(country.forecast_record),
    }


def _figures(connection: Connection, country: Country, known: Mapping[str, str]) -> dict[str, Any]:
    """Return the drawings of a country's page by the name its template has for them."""
    halves = (awaiting_figure(connection, country), recognised_figure(country))
    return {
        "main": main_figure(connection, country),
        "halves": [one for one in halves if one is not None],
        "sparks": sparklines(
            connection,
            country.corridors,
            lambda row: f"{row['what_is_counted']}, {row['origin']} to {row['destination']}",
        ),
        "emerging": emerging_figure(connection, country),
        "year": year_figure(country, publisher(country.main, known)),
        "other": other_figure(country, _publisher_of(country.other_yearly, known)),
        "boats": boats_figure(connection, country, _publisher_of(country.shown_signs, known)),
        "bars": share_bars(country),
    }


def _publisher_of(rows: Rows, known: Mapping[str, str]) -> str:
    """Return who published the figures of the first row, in words; empty without rows."""
    return publisher(rows[0], known) if rows else ""


def _records(rows: Rows, known: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a row for each kind of figure, with its strong alerts and its others.

    Where two sources have a record of the same kind of figure, it says whose it is: of a series
    spliced from two that both are joined, else who published it.
    """
    sources: dict[str, set[str]] = {}
    for row in rows:
        sources.setdefault(row["what_is_counted"], set()).add(row["source_id"])
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        what, source_id = row["what_is_counted"], row["source_id"]
        whose = ""
        if source_id in SPLICED and len(sources[what]) > 1:
            whose = " (two sources joined)"
        elif len(sources[what] - SPLICED) > 1:
            whose = f" ({known.get(source_id, source_id)})"
        own = found.setdefault(
            (what, source_id), {"what": f"{what}{whose}", "strong": None, "other": None}
        )
        own["strong" if row["is_strong"] else "other"] = row
    return list(found.values())


def _other_count(country: Country) -> Row | None:
    """Return UNHCR's newest applications where the main series is another count of people."""
    if country.main["unit"] != "persons" or country.main["frequency"] == "A":
        return None
    found = (row for row in country.protection if row["indicator"] == APPLICATIONS)
    # of arrivals, applications are no other count
    return next(found, None) if country.main["indicator"] == "asylum_claims" else None


def _changes_of(country: Country, rows: Rows) -> list[str]:
    """Return what changed in the counting of these rows, in words, each change once."""
    counted = {row["indicator"] for row in rows}
    own = [
        row["words"]
        for row in country.counting_changes
        if counted & set(row["indicators"].split(", "))
    ]
    return list(dict.fromkeys(own))


def _years_beside(country: Country) -> list[dict[str, Any]]:
    """Return a row a year, the newest first: what had come by the month, and the whole year."""
    rows = country.year_so_far
    if not rows:
        return []
    newest = max(row["year"] for row in rows)
    month = max(row["month"] for row in rows if row["year"] == newest)
    found = []
    for year in sorted({row["year"] for row in rows}, reverse=True):
        own = {row["month"]: row["year_to_date"] for row in rows if row["year"] == year}
        by, whole = own.get(month), own.get(12)
        now = next(row["year_to_date"] for row in rows
                   if row["year"] == newest and row["month"] == month)  # fmt: skip
        found.append({
            "year": year, "by": by, "whole": whole,
            "change": 100 * (now / by - 1) if by and year != newest else None,
            "share": 100 * by / whole if by is not None and whole else None,
        })  # fmt: skip
    return found


def _all(
    connection: Connection, countries: tuple[Country, ...], codes: Collection[str]
) -> dict[str, Any]:
    names = country_names(connection)
    emerging = {one.code: _both_ways(one.emerging) for one in countries}
    mains = sparklines(connection, [one.main for one in countries], lambda row: row["what"])
    corridors = sparklines(
        connection,
        [row for rows in emerging.values() for row in rows],
        lambda row: f"{row['indicator']}, {row['origin']} to {row['destination']}",
    )
    sources = {row["source_id"]: row for one in countries for row in _sources_of_all(one)}
    found = {one.code for one in countries}
    return {
        "countries": countries,
        "emerging": emerging,
        "sparks": mains | corridors,
        "ahead": {one.code: _ahead(one.forecast_record) for one in countries},
        "cited": cited(sources.values()),
        "rates": connection.sql(RATES).rows(named=True),
        "differs": {one.code: one.why_not_compared.get(APPLICATIONS) for one in countries},
        "definitions": {
            one.code: next(
                row for row in one.definitions if row["indicator"] == one.main["indicator"]
            )
            for one in countries
        },
        "lacking": listed([country_words(code, names) for code in codes if code not in found]),
    }


def _both_ways(emerging: Rows) -> Rows:
    """Return the weightiest rises and falls, in the order of the view."""
    rises = [row for row in emerging if row["is_rise"]][:MOST_EACH_WAY]
    falls = [row for row in emerging if not row["is_rise"]][:MOST_EACH_WAY]
    return (*rises, *falls)


def _sources_of_all(country: Country) -> Rows:
    shown = {country.main["source_id"]} | {row["source_id"] for row in _both_ways(country.emerging)}
    return tuple(row for row in country.sources if row["source_id"] in shown)


def ages(sources: Iterable[Row]) -> list[Age]:
    """Return the banner's rows: sources of one publisher and the same days together."""
    groups: dict[tuple[str, date, date], list[Row]] = {}
    for row in sources:
        key = (row["publisher"], row["counted_to"], row["as_of_date"])
        groups.setdefault(key, []).append(row)
    return [
        Age(key[0], "; ".join(row["title"] for row in rows), rows[0])
        for key, rows in sorted(groups.items(), key=lambda item: item[0][1], reverse=True)
    ]


def cited(sources: Iterable[Row]) -> list[Cited]:
    """Return the sources to cite: those of one publisher and licence together."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in sources:
        key = (row["publisher"], row["licence_title"], row["attribution"])
        groups.setdefault(key, []).append(row)
    return [Cited(rows[0], tuple(rows)) for _, rows in sorted(groups.items())]


def _ahead(rows: Rows) -> Row | None:
    """Return the forecast to say: the first period not over, else the last one forecast."""
    return next((row for row in rows if not row["target_is_over"]), rows[-1] if rows else None)


def _horizons(rows: Rows) -> Rows:
    """Return the rows of the record to show: near, middle and furthest ahead."""
    wanted = {1, 2, 3, 6, 9, 12}
    return tuple(row for row in rows if row["horizon"] in wanted)


__all__ = ["Age", "Cited", "ages", "brief_page", "cited"]
