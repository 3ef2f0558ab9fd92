"""The registry of sources: one line each; everything else loops over it."""

from __future__ import annotations

from importlib import import_module

from fcm_migration.sources.base import Source

MODULES = (
    "us_ohss_usbp",
    "us_cbp_nationwide",
    "us_cbp_sbo",
    "uk_asylum_claims",
    "uk_irregular_migration",
    "uk_small_boats",
    "uk_small_boats_daily_page",
    "ca_ircc_asylum",
    "ca_ircc_asylum_citizenship",
    "ca_irb_claims",
    "au_boat_arrivals",
    "au_osb",
    "au_protection_866",
    "nz_refugee_claims",
    "eurostat_asylum_decisions",
    "eurostat_asylum_monthly",
    "frontex_ibc",
    "iom_darien",
    "iom_missing_migrants",
    "ucdp_ged",
    "unhcr_asylum_applications",
    "unhcr_asylum_decisions",
    "unhcr_countries",
    "unhcr_demographics",
    "unhcr_footnotes",
    "unhcr_monthly",
    "unhcr_nowcasting",
    "unhcr_population",
    "unhcr_solutions",
)


def _load(name: str) -> Source:
    source: Source = import_module(f"{__name__}.{name}").SOURCE
    return source


SOURCES: tuple[Source, ...] = tuple(_load(name) for name in MODULES)
