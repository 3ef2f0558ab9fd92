"""Frontex's detections: routes in its words and ours, and the core table."""

from __future__ import annotations

from datetime import date

from fcm_migration.catalog.model import Column, Table

ROUTES = {
    "Black Sea Route": "black_sea",
    "Central Mediterranean Route": "central_mediterranean",
    "Circular Route from Albania to Greece": "circular_albania_greece",
    "Eastern Borders Route": "eastern_land_borders",
    "Eastern Mediterranean Route": "eastern_mediterranean",
    "Other": "other",
    "Western African Route": "western_african",
    "Western Balkan Route": "western_balkan",
    "Western Mediterranean Route": "western_mediterranean",
}
NAMES = ("route", "border_type", "nationality")
FIRST_MONTH = date(2009, 1, 1)
TABLE = Table(
    "core",
    "frontex_ibc",
    "Detections of illegal border-crossing between border posts by route and nationality.",
    "route, border type, nationality and month with at least one detection",
    (
        Column("route", "string", "Route in Frontex's words.", allowed=tuple(ROUTES)),
        Column(
            "border_type",
            "string",
            "Kind of border where the crossing was detected.",
            allowed=("Inland", "Land", "Sea"),
        ),
        Column(
            "nationality",
            "string",
            "Nationality in Frontex's words; an ISO 3166-1 alpha-3 code in derivative releases.",
        ),
        Column("month_start_date", "date", "First day of the calendar month.", minimum=FIRST_MONTH),
        Column("detections_events", "integer", "Detections.", unit="events", minimum=1),
    ),
    (*NAMES, "month_start_date"),
    source_id="frontex_ibc",
    caveats=(
        "Detections, not persons: one person may be detected several times and on several routes.",
        "An absent month counts zero: every cell of the file is filled, and zeros are left out.",
        "The United Kingdom's border and the Channel are not in it.",
        "The publisher revises any month: December 2023 fell by a fifth.",
    ),
    period="month_start_date",
)
