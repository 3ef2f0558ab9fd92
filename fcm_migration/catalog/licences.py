"""The publishers' licences, declared once."""

from __future__ import annotations

from fcm_migration.catalog.model import Licence

US_PUBLIC_DOMAIN = Licence(
    "us-pd",
    "US Government work, public domain (17 U.S.C. 105)",
    "https://www.usa.gov/government-copyright",
    "US Department of Homeland Security",
    bundled=True,
)
UK_OGL3 = Licence(
    "ogl-uk-3.0",
    "Open Government Licence v3.0",
    "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
    "Contains public sector information licensed under the Open Government Licence v3.0. "
    "Crown copyright, Home Office.",
    bundled=True,
)
CA_OGL2 = Licence(
    "ogl-ca-2.0",
    "Open Government Licence - Canada 2.0",
    "https://open.canada.ca/en/open-government-licence-canada",
    "Contains information licensed under the Open Government Licence - Canada "
    "(Immigration, Refugees and Citizenship Canada).",
    bundled=True,
)
UNHCR_CC_BY4 = Licence(
    "cc-by-4.0",
    "Creative Commons Attribution 4.0 International",
    "https://creativecommons.org/licenses/by/4.0/",
    "UNHCR Refugee Population Statistics Database",
    bundled=True,
)
IOM_CC_BY4 = Licence(
    "cc-by-4.0-iom",
    "Creative Commons Attribution 4.0 International",
    "https://creativecommons.org/licenses/by/4.0/",
    "IOM Missing Migrants Project",
    bundled=True,
)
UCDP_CC_BY4 = Licence(
    "cc-by-4.0-ucdp",
    "Creative Commons Attribution 4.0 International",
    "https://creativecommons.org/licenses/by/4.0/",
    "Uppsala Conflict Data Program",
    bundled=True,
)
WORLD_BANK_CC_BY4 = Licence(
    "cc-by-4.0-worldbank",
    "Creative Commons Attribution 4.0 International",
    "https://creativecommons.org/licenses/by/4.0/",
    "The World Bank: World Development Indicators, Population, total (SP.POP.TOTL)",
    bundled=True,
)
AU_PARLIAMENT_CC_BY = Licence(
    "cc-by-au-aph",
    "Creative Commons Attribution, as the Australian Parliamentary Library grants it",
    "https://www.aph.gov.au/Help/Disclaimer_Privacy_Copyright",
    "Commonwealth of Australia, Parliamentary Library",
    bundled=True,
)
AU_UNVERIFIED = Licence(
    "au-unverified",
    "Commonwealth of Australia; the licence could not be verified",
    "https://www.homeaffairs.gov.au/",
    "Commonwealth of Australia, Department of Home Affairs",
    bundled=False,
)
NZ_UNVERIFIED = Licence(
    "nz-unverified",
    "New Zealand Crown copyright; the licence could not be verified",
    "https://www.immigration.govt.nz/",
    "Immigration New Zealand, Ministry of Business, Innovation and Employment",
    bundled=False,
)
CA_IRB = Licence(
    "ca-irb-unverified",
    "Immigration and Refugee Board of Canada; the page states no licence for its tables",
    "https://www.irb-cisr.gc.ca/en/Pages/terms.aspx",
    "Immigration and Refugee Board of Canada",
    bundled=False,
)
PA_UNVERIFIED = Licence(
    "pa-unverified",
    "Republic of Panama; no licence was found",
    "https://www.migracion.gob.pa/",
    "Servicio Nacional de Migracion de Panama, repeated by IOM",
    bundled=False,
)
FRONTEX = Licence(
    "frontex-none",
    "No explicit licence found; fetched at run time, not shipped",
    "https://www.frontex.europa.eu/",
    "Frontex, Risk Analysis Network data",
    bundled=False,
)
EUROSTAT_REUSE = Licence(
    "eu-reuse-2011-833",
    "Reuse with acknowledgement of the source (Commission Decision 2011/833/EU)",
    "https://ec.europa.eu/eurostat/help/copyright-notice",
    "Source: Eurostat",
    bundled=True,
)
UNHCR_POPSTATS = Licence(
    "unhcr-popstats-unclear",
    "UNHCR's retired statistics site; no machine-readable licence found",
    "https://www.unhcr.org/refugee-statistics/",
    "UNHCR Population Statistics Reference Database",
    bundled=False,
)

LICENCES = (
    US_PUBLIC_DOMAIN,
    UK_OGL3,
    CA_OGL2,
    UNHCR_CC_BY4,
    IOM_CC_BY4,
    UCDP_CC_BY4,
    WORLD_BANK_CC_BY4,
    AU_PARLIAMENT_CC_BY,
    AU_UNVERIFIED,
    NZ_UNVERIFIED,
    CA_IRB,
    PA_UNVERIFIED,
    FRONTEX,
    EUROSTAT_REUSE,
    UNHCR_POPSTATS,
)
