"""The table of proxies of facilitation: signs consistent with organised movement."""

from __future__ import annotations

from fcm_migration.catalog.columns import AS_OF, DESTINATION, FREQUENCY, ORIGIN, ROUTE, SOURCE_ID
from fcm_migration.catalog.model import Column, Table

PROXIES = (
    "persons_per_boat",
    "bunched_days",
    "dominant_region",
    "dominant_sector",
    "first_appearances",
)
FACILITATION = Table(
    "trend",
    "facilitation_proxies",
    "Signs consistent with more organised movement, each with what else would explain it.",
    "destination, route, period, proxy, source and origin",
    (
        DESTINATION,
        ROUTE,
        FREQUENCY,
        Column("period", "date", "First day of the year (A) or quarter (Q)."),
        Column("proxy", "string", "persons_per_boat: mean persons aboard; bunched_days: share of "
               "the year's arrivals on its busiest 5 % of days; dominant_region: share of the "
               "region whose place as dominant changed most, by origin, and for the total the "
               "share of the flow whose origins changed; dominant_sector: the same for sectors; "
               "first_appearances: origins next to unseen for two years that appear within three "
               "months.", allowed=PROXIES),
        SOURCE_ID,
        ORIGIN,
        Column("part", "string", "Region or sector the value is of; empty otherwise."),
        Column("proxy_value", "number", "Value of the period.", unit="see value_unit", minimum=0),
        Column("compared_value", "number", "What it is compared with: the year before (for "
               "quarters the same quarter of it); for first_appearances the mean number in three "
               "months before. Null where there is none.", unit="see value_unit", nullable=True,
               minimum=0),
        Column("value_unit", "string", "Unit of value and baseline.",
               allowed=("persons per boat", "per cent", "origins")),
        Column("threshold", "number", "From where the reason counts as present; threshold_kind "
               "says of what.", unit="see threshold_kind", minimum=0),
        Column("threshold_kind", "string", "ratio: value over baseline; change: value less "
               "baseline, either way, in percentage points; at_least: the value itself.",
               allowed=("ratio", "change", "at_least")),
        Column("is_present", "boolean", "Whether the reason is present; null where it cannot be "
               "judged (nothing to compare with, or too few).", nullable=True),
        Column("counts_in_level", "boolean", "Whether the row may raise the level of the route; "
               "single origins do not."),
        Column("concentration", "number", "Sum of squared shares of the regions or sectors "
               "(Herfindahl-Hirschman), 1 is all in one; null for other proxies.", nullable=True,
               minimum=0, maximum=1),
        Column("concentration_before", "number", "The same of the year before.", nullable=True,
               minimum=0, maximum=1),
        Column("proxy_level", "integer", "Number of different proxies present on the route in the "
               "period, at most 3: an order, not a measure.", unit="reasons", minimum=0, maximum=3),
        Column("proxies_judged", "integer", "Proxies that could be judged on the route in the "
               "period; a low level with few judged says little.", unit="reasons", minimum=0),
        Column("reason", "string", "The row in words, with its figures."),
        Column("other_explanations", "string", "What else would explain it."),
        Column("disagreement", "string", "Where another proxy of the route and period says "
               "otherwise, in words; empty where none does."),
        AS_OF,
    ),
    ("destination_iso3", "route", "frequency", "period", "proxy", "source_id", "origin_iso3"),
    caveats=(
        "Proxies: consistent with organised facilitation and with other causes alike. They do not "
        "measure offences, offenders or networks.",
        "Descriptive, on figures as known today. Thresholds are conventions, not estimates.",
        "The level counts reasons that may share one cause; levels of routes with other proxies "
        "judged are not comparable.",
        "A reason is about change within a year: a value that is high and stays high raises none.",
    ),
)  # fmt: skip

TABLES = (FACILITATION,)
