"""The views of the schema ``brief`` on the year so far, displacement, signs and counting."""

from __future__ import annotations

from fcm_migration.publish.brief_columns import AGES, CODE, ORIGIN_OF_FIGURE, UNITS, WHAT
from fcm_migration.publish.brief_signs_sql import (
    COUNTING_CHANGES,
    DISPLACEMENT,
    FACILITATION,
    NOT_COMPARED,
    OTHER_YEARLY,
    YEAR_SO_FAR,
    YEAR_TOTAL,
)
from fcm_migration.publish.entry_views import (
    DESTINATION,
    DESTINATION_CODE,
    FREQUENCY,
    SERIES,
    UNIT,
    Entry,
)

YEAR_SO_FAR_ENTRY = Entry(
    "year_so_far",
    "Each country's main series added up from January, month by month, for its newest year "
    "and the five before it. Only of series published by month, and only of years counted as "
    "the newest one is. One row a country and month.",
    {
        "destination": DESTINATION,
        "what": WHAT,
        "year": "Calendar year.",
        "period_start": "First day of the month.",
        "month": "Month of the year, 1 to 12.",
        "value": "The figure of the month.",
        "year_to_date": "Sum from January to this month.",
        **UNITS,
        **ORIGIN_OF_FIGURE,
        **CODE,
        "series_id": SERIES,
    },
    YEAR_SO_FAR,
)
YEAR_TOTAL_ENTRY = Entry(
    "year_total",
    "What the year of each country's main series was forecast to come to when the figures were "
    "released, and what part of a year had come by then in earlier years. One row a country "
    "with a series published by month.",
    {
        "destination": DESTINATION,
        "what": WHAT,
        "total_year": "Calendar year.",
        "months_counted": "Complete months of it that are published.",
        "counted_so_far": "What is published of it, days of the running month included.",
        "counted_to_date": "Last day counted.",
        "counted_to_words": "The same in words.",
        "previous_total": "Total of the year before.",
        "median": "Half of such forecasts are meant to lie below the total.",
        "lower_80": "Lower end of the interval that is meant to hold 8 totals in 10.",
        "upper_80": "Upper end of the interval that is meant to hold 8 totals in 10.",
        "year_is_over": "True where the year was over when the edition was made.",
        "least_share_pct": "Least part of a whole year that had come by the same month in the "
        "years before, in per cent.",
        "most_share_pct": "Largest such part, in per cent.",
        "share_years": "Years these two rest on.",
        **UNITS,
        **AGES,
        **ORIGIN_OF_FIGURE,
        **CODE,
        "series_id": SERIES,
    },
    YEAR_TOTAL,
)
NOT_COMPARED_ENTRY = Entry(
    "not_compared",
    "Figures of a country that are not compared with an earlier one, because what is counted "
    "changed in between, and what changed. One row a country and indicator.",
    {
        "destination": DESTINATION,
        "what_is_counted": "What is counted; meta.indicators defines it.",
        "period_start": "First day of the newest period.",
        "period": "The same in words.",
        "frequency": FREQUENCY,
        "period_before": "First day of the last earlier period with a figure.",
        "words": "What changed between the two.",
        "unit": UNIT,
        **ORIGIN_OF_FIGURE,
        **CODE,
    },
    NOT_COMPARED,
)
SIGNS_ENTRIES = (
    Entry(
        "other_yearly",
        "Counts of people that a country's own authority publishes by year alone. One row a "
        "country, kind of count and year. Different kinds must not be added or compared.",
        {
            "destination": DESTINATION,
            "what": WHAT,
            "year": "Calendar year.",
            "period_start": "First day of the year.",
            "value": "The figure.",
            **UNITS,
            **ORIGIN_OF_FIGURE,
            **CODE,
        },
        OTHER_YEARLY,
    ),
    Entry(
        "displacement",
        "Whether what a policy took from one route appeared on others, as a range in words. One "
        "row a policy and way of counting, over the longest time that can be judged.",
        {
            "destination": DESTINATION,
            "policy_date": "Day the policy began.",
            "policy_date_words": "The same in words.",
            "policy_words": "What was decided.",
            "what": "What fell, as a sentence begins.",
            "where_it_could_appear": "The series counted as receiving, in words.",
            "is_own_rise_told": "True where only series are counted whose own rise can be told "
            "from chance; false where all that could receive are.",
            "sentence": "The finding in sentences.",
            "verdict_words": "Whether it can be told from chance.",
            "reason_words": "Why the verdict is not better; null where nothing is.",
            "periods_after": "Periods after the policy that are judged.",
            "treated_observed": "Sum of the periods after, where it fell.",
            "receiving_observed": "Sum of the periods after, where it could appear.",
            "loss_level": "Expected at the level before, less observed, where it fell.",
            "loss_trend": "Expected on the trend before, less observed, where it fell.",
            "gain_level": "Observed less expected at the level before, where it could appear.",
            "gain_trend": "Observed less expected on the trend before, where it could appear.",
            "displaced_lower_pct": "Lower end of the 8-in-10 range of gain over loss, in per cent.",
            "displaced_upper_pct": "Upper end of that range, in per cent.",
            "unit": UNIT,
            "verdict": "The verdict as trend.displacement has it.",
            **ORIGIN_OF_FIGURE,
            **CODE,
            "policy_id": "Key of meta.policy_events, which describes the policy and its evidence.",
            "series_id": SERIES,
        },
        DISPLACEMENT,
    ),
    Entry(
        "facilitation",
        "Signs that fit organised movement, and other causes as well: the newest one of each kind "
        "on each route. One row a country, route and sign. None proves an offence.",
        {
            "destination": DESTINATION,
            "place": "Order within the country: signs that are present first.",
            "sign": "What is looked at.",
            "where_words": "On which route.",
            "value_words": "The newest value in words.",
            "compared_words": "What it is compared with, in words; null where it is with nothing.",
            "would_count_words": "From where the sign counts as present.",
            "present_words": "Whether it is present; it may not be possible to judge.",
            "period_start": "First day of the period.",
            "period": "The period in words.",
            "frequency": FREQUENCY,
            "is_present": "Whether the sign is present; null where it cannot be judged.",
            "proxy_value": "The value.",
            "compared_value": "What it is compared with.",
            "unit": "Persons per boat, per cent or origins.",
            "threshold": "From where the sign counts as present; see threshold_kind.",
            "threshold_kind": "ratio, change or at_least; see trend.facilitation_proxies.",
            "proxy_level": "Different signs present on the route in the period.",
            "proxies_judged": "Signs that could be judged there; with few a low level says little.",
            "other_explanations": "What else would explain it.",
            **AGES,
            **ORIGIN_OF_FIGURE,
            "route": "Route, border or office; all for all together.",
            "proxy": "Code of the sign.",
        },
        FACILITATION,
    ),
    Entry(
        "counting_changes",
        "When the way of counting changed in a country's totals, the newest change first. One row "
        "a country and change.",
        {
            "destination": DESTINATION,
            "break_id": "Key of meta.breaks, which has the evidence.",
            "break_kind": "definition, unit, coverage, method, policy, partial, rounding or "
            "suppression.",
            "first_date": "First day of the change; null where it is not known.",
            "last_date": "Last day of it; null where it lasts.",
            "when_words": "The same in words.",
            "words": "What changed.",
            "what_is_counted": "Which counts it touches.",
            "indicators": "Their codes, separated by commas.",
            "source_ids": "Sources of these counts, separated by commas.",
            "destination_iso3": DESTINATION_CODE,
        },
        COUNTING_CHANGES,
    ),
)
