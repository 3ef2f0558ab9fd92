"""The views of the schema ``brief`` on records and sources, and the list of all."""

from __future__ import annotations

from fcm_migration.publish.brief_columns import CODE, ORIGIN_OF_FIGURE, UNITS
from fcm_migration.publish.brief_evidence_sql import (
    ALERT_RECORD,
    DEFINITIONS,
    FORECAST_RECORD,
    SOURCES,
)
from fcm_migration.publish.brief_recognition import RECOGNITION_SAID
from fcm_migration.publish.brief_signs_views import (
    NOT_COMPARED_ENTRY,
    SIGNS_ENTRIES,
    YEAR_SO_FAR_ENTRY,
    YEAR_TOTAL_ENTRY,
)
from fcm_migration.publish.brief_views import (
    CORRIDORS_ENTRY,
    EMERGING_ENTRY,
    MAIN_ENTRY,
    POLICIES_ENTRY,
    PROTECTION_ENTRY,
    SENTENCES_ENTRY,
    YEARS_ENTRY,
)
from fcm_migration.publish.change_views import BRIEF_CHANGES_ENTRY
from fcm_migration.publish.entry_views import (
    AGE,
    AS_OF,
    DESTINATION,
    DESTINATION_CODE,
    FREQUENCY,
    SERIES,
    SOURCE,
    Entry,
)

SOURCES_ENTRY = Entry(
    "sources",
    "The sources of each country's figures: how old these are, the licence and how to cite "
    "them. A brief names those that it shows. One row a country and source.",
    {
        "destination": DESTINATION,
        "title": "What the source holds.",
        "publisher": "Who publishes it.",
        "counted_to": "Last day of the newest period it has for the country.",
        "counted_to_words": "The same in words.",
        "age_months": AGE,
        "age_words": "The same in words: 3 months.",
        "as_of_date": AS_OF,
        "released_words": "The same in words.",
        "is_overdue": "True where newer figures are usual, or the publisher has stopped.",
        "state_words": "Whether that is as old as usual, in words.",
        "is_bundled": "True where the release came with the project, not from the publisher.",
        "licence_title": "Licence of the figures.",
        "attribution": "How to cite it.",
        "landing_url": "Page of the publisher.",
        "source_id": SOURCE,
        "destination_iso3": DESTINATION_CODE,
    },
    SOURCES,
)
FORECAST_RECORD_ENTRY = Entry(
    "forecast_record",
    "The forecast of each country's main series and the record of such forecasts, by how far "
    "ahead. One row a country and period forecast.",
    {
        "destination": DESTINATION,
        "what": "What is counted, with where, as a sentence begins.",
        "horizon": "Periods ahead of the last complete one.",
        "target_period": "First day of the period forecast.",
        "target_words": "The same in words.",
        "median": "Half of such forecasts are meant to lie below the figure.",
        "lower_80": "Lower end of the interval that is meant to hold 8 figures in 10.",
        "upper_80": "Upper end of the interval that is meant to hold 8 figures in 10.",
        **UNITS,
        "target_is_over": "True where the period was over when the edition was made.",
        "scored_forecasts": "Past forecasts of this kind that could be scored.",
        "held": "How many of them had the figure within their 8-in-10 interval.",
        "record_since": "First period those forecasts started from.",
        "error_beside_naive_pct": "Their error beside that of repeating the last figure, in "
        "per cent; below 0 is better.",
        "frequency": FREQUENCY,
        "counted_so_far": "What is counted of the period already; null where nothing is.",
        "counted_to_date": "Last day counted.",
        **ORIGIN_OF_FIGURE,
        **CODE,
        "series_id": SERIES,
    },
    FORECAST_RECORD,
)
# in the order in which they are made: later ones stand on earlier ones
BRIEF_ENTRIES = (
    MAIN_ENTRY,
    EMERGING_ENTRY,
    CORRIDORS_ENTRY,
    PROTECTION_ENTRY,
    YEARS_ENTRY,
    RECOGNITION_SAID,
    FORECAST_RECORD_ENTRY,
    YEAR_SO_FAR_ENTRY,
    YEAR_TOTAL_ENTRY,
    NOT_COMPARED_ENTRY,
    SENTENCES_ENTRY,
    POLICIES_ENTRY,
    *SIGNS_ENTRIES,
    SOURCES_ENTRY,
    BRIEF_CHANGES_ENTRY,
    Entry(
        "alert_record",
        "How often alerts of rises proved right, for the figures of each country's main series and "
        "of its alerts, and for every series together, in all years and in quiet ones. Replayed by "
        "today's rules.",
        {
            "destination": DESTINATION,
            "what_is_counted": "Whose record it is: the series of a source that count this.",
            "is_strong": "True for strong alerts, false for the others.",
            "is_every_series": "True where every watched series is counted, else the series of "
            "the source and indicator.",
            "judged": "Alerts old enough to be judged.",
            "proved_right": "Of them, those that proved right.",
            "judged_in_quiet_years": "The same in years with few surges.",
            "proved_right_in_quiet_years": "The same in years with few surges.",
            **ORIGIN_OF_FIGURE,
            **CODE,
        },
        ALERT_RECORD,
    ),
    Entry(
        "definitions",
        "What each kind of figure of a country counts. A brief names those that it shows. One row "
        "a country and indicator.",
        {
            "destination": DESTINATION,
            "title": "What is counted.",
            **UNITS,
            "counting_rule": "What counts as one.",
            "comparability": "What it must not be compared with.",
            "destination_iso3": DESTINATION_CODE,
            **CODE,
        },
        DEFINITIONS,
    ),
)
