"""Border Patrol encounters: the sheets' breakdowns, labels in DHS's words and ours, core tables."""

from __future__ import annotations

from fcm_migration.catalog.model import Column, Table

ALL = "All"
# Sheet name after "Monthly " or "Annual " -> breakdown and the columns between time and quantity.
BREAKDOWNS: dict[str, tuple[str, tuple[str, ...]]] = {
    "Count": ("count", ()),
    "Citizenship": ("citizenship", ("citizenship",)),
    "Region": ("region", ("region",)),
    "Family Status": ("family_status", ("family_status",)),
    "Sector": ("sector", ("sector",)),
    "Rgn and Citp": ("region_citizenship", ("region", "citizenship")),
    "Rgn and Fam Status": ("region_family_status", ("region", "family_status")),
    "Rgn and Sector": ("region_sector", ("region", "sector")),
}
LABELS = {
    "region": "Region",
    "citizenship": "Citizenship",
    "family_status": "Family Status",
    "sector": "Sector",
}
ROUTES = {
    ALL: "all",
    "Southwest Land Border": "southwest_land_border",
    "Northern Land Border": "northern_land_border",
    "Coastal Border": "coastal_border",
}
GROUPS = {
    ALL: "all",
    "Single Adults": "single_adults",
    "Family Unit Individuals": "family_units",
    "Unaccompanied Children": "unaccompanied_children",
}
BREAKDOWN = Column(
    "breakdown",
    "string",
    "Sheet family the row is from; 'count' is the publisher's own total.",
    allowed=tuple(name for name, _ in BREAKDOWNS.values()),
)
FISCAL_YEAR = Column(
    "fiscal_year",
    "integer",
    "US federal fiscal year: October of the year before to September.",
    minimum=1999,
    maximum=2100,
)
MONTH_START = Column("month_start_date", "date", "First day of the calendar month.")
DIMENSIONS = (
    Column(
        "region", "string", "Border region; All where not broken down by it.", allowed=tuple(ROUTES)
    ),
    Column("citizenship", "string", "Citizenship as DHS names it; All where not broken down."),
    Column(
        "family_status",
        "string",
        "Family status; All where not broken down. Family units are shown from FY2012, "
        "unaccompanied children from FY2008; before, single adults include them.",
        allowed=tuple(GROUPS),
    ),
    Column("sector", "string", "Border Patrol sector; All where not broken down by it."),
)
ENCOUNTERS = Column(
    "encounters_events",
    "integer",
    "Encounters (apprehensions, and Title 42 expulsions from March 2020 to May 2023).",
    unit="events",
    minimum=0,
)
CAVEATS = (
    "Each figure is rounded to 10 by the publisher, so parts do not sum exactly to wholes.",
    "A combination that is absent counts, or rounds to, zero.",
)
NAMES = tuple(LABELS)
MONTHLY = Table(
    "core",
    "us_ohss_usbp_monthly",
    "US Border Patrol encounters by calendar month.",
    "breakdown, month and the categories of the breakdown",
    (BREAKDOWN, FISCAL_YEAR, MONTH_START, *DIMENSIONS, ENCOUNTERS),
    ("breakdown", "month_start_date", *NAMES),
    source_id="us_ohss_usbp",
    caveats=CAVEATS,
    period="month_start_date",
)
ANNUAL = Table(
    "core",
    "us_ohss_usbp_annual",
    "US Border Patrol encounters by fiscal year, as the annual sheets print them.",
    "breakdown, fiscal year and the categories of the breakdown",
    (BREAKDOWN, FISCAL_YEAR, *DIMENSIONS, ENCOUNTERS),
    ("breakdown", "fiscal_year", *NAMES),
    source_id="us_ohss_usbp",
    caveats=(*CAVEATS, "The year running at release holds only the months so far."),
    period="fiscal_year",
    partial="is_partial",
)
