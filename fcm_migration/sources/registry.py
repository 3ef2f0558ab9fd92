"""The registry of sources: one line each; everything else loops over it."""

from __future__ import annotations

from importlib import import_module

from fcm_migration.errors import UsageError
from fcm_migration.sources.base import Source

MODULES = (
    "us_ohss.usbp",
    "us_ohss.monthly",
    "us_cbp.nationwide",
    "us_cbp.sbo",
    "uk_home_office.asylum_claims",
    "uk_home_office.initial_decisions",
    "uk_home_office.awaiting_decision",
    "uk_home_office.asylum_support",
    "uk_home_office.returns",
    "uk_home_office.irregular_migration",
    "uk_home_office.small_boats",
    "uk_home_office.small_boats_daily_page",
    "ca.ircc_asylum",
    "ca.ircc_asylum_citizenship",
    "ca.irb_claims",
    "au.boat_arrivals",
    "au.osb",
    "au.protection_866",
    "nz.refugee_claims",
    "eurostat.asylum_decisions",
    "eurostat.asylum_monthly",
    "eurostat.asylum_pending",
    "eurostat.temporary_protection",
    "frontex.ibc",
    "iom.darien",
    "iom.missing_migrants",
    "ucdp.ged",
    "unhcr.asylum_applications",
    "unhcr.asylum_decisions",
    "unhcr.countries",
    "unhcr.demographics",
    "unhcr.footnotes",
    "unhcr.monthly",
    "unhcr.nowcasting",
    "unhcr.population",
    "unhcr.solutions",
    "worldbank.population",
)


def _load(name: str) -> Source:
    module = import_module(f"fcm_migration.sources.{name}")
    source: Source = module.SOURCE
    if source.module != module.__name__:
        raise UsageError(
            "a source does not name the module that declares it",
            where=module.__name__,
            expected="module=__name__",
            got=source.module,
        )
    return source


SOURCES: tuple[Source, ...] = tuple(_load(name) for name in MODULES)
