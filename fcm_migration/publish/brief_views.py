"""The views of the schema ``brief``: everything a brief says, so that anybody can query it.

A brief (:mod:`fcm_migration.reports.brief`) reads these views and lays them out; the only figures
that it takes from elsewhere are the points of its charts, from ``mart.series`` and
``forecast.published``. Their comment says which section of a brief a view fills.
"""

from __future__ import annotations

from fcm_migration.publish.brief_columns import AGES, CODE, ORIGIN_OF_FIGURE, UNITS, WHAT
from fcm_migration.publish.brief_evidence_sql import POLICIES, PROTECTION, PROTECTION_YEARS
from fcm_migration.publish.brief_sql import CORRIDORS, EMERGING, MAIN_SERIES, SENTENCES
from fcm_migration.publish.entry_views import (
    AS_OF,
    DESTINATION,
    DESTINATION_CODE,
    FREQUENCY,
    ORIGIN,
    ORIGIN_CODE,
    SERIES,
    UNIT,
    Entry,
)

BRIEF = "brief"

_CHANGE = "The change in words, with the figure it is compared with; null without one."
_START = "First day of the period."
_PERIOD = "The period in words."

MAIN_ENTRY = Entry(
    "main_series",
    "The series each country's brief opens with: what came to the country most recently. One row a "
    "country. The rows count different things and must not be added or ranked.",
    {
        "destination": DESTINATION,
        "what": WHAT,
        "value": "The newest complete figure.",
        **UNITS,
        "period_start": _START,
        "period": _PERIOD,
        "frequency": FREQUENCY,
        "value_year_before": "The figure of the same period of the year before; of a yearly "
        "one, of the last complete year before it.",
        "change_pct": "Change between the two, in per cent.",
        "change_words": _CHANGE,
        "year_to_date": "Sum of the year's months to the newest; null for a yearly series.",
        "year_to_date_before": "Sum of the same months of the year before.",
        "year_to_date_change_pct": "Change between the two, in per cent.",
        "months_counted": "Months added up.",
        **AGES,
        "rounding": "The publisher rounds to multiples of this; 1 is exact.",
        **ORIGIN_OF_FIGURE,
        **CODE,
        "series_id": SERIES,
    },
    MAIN_SERIES,
)
EMERGING_ENTRY = Entry(
    "emerging",
    "What stands out, one row a country and origin: the weightiest alert of each corridor, those "
    "of the past year first. From whats_emerging.",
    {
        "destination": DESTINATION,
        "place": "Order within the country.",
        "origin": ORIGIN,
        "what": "What is counted, with where, all origins together, as a sentence begins.",
        "is_rise": "True for a rise, false for a fall.",
        "is_strong": "True for a strong alert.",
        "sentence": "The movement in a sentence.",
        "record_words": "How often such alerts have proved right, in a sentence.",
        "value": "The figure.",
        "mean_of_year_before": "Mean of the periods of the year before.",
        **UNITS,
        "period": _START,
        "period_words": _PERIOD,
        "frequency": FREQUENCY,
        "weight": "Order for a reader; see whats_emerging.",
        "is_provisional": "True while the publisher usually still revises such a figure.",
        **AGES,
        **ORIGIN_OF_FIGURE,
        "origin_iso3": ORIGIN_CODE,
        **CODE,
        "series_id": SERIES,
        "alert_id": "Key of trend.alerts, which explains the alert.",
    },
    EMERGING,
)
CORRIDORS_ENTRY = Entry(
    "corridors",
    "The largest corridors into each country, from the newest source that has origins. One row a "
    "country and origin.",
    {
        "destination": DESTINATION,
        "place": "Order by size within the country.",
        "origin": ORIGIN,
        "what_is_counted": "What is counted; meta.indicators defines it.",
        "last_12_months": "Figure of the last twelve months known.",
        "twelve_months_before": "Figure of the twelve months before them.",
        "change_pct": "Change between the two, in per cent.",
        "change_words": _CHANGE,
        "share_of_destination_pct": "Share of all origins into the country, in per cent.",
        **UNITS,
        "period": "Last period of the twelve months, in words.",
        "frequency": FREQUENCY,
        "next_period": "First day of the period forecast.",
        "next_period_words": "The same in words.",
        "next_median": "Forecast of that period: half of such forecasts are meant to lie below.",
        "next_lower_80": "Lower end of the interval that is meant to hold 8 figures in 10.",
        "next_upper_80": "Upper end of the interval that is meant to hold 8 figures in 10.",
        "unknown_periods": "Periods without a known figure: the sum is then too low.",
        "alert": "rise or fall where the corridor's newest figure raised an alert.",
        **AGES,
        **ORIGIN_OF_FIGURE,
        "origin_iso3": ORIGIN_CODE,
        **CODE,
        "series_id": SERIES,
    },
    CORRIDORS,
)
PROTECTION_ENTRY = Entry(
    "protection",
    "Protection: applications, decisions, recognition, people waiting, resettlement. One row a "
    "country and item; UNHCR's and the national authority's items count differently.",
    {
        "destination": DESTINATION,
        "destination_words": "The same as it stands within a sentence.",
        "place": "Order within the country.",
        "item": "What is counted.",
        "value": "The figure; a share in per cent.",
        "unit": "Persons or per cent.",
        "unit_words": "The same as people say it.",
        "value_words": "The figure in words.",
        "period_start": _START,
        "period": _PERIOD,
        "frequency": FREQUENCY,
        "value_before": "The figure it is compared with.",
        "period_before": "First day of its period.",
        "change_words": _CHANGE,
        "part_value": "Of a share: the part.",
        "of_value": "Of a share: the whole.",
        **AGES,
        **ORIGIN_OF_FIGURE,
        **CODE,
    },
    PROTECTION,
)
YEARS_ENTRY = Entry(
    "protection_years",
    "Protection by year, as UNHCR publishes it, in persons. One row a country and year; null where "
    "nothing is published in persons.",
    {
        "destination": DESTINATION,
        "destination_iso3": DESTINATION_CODE,
        "year": "Calendar year.",
        "applications": "New asylum applications of the year.",
        "decisions": "Asylum decisions of the year, otherwise closed ones included.",
        "recognised": "Decisions of the year that recognise a refugee.",
        "awaiting": "People awaiting a decision at the end of the year.",
        "resettled": "Refugees resettled in the year.",
        "as_of_date": AS_OF,
        "recognised_pct": "Share of all decisions of the year, reviews and files closed without "
        "a decision on substance included, that recognise a refugee, in per cent.",
        "counted_otherwise_from": "What changed in the count of decisions in this year; empty "
        "where nothing is on record. Shares of before and after are not comparable.",
        "unit": "Persons.",
    },
    PROTECTION_YEARS,
)
SENTENCES_ENTRY = Entry(
    "sentences",
    "Sentences to read out about each country, at most seven: its main series, what it may come "
    "to, where people come from, what stands out, who waits and who is recognised. One row a "
    "sentence.",
    {
        "destination": DESTINATION,
        "place": "Order in which they are read.",
        "sentence": "The sentence.",
        "kind": "main series, by year, outlook, origins, alert, awaiting or recognition.",
        "note": "What to add: the record of such alerts or forecasts, what may not be compared.",
        "value": "The figure said; of an outlook the median, null where no forecast can be given.",
        "value_before": "What it is compared with; null where it is with nothing.",
        **UNITS,
        "period_start": _START,
        "frequency": FREQUENCY,
        **AGES,
        **ORIGIN_OF_FIGURE,
        **CODE,
    },
    SENTENCES,
)
POLICIES_ENTRY = Entry(
    "policies",
    "What followed policies, and whether it can be told from chance. One row a policy and series, "
    "in its longest window. A change that can be told from chance need not be the policy's work.",
    {
        "destination": DESTINATION,
        "place": "Order within the country, the newest policy first.",
        "policy_date": "Day the policy began.",
        "policy_date_words": "The same in words.",
        "policy_words": "What was decided.",
        "origin": ORIGIN,
        "what": WHAT,
        "before_mean": "Mean of as many periods before.",
        "observed_mean": "Mean of the periods after the policy.",
        "expected_mean": "Mean expected, had only the other origins' movement gone on.",
        "unit": UNIT,
        "unit_words": "The same with its period: people a month.",
        "change_pct": "Change beyond what was expected, in per cent.",
        "change_lower_pct": "Lower end of its 95% interval.",
        "change_upper_pct": "Upper end of its 95% interval.",
        "effect_first_period": "First day of the first period judged.",
        "effect_last_period": "First day of the last period judged.",
        "periods_after": "Periods judged.",
        "verdict_words": "Whether the change can be told from chance.",
        "chance_words": "How often so large a change followed dates when nothing was decided.",
        "began_before_words": "A warning where the movement had begun before the policy.",
        "verdict": "The verdict as trend.policy_effects has it.",
        "p_value": "Share of placebo dates with a change as large, either way.",
        "placebos_as_large": "Placebo dates with a change as large.",
        "placebos": "Placebo dates tried.",
        "frequency": FREQUENCY,
        **ORIGIN_OF_FIGURE,
        "origin_iso3": ORIGIN_CODE,
        **CODE,
        "route": "Route, border or office; all for all together.",
        "policy_id": "Key of meta.policy_events, which describes the policy and its evidence.",
        "series_id": SERIES,
    },
    POLICIES,
)
