"""People whose asylum application is pending in Europe, monthly (Eurostat, migr_asypenctzm).

A stock: "persons subject of asylum applications pending at the end of the month". Never tried on a
file of Eurostat's, see :mod:`fcm_migration.sources.eurostat.stocks`. The first month is not known
either: Regulation (EC) No 862/2007 asks for the figures from 2008, and Eurostat printed those of
31 December 2013 (Data in focus 3/2014), so a release begins between the two.
"""

from __future__ import annotations

from datetime import date

from fcm_migration.catalog.model import Cadence
from fcm_migration.sources.eurostat.stocks import stock_layout, stock_source, stock_table

LAYOUT = stock_layout(
    "migr_asypenctzm", "pending_persons", earliest=date(2008, 1, 1), latest=date(2013, 12, 1)
)
TABLE = stock_table(
    "eurostat_asylum_pending",
    LAYOUT,
    "People whose asylum application is pending, by reporting country and citizenship.",
    "People whose application is under consideration by the authorities",
    (
        "Never add it to applicants or decisions: who waits was counted as applying before.",
        "From January 2014 countries were told how to count people in a Dublin procedure.",
    ),
)
SOURCE = stock_source(
    LAYOUT,
    TABLE,
    title="People with a pending asylum application in European countries by month",
    indicator="asylum_applicants_pending",
    cadence=Cadence(
        "monthly, two to three months after the month", "37 6 * * 4", 130, 31, lag_days=75
    ),
    module=__name__,
)
