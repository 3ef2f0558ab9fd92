"""Frontex's detections: routes in its words and ours, its months, and the core table."""

from __future__ import annotations

import re
from datetime import date, timedelta

from fcm_migration.catalog.model import Column, Table
from fcm_migration.periods import MONTHS

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
MONTH = re.compile(r"([A-Z]{3}) ?(20\d{2})")
EXCEL_EPOCH = date(1899, 12, 30)
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
        Column(
            "detections_events",
            "integer",
            "Detections; null where the publisher's cell is blank.",
            unit="events",
            nullable=True,
            minimum=1,
        ),
    ),
    (*NAMES, "month_start_date"),
    source_id="frontex_ibc",
    caveats=(
        "Detections, not persons: one person may be detected several times and on several routes.",
        "An absent month counts zero: the file prints zeros, and they are left out here. A blank "
        "cell is unknown and has a row without a figure.",
        "The United Kingdom's border and the Channel are not in it.",
        "The publisher revises any month: December 2023 fell by a fifth.",
    ),
    period="month_start_date",
)


def month_of(label: str) -> date | None:
    """Return the first day of a month printed as JAN2009, as a date or as an Excel day number."""
    if (printed := MONTH.fullmatch(label)) is not None:
        names = [month[:3].upper() for month in MONTHS]
        return (
            date(int(printed[2]), names.index(printed[1]) + 1, 1) if printed[1] in names else None
        )
    try:
        day = (
            EXCEL_EPOCH + timedelta(days=int(label))
            if re.fullmatch(r"[34]\d{4}", label)
            else date.fromisoformat(label)
        )
    except ValueError:
        return None
    return day if day.day == 1 else None
