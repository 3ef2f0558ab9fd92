"""Eurostat's codes of reporting countries and citizenships, and the columns that hold them."""

from __future__ import annotations

from fcm_migration.catalog.model import Column

MEMBERS = {
    "AT": "AUT",
    "BE": "BEL",
    "BG": "BGR",
    "CY": "CYP",
    "CZ": "CZE",
    "DE": "DEU",
    "DK": "DNK",
    "EE": "EST",
    "EL": "GRC",
    "ES": "ESP",
    "FI": "FIN",
    "FR": "FRA",
    "HR": "HRV",
    "HU": "HUN",
    "IE": "IRL",
    "IT": "ITA",
    "LT": "LTU",
    "LU": "LUX",
    "LV": "LVA",
    "MT": "MLT",
    "NL": "NLD",
    "PL": "POL",
    "PT": "PRT",
    "RO": "ROU",
    "SE": "SWE",
    "SI": "SVN",
    "SK": "SVK",
}
REPORTERS = {
    **MEMBERS,
    "AL": "ALB",
    "BA": "BIH",
    "CH": "CHE",
    "IS": "ISL",
    "LI": "LIE",
    "ME": "MNE",
    "MK": "MKD",
    "NO": "NOR",
    "RS": "SRB",
    "TR": "TUR",
    "UK": "GBR",
    "XK": "XKX",
}
# ISO 3166-1 codes of the two countries for which Eurostat has codes of its own.
ISO_CODES = {"GB", "GR"}
UNION = "EU27_2020"
GEO_AGGREGATES = (UNION, "EU28", "EU27_2007", "EFTA", "TOTAL")
CITIZEN_TOTAL = "TOTAL"
CITIZEN_AGGREGATES = (
    "EU27_2020",
    "EU28",
    "EU27_2007",
    "EFTA",
    "EU_EFTA_CC",
    "EXT_EU27_2020",
    "EXT_EU28",
    "EXT_EU27_2007",
)

# Labels of Data Explorer files; they drift from file to file.
GEO_LABELS = {
    "Austria": "AT",
    "Belgium": "BE",
    "Bulgaria": "BG",
    "Croatia": "HR",
    "Cyprus": "CY",
    "Czech Republic": "CZ",
    "Czechia": "CZ",
    "Denmark": "DK",
    "Estonia": "EE",
    "European Union (28 countries)": "EU28",
    "European Union - 27 countries (from 2020)": "EU27_2020",
    "European Union - 28 countries (2013-2020)": "EU28",
    "Finland": "FI",
    "France": "FR",
    "Germany": "DE",
    "Germany (until 1990 former territory of the FRG)": "DE",
    "Greece": "EL",
    "Hungary": "HU",
    "Iceland": "IS",
    "Ireland": "IE",
    "Italy": "IT",
    "Latvia": "LV",
    "Liechtenstein": "LI",
    "Lithuania": "LT",
    "Luxembourg": "LU",
    "Malta": "MT",
    "Netherlands": "NL",
    "Norway": "NO",
    "Poland": "PL",
    "Portugal": "PT",
    "Romania": "RO",
    "Slovakia": "SK",
    "Slovenia": "SI",
    "Spain": "ES",
    "Sweden": "SE",
    "Switzerland": "CH",
    "Total": "TOTAL",
    "United Kingdom": "UK",
}
GEO_CODE = Column(
    "geo_code",
    "string",
    "Reporting country by Eurostat's code (EL Greece, UK United Kingdom), or an aggregate of them.",
    allowed=(*sorted(REPORTERS), *GEO_AGGREGATES),
)
CITIZEN_CODE = Column(
    "citizen_code",
    "string",
    "Citizenship by Eurostat's code; TOTAL, and aggregates such as EXT_EU27_2020, stand beside "
    "their parts.",
)
IS_SUPPRESSED = Column(
    "is_suppressed", "boolean", "True where the figure exists but is withheld (flag c, C, N or P)."
)
FLAG = Column(
    "observation_flag",
    "string",
    "Eurostat's flags: b break, d definition differs, e estimated, m (until January 2025 z) a "
    "figure that cannot exist, p provisional, u low reliability; C, N and P (until then c) "
    "confidential; empty if none.",
)
