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
    "Signs consistent with more organised movement, each with what else could explain it.",
    "destination, route, period, proxy, source and origin",
    (
        DESTINATION,
        ROUTE,
        FREQUENCY,
        Column("period", "date", "First day of the year (A) or quarter (Q)."),
        Column("proxy", "string", "persons_per_boat: mean number of persons aboard; bunched_days: "
               "share of the year's arrivals on its busiest 5% of days; dominant_region: of each "
               "origin, the share of the region that is or was its largest, whichever of the two "
               "changed more, and of all origins together, the share of arrivals whose origins "
               "have another largest region than the year before; dominant_sector: the same for "
               "sectors; first_appearances: number of origins with almost nobody in the previous "
               "two years that appear within three months.", allowed=PROXIES),
        SOURCE_ID,
        ORIGIN,
        Column("part", "string", "Region or sector the value is of; empty otherwise."),
        Column("proxy_value", "number", "Value of the period.", unit="see value_unit", minimum=0),
        Column("compared_value", "number", "What it is compared with: the year before (for "
               "quarters the same quarter of it); for first_appearances the mean number in three "
               "months before. Null where there is none.", unit="see value_unit", nullable=True,
               minimum=0),
        Column("value_unit", "string", "Unit of proxy_value and compared_value.",
               allowed=("persons per boat", "per cent", "origins")),
        Column("threshold", "number", "Limit from which the sign counts as present; "
               "threshold_kind says what is compared with it.", unit="see threshold_kind",
               minimum=0),
        Column("threshold_kind", "string", "ratio: proxy_value divided by compared_value; change: "
               "difference of the two in either direction, in percentage points; at_least: "
               "proxy_value itself.",
               allowed=("ratio", "change", "at_least")),
        Column("is_present", "boolean", "Whether the sign is present; null if it cannot be "
               "judged, because there is nothing to compare with or figures are too small.",
               nullable=True),
        Column("counts_in_level", "boolean", "Whether the row may raise proxy_level of the route; "
               "rows of single origins do not."),
        Column("concentration", "number", "Sum of squared shares of the regions or sectors "
               "(Herfindahl-Hirschman), 1 is all in one; null for other proxies.", nullable=True,
               minimum=0, maximum=1),
        Column("concentration_before", "number", "The same of the year before.", nullable=True,
               minimum=0, maximum=1),
        Column("proxy_level", "integer", "Number of different signs present on the route in the "
               "period, at most 3. It ranks routes; it does not measure how organised movement "
               "is.", unit="reasons", minimum=0, maximum=3),
        Column("proxies_judged", "integer", "Number of proxies that could be judged on the route "
               "in the period. Where few could, a low proxy_level says little.", unit="reasons",
               minimum=0),
        Column("reason", "string", "The row in words, with its figures."),
        Column("other_explanations", "string", "What else could explain the sign."),
        Column("disagreement", "string", "Which other proxy of the route and period points the "
               "other way, in words; empty if none does."),
        AS_OF,
    ),
    ("destination_iso3", "route", "frequency", "period", "proxy", "source_id", "origin_iso3"),
    caveats=(
        "Every sign is consistent with organised facilitation and with other causes. None "
        "measures offences, offenders or networks.",
        "The signs describe figures as they are known today. Thresholds are conventions, not "
        "estimates.",
        "proxy_level counts signs that may have one cause in common. Levels of two routes are "
        "comparable only where the same proxies could be judged.",
        "A sign is about change within a year: a value that is high and stays high is none.",
    ),
)  # fmt: skip

TABLES = (FACILITATION,)
