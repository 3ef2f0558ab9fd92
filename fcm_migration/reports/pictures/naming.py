"""Series in words: what is counted, whom, where, in which unit, and who published it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.marts.places import COUNTRIES, FILE
from fcm_migration.marts.splices import SPLICES
from fcm_migration.refresh.context import Context
from fcm_migration.reports.charts.labels import PERIOD, capitalised

ALL = ("all", "total")
NOWHERE = "none"  # destination of what is counted on a route
# what reads badly with its underscores taken out
SHORT = {
    "asylum_applications_new": "new asylum applications",
    "asylum_applications_new_cases": "new asylum applications in cases",
    "asylum_decisions_recognized": "asylum decisions that recognise a refugee",
    "asylum_decisions_recognized_cases": "asylum decisions that recognise a refugee, in cases",
    "asylum_decisions_total": "asylum decisions",
    "asylum_decisions_total_cases": "asylum decisions in cases",
    "asylum_seekers_pending": "asylum-seekers awaiting a decision",
    "asylum_awaiting_decision": "people awaiting an initial asylum decision",
    "asylum_awaiting_decision_cases": "asylum claims awaiting an initial decision",
    "asylum_initial_decisions": "initial asylum decisions",
    "asylum_support": "people receiving asylum support",
    "border_encounters": "Border Patrol encounters",
    "nationwide_encounters": "encounters nationwide",
    "conflict_events": "events of organised violence",
    "conflict_deaths": "deaths in organised violence",
    "eu_border_detections": "detections at the external border of the European Union",
}
ROUTES = {"english_channel": "English Channel", "darien": "Darién"}
UNITS = {"persons": "people"}
KINDS = {item.indicator: item.kind for item in INDICATORS}
WHOLE_ROUTE = {item.indicator: item.total_route for item in INDICATORS}
Names = Mapping[str, str]


def country_names(context: Context) -> dict[str, str]:
    """Return the names of countries by code, from the reviewed list."""
    listed = read_declared(context.reference(FILE), COUNTRIES)
    return dict(listed.select("country_code", "country_name").iter_rows())


def indicator_words(indicator: str) -> str:
    """Return a short name of an indicator: small boat arrivals."""
    return SHORT.get(indicator, indicator.replace("_", " "))


def title_of(row: Mapping[str, Any], names: Names) -> str:
    """Return what a series counts, in words.

    Args:
        row: has the dimensions of ``mart.series``.
        names: of countries, by code; a code that is not in it stands for itself.
    """
    destination, origin = str(row["destination_iso3"]), str(row["origin_iso3"])
    parts = [capitalised(indicator_words(row["indicator"]))]
    if destination != NOWHERE:
        parts.append(named(destination, names))
    if origin not in ALL:
        parts.append(f"from {named(origin, names)}")
    return ", ".join([*parts, *details(row)])


def corridor(row: Mapping[str, Any], names: Names) -> str:
    """Return whose figures a series are: Somalia to United Kingdom, land border."""
    origin = str(row["origin_iso3"])
    whose = "All origins" if origin in ALL else named(origin, names)
    return ", ".join([f"{whose} to {named(str(row['destination_iso3']), names)}", *details(row)])


def named(code: str, names: Names) -> str:
    """Return the name of a country or of another code."""
    return names.get(code, code.replace("_", " "))


def details(row: Mapping[str, Any]) -> list[str]:
    """Return route, place and group in words, without those that an indicator implies."""
    found = []
    for name in ("route", "place", "population_group"):
        value = row.get(name)
        is_implied = name == "route" and value == WHOLE_ROUTE.get(row["indicator"])
        if value is not None and value not in ALL and not is_implied:
            found.append(ROUTES.get(value, str(value).replace("_", " ")))
    return found


def unit_words(row: Mapping[str, Any]) -> str:
    """Return a unit with its period: people a month; of a stock: people at the end of the year."""
    unit = UNITS.get(str(row["unit"]), str(row["unit"]))
    period = PERIOD.get(str(row["frequency"]), "period")
    is_stock = KINDS.get(str(row["indicator"])) == "stock"
    return f"{unit} at the end of the {period}" if is_stock else f"{unit} a {period}"


def sources_behind(row: Mapping[str, Any]) -> list[str]:
    """Return the sources of a series: its own, or those of the two it is spliced from."""
    source, series = str(row["source_id"]), str(row["series_id"])
    for splice in SPLICES:
        if splice.series_id() == series:
            return sorted({part.partition("/")[0] for part in (splice.earlier, splice.later)})
    return [source]


def publishers(row: Mapping[str, Any], known: Mapping[str, str]) -> str:
    """Return who published a series' figures, in words; ``known`` is by source."""
    return " and ".join(dict.fromkeys(known.get(name, name) for name in sources_behind(row)))


def source_publishers(source_id: str, known: Mapping[str, str]) -> str:
    """Return who published a source's figures, in words; of series spliced from two, both."""
    parts = {
        part.partition("/")[0]
        for splice in SPLICES
        if splice.source_id == source_id
        for part in (splice.earlier, splice.later)
    }
    names = sorted(parts) or [source_id]
    return " and ".join(dict.fromkeys(known.get(name, name) for name in names))


def known_publishers(context: Context) -> dict[str, str]:
    """Return the publisher of each source of the registry."""
    return {source.source_id: source.publisher for source in context.sources}
