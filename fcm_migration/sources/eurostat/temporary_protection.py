"""People under temporary protection in Europe, monthly since 2022 (Eurostat, migr_asytpsm).

A stock: "beneficiaries of temporary protection at the end of the month", nearly all of them
citizens of Ukraine. Never tried on a file of Eurostat's, see
:mod:`fcm_migration.sources.eurostat.stocks`. Eurostat first asked countries for March 2022, the
month in which the Council put Directive 2001/55/EC in force. Whether a release has columns of
earlier months is not known; the amended asylum statistics begin with 2021.
"""

from __future__ import annotations

from datetime import date

from fcm_migration.catalog.model import Cadence
from fcm_migration.sources.eurostat.stocks import stock_layout, stock_source, stock_table

LAYOUT = stock_layout(
    "migr_asytpsm", "beneficiaries_persons", earliest=date(2021, 1, 1), latest=date(2022, 3, 1)
)
TABLE = stock_table(
    "eurostat_temporary_protection",
    LAYOUT,
    "People under temporary protection, by reporting country and citizenship.",
    "People under temporary protection",
    (
        "Temporary protection is granted without an asylum procedure: never add it to applicants, "
        "pending applications or decisions.",
        "Countries report it voluntarily.",
    ),
)
SOURCE = stock_source(
    LAYOUT,
    TABLE,
    title="People under temporary protection in European countries by month",
    indicator="temporary_protection_beneficiaries",
    cadence=Cadence(
        "monthly, five to six weeks after the month", "56 6 * * 5", 100, 31, lag_days=40
    ),
    module=__name__,
)
