"""CBP's nationwide files: the publisher's columns and labels, and the core tables.

One table for each file, and one of what both files say, so that either of them is enough for the
nation by citizenship.
"""

from __future__ import annotations

from fcm_migration.catalog.model import Column, Table
from fcm_migration.sources.us_cbp.windows import GROUPS, TIME

REGIONS = {
    "Southwest Land Border": "southwest_land_border",
    "Northern Land Border": "northern_land_border",
    "Other": "other",
}
# The publisher's labels and ours, of the two files and of each alone.
SHARED = {
    "Fiscal Year": "fiscal_year",
    "Month Grouping": "month_grouping",
    "Month (abbv)": "month",
    "Land Border Region": "land_border_region",
    "Demographic": "demographic",
    "Citizenship": "citizenship",
    "Title of Authority": "title_of_authority",
    "Encounter Count": "encounters_events",
}
AREA_COLUMNS = SHARED | {
    "Component": "component",
    "Area of Responsibility": "area_of_responsibility",
    "AOR (Abbv)": "area_abbreviation",
    "Encounter Type": "encounter_type",
}
STATE_COLUMNS = SHARED | {"State": "state"}

REGION = Column(
    "land_border_region",
    "string",
    "Border region; Other is air and sea ports and the coast.",
    allowed=tuple(REGIONS),
)
WHO = (
    Column(
        "demographic",
        "string",
        "Family status in CBP's words; unaccompanied children have been called UC / Single "
        "Minors, UC and UAC.",
        allowed=tuple(GROUPS),
    ),
    Column("citizenship", "string", "Citizenship in CBP's words, in capitals; OTHER is the rest."),
    Column(
        "title_of_authority",
        "string",
        "Legal authority: Title 8, or Title 42 (March 2020 to May 2023).",
        allowed=("Title 8", "Title 42"),
    ),
)
ENCOUNTERS = Column("encounters_events", "integer", "Encounters.", unit="events", minimum=0)
CAVEATS = (
    "Events, not persons; a combination that is absent counts zero.",
    "Each release holds four fiscal years; older years come from older releases.",
    "The southwest border is also in us_cbp_sbo: never add the two.",
)
AREAS = Table(
    "core",
    "us_cbp_nationwide",
    "US encounters nationwide by calendar month and area of responsibility.",
    "month, component, region, area of responsibility, demographic, citizenship, title of "
    "authority and encounter type",
    (
        *TIME,
        Column(
            "component",
            "string",
            "Who encountered: Border Patrol between ports, Field Operations at ports of entry.",
            allowed=("Office of Field Operations", "U.S. Border Patrol"),
        ),
        REGION,
        Column(
            "area_of_responsibility",
            "string",
            "Field office or sector; a field office can lie in two regions.",
        ),
        Column("area_abbreviation", "string", "CBP's short name of the area."),
        *WHO,
        Column(
            "encounter_type",
            "string",
            "Kind of encounter.",
            allowed=("Apprehensions", "Expulsions", "Inadmissibles"),
        ),
        ENCOUNTERS,
    ),
    (
        "month_start_date",
        "component",
        "land_border_region",
        "area_of_responsibility",
        "demographic",
        "citizenship",
        "title_of_authority",
        "encounter_type",
    ),
    source_id="us_cbp_nationwide",
    caveats=CAVEATS,
    period="month_start_date",
)
STATES = Table(
    "core",
    "us_cbp_nationwide_states",
    "US encounters nationwide by calendar month and state.",
    "month, region, state, demographic, citizenship and title of authority",
    (
        *TIME,
        REGION,
        Column("state", "string", "State or territory, two letters; empty where none is given."),
        *WHO,
        ENCOUNTERS,
    ),
    (
        "month_start_date",
        "land_border_region",
        "state",
        "demographic",
        "citizenship",
        "title_of_authority",
    ),
    source_id="us_cbp_nationwide",
    caveats=(
        *CAVEATS,
        "The same encounters as us_cbp_nationwide, without component and type: never add the two.",
        "Rows that the file repeats for one key are added up here.",
    ),
    period="month_start_date",
)
NATION = Table(
    "core",
    "us_cbp_nationwide_citizenships",
    "US encounters nationwide by calendar month and citizenship, from either file of a release.",
    "month, region, demographic, citizenship and title of authority",
    (*TIME, REGION, *WHO, ENCOUNTERS),
    (
        "month_start_date",
        "land_border_region",
        "demographic",
        "citizenship",
        "title_of_authority",
    ),
    source_id="us_cbp_nationwide",
    caveats=(
        *CAVEATS,
        "Sums of the file by area of responsibility or, where a release has none, of the one by "
        "state: the same encounters as in their own tables, never to be added to them.",
    ),
    period="month_start_date",
)
