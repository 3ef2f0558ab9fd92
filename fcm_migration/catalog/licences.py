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

LICENCES = (US_PUBLIC_DOMAIN, UK_OGL3, CA_OGL2, UNHCR_CC_BY4)
