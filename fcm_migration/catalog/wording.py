"""How figures are named in a sentence that is read out: measures, routes, places and countries.

Codes stay in the tables; here stands what a reader says instead. ``measure_words`` begins a
sentence, so it is capitalised; every other phrase goes into the middle of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

TOTAL = "total"
ALL = "all"
# Countries and other origins whose English name takes an article within a sentence.
WITH_ARTICLE = frozenset(
    (
        *("ARE", "ASM", "BHS", "CAF", "COD", "COG", "COK", "COM", "CYM", "DOM", "FLK", "FRO"),
        *("GBR", "GMB", "MDV", "MHL", "MNP", "NLD", "PHL", "SLB", "SYC", "TCA", "UMI", "USA"),
        *("VAT", "VGB", "VIR", "channel_islands", "eu", "former_german_democratic_republic"),
        *("former_netherlands_antilles", "former_soviet_union", "northern_cyprus"),
    )
)


@dataclass(frozen=True)
class Measure:
    """A measure in words.

    Attributes:
        noun: what is counted, capitalised.
        where: the destination, where the noun does not name it; ``{in_}`` stands for "in Canada".
        origin: how the origin is joined; ``{origin}`` stands for its name.
        place: how a place is joined; ``{place}`` stands for the publisher's name of it.
        has_routes: False where the noun names the only route.
    """

    noun: str
    where: str = " {in_}"
    origin: str = " of people from {origin}"
    place: str = " in {place}"
    has_routes: bool = True


MEASURES = {
    "border_encounters": Measure("US Border Patrol encounters", "", place=" in the {place} sector"),
    "land_border_encounters": Measure("US encounters", "", place=" by the {place}"),
    "nationwide_encounters": Measure("US border encounters", "", place=" by the {place}"),
    "small_boat_arrivals": Measure("Small-boat arrivals", has_routes=False),
    "irregular_arrivals": Measure("Irregular arrivals detected"),
    "irregular_maritime_arrivals": Measure("Irregular arrivals by boat"),
    "maritime_returns": Measure("People on boats that Australia turned back or returned", ""),
    "asylum_claims": Measure("Asylum claims", origin=" by people from {origin}"),
    "claims_referred": Measure(
        "Claims referred to the Refugee Protection Division", origin=" by people from {origin}"
    ),
    "protection_applications": Measure(
        "Onshore protection applications", origin=" by people from {origin}"
    ),
    "asylum_applications_monthly": Measure(
        "Asylum applications", origin=" by people from {origin}"
    ),
    "asylum_applications_new": Measure(
        "New asylum applications", origin=" by people from {origin}"
    ),
    "asylum_applicants_first_time": Measure(
        "First-time asylum applicants", origin=" from {origin}"
    ),
    "eu_border_detections": Measure("Detections at the EU's external borders", ""),
    "transit_entries": Measure("Irregular entries"),
}
# A route in words takes the place of the destination where it names that too.
ROUTES = {
    "southwest_land_border": " at the southwest land border",
    "northern_land_border": " at the northern land border",
    "coastal_border": " at the coastal borders",
    "other": " away from the land borders",
    "english_channel": " {in_} across the English Channel",
    "air_arrivals": " {in_} by air",
    "detected_at_port": " {in_} at ports",
    "detected_inland": " inland {in_}",
    "sea": "",
    "airport": " at {whose} airports",
    "land_border": " at {whose} land border",
    "inland": " at offices within {destination}",
    "other_office": " at other offices in {destination}",
    "darien": " {in_} through the Darién",
}
# The noun where all routes of a measure are meant, and it alone does not say so.
NATIONWIDE = {"nationwide_encounters": "Nationwide US border encounters"}


def country_names(countries: pl.DataFrame) -> dict[str, str]:
    """Return the names of ``meta.countries``, or of the reviewed list it is made of, by code."""
    return dict(countries.select("country_code", "country_name").iter_rows())


def country_words(code: str, names: Mapping[str, str]) -> str:
    """Return the name of a country or other origin as it stands within a sentence.

    Args:
        code: code of ``meta.countries``.
        names: names by code, from that table; a code without one stands for itself.
    """
    name = names.get(code, code)
    return f"the {name}" if code in WITH_ARTICLE else name


def measure_words(
    indicator: str,
    *,
    destination: str,
    origin: str,
    route: str,
    place: str,
    names: Mapping[str, str],
) -> str:
    """Return what a series counts, as the beginning of a sentence.

    Args:
        indicator: a watched indicator.
        destination: code of the country people come to.
        origin: code of the country they come from, or ``total``.
        route: route or office, or ``all``.
        place: place or component in the publisher's words, or ``all``.
        names: names of countries by code.

    An indicator or a route without words of its own is named by its code, spelled out.
    """
    measure = MEASURES.get(indicator, Measure(_spelled(indicator).capitalize()))
    country = country_words(destination, names)
    whose = f"{country}'" if country.endswith("s") else f"{country}'s"
    noun, where = measure.noun, measure.where
    if route == ALL:
        noun = NATIONWIDE.get(indicator, noun)
    elif measure.has_routes:
        where = ROUTES.get(route, f" on the {_spelled(route)} route")
    said = where.format(in_=f"in {country}", destination=country, whose=whose)
    from_ = "" if origin == TOTAL else measure.origin.format(origin=country_words(origin, names))
    at = "" if place == ALL else measure.place.format(place=place)
    return f"{noun}{said}{at}{from_}"


def _spelled(code: str) -> str:
    return code.replace("_", " ")
