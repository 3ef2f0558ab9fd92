"""Columns that several tables share, each declared once."""

from __future__ import annotations

from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.catalog.model import Column

FIVE = ("AUS", "CAN", "GBR", "NZL", "USA")
ORIGIN_CLASSES = ("country", "total", "stateless", "unknown", "other", "former_state", "territory")
ROUTES = (
    "all",
    "southwest_land_border",
    "northern_land_border",
    "coastal_border",
    "english_channel",
    "airport",
    "land_border",
    "inland",
    "other_office",
    "between_ports",
    "ports_of_entry",
    "air_arrivals",
    "detected_at_port",
    "detected_inland",
    "sea",
    "central_mediterranean",
    "eastern_mediterranean",
    "western_mediterranean",
    "western_african",
    "western_balkan",
    "eastern_land_borders",
    "black_sea",
    "circular_albania_greece",
    "darien",
    "other",
)
UNITS = ("persons", "events", "cases", "boats", "deaths", "applications")
POPULATION_GROUPS = (
    "all",
    "single_adults",
    "family_units",
    "unaccompanied_children",
    "accompanied_minors",
    "main_applicants",
    "dependants",
)

# the identity of a series: series_id joins their values by /
SERIES_DIMENSIONS = (
    "source_id",
    "indicator",
    "destination_iso3",
    "origin_iso3",
    "route",
    "place",
    "population_group",
    "frequency",
)

SOURCE_ID = Column("source_id", "string", "Dataset the figure comes from; see meta.sources.")
INDICATOR = Column(
    "indicator",
    "string",
    "Harmonised measure; meta.indicators says unit, counting rule and comparability.",
    allowed=tuple(item.indicator for item in INDICATORS),
)
UNIT = Column(
    "unit",
    "string",
    "What is counted; figures of different units are never added.",
    allowed=UNITS,
)
DESTINATION = Column(
    "destination_iso3",
    "string",
    "Country of arrival or claim (ISO 3166-1 alpha-3), or in lower case: all for every destination "
    "UNHCR reports together, eu for the European Union together (Eurostat) or its external border "
    "(Frontex), none where a figure is of no destination (conflict, deaths on a route).",
    pattern=r"^([A-Z]{3}|all|eu|none)$",
)
ORIGIN = Column(
    "origin_iso3",
    "string",
    "Country of citizenship or origin (ISO 3166-1 alpha-3; XKX for Kosovo), or in lower case an "
    "explicit non-country class: total, stateless, unknown, other ...",
    pattern=r"^([A-Z]{3}|[a-z_]+)$",
)
ORIGIN_CLASS = Column(
    "origin_class",
    "string",
    "Whether origin_iso3 is a country or which kind of non-country label the publisher used.",
    allowed=ORIGIN_CLASSES,
)
ROUTE = Column("route", "string", "Way of entry or claim; 'all' is every way.", allowed=ROUTES)
PLACE = Column("place", "string", "Sector, province or port type in the publisher's words, or all.")
POPULATION_GROUP = Column(
    "population_group", "string", "Family status where published.", allowed=POPULATION_GROUPS
)
FREQUENCY = Column(
    "frequency",
    "string",
    "Length of the period: D day, W week (ending Sunday), M calendar month, Q quarter, A a year "
    "(calendar, or the publisher's own: period_start says which).",
    allowed=("D", "W", "M", "Q", "A"),
)
PERIOD_START = Column("period_start", "date", "First day of the period.")
IS_SUPPRESSED = Column(
    "is_suppressed",
    "boolean",
    "True where the publisher withheld a small number: value is null, neither zero nor missing.",
)
ROUNDING = Column(
    "rounding",
    "integer",
    "The publisher's rounding grid (1 is exact).",
    unit="counted unit",
    allowed=None,
    minimum=1,
    maximum=10,
)
IS_DERIVED = Column(
    "is_derived",
    "boolean",
    "True where the figure is this project's sum of published figures, not one printed as such.",
)
IS_PARTIAL = Column(
    "is_partial", "boolean", "True where the period was not over, or not all reported, as of as_of."
)
AS_OF = Column("as_of_date", "date", "Date of the release the figure was read from, as best known.")
SNAPSHOT_ID = Column("snapshot_id", "string", "Release in the archive; see meta.snapshots.")
OBTAINED = Column(
    "obtained",
    "string",
    "How this project got the release: download, inbox (by hand), or bundled (shipped with it).",
    allowed=("download", "inbox", "bundled"),
)
IS_HELD_BACK = Column(
    "is_held_back",
    "boolean",
    "True where the figure is unknown because rows of the period stand under a label nobody has "
    "reviewed (meta.held_back), and this series may be one of those they belong to.",
)
SERIES_ID = Column(
    "series_id",
    "string",
    "source/indicator/destination/origin/route/place/group/frequency, the identity of a series.",
)
SERIES_COLUMNS = (
    SERIES_ID,
    SOURCE_ID,
    INDICATOR,
    UNIT,
    DESTINATION,
    ORIGIN,
    ROUTE,
    PLACE,
    FREQUENCY,
)
