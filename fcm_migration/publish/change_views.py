"""The views on what changed: for everybody, and for the brief of a country."""

# ruff: noqa: S608  (every piece is SQL of our own)
from __future__ import annotations

from fcm_migration.publish.brief_words import day_words
from fcm_migration.publish.entry import (
    AGE,
    CODES,
    DESTINATION,
    DESTINATION_CODE,
    FREQUENCY,
    INDICATOR,
    SOURCE,
    UNIT,
    Entry,
)
from fcm_migration.publish.entry_sql import OF_THE_FIVE, age

SINCE = "When the edition that this one is compared with was made; null where there is none."
SENTENCE = "The change in words."
KIND = "What kind of change it is; meta.changes describes each."
CHANGES = f"""
    SELECT c.sentence, c.kind, n.country_name AS destination, i.title AS what_is_counted,
           c.old_value, c.new_value, c.unit, c.period, c.frequency,
           {age("c.period", "c.frequency")} AS age_months, c.items, c.source_id, s.as_of_date,
           c.destination_iso3, c.indicator, c.old_edition_id, c.old_published_at, c.line
    FROM meta.changes c
    CROSS JOIN meta.edition e
    LEFT JOIN meta.sources s ON s.source_id = c.source_id
    LEFT JOIN meta.countries n ON n.country_code = c.destination_iso3
    LEFT JOIN meta.indicators i ON i.indicator = c.indicator
    ORDER BY c.line
"""
CHANGES_ENTRY = Entry(
    "changes",
    "What changed since the edition before? Releases, figures, alerts, forecasts and checks, a "
    "sentence a row, in the order to read them in. The edition before is the newest kept one with "
    "other figures, so a refresh that found nothing new leaves the rows as they are. One row of "
    "the kind nothing or first_edition says that there is nothing to tell.",
    {
        "sentence": SENTENCE,
        "kind": KIND,
        "destination": f"{DESTINATION} Null where it is not one of the five alone.",
        "what_is_counted": f"{INDICATOR} Null where it is about no measure.",
        "old_value": "Figure before, of the one that the sentence names.",
        "new_value": "Figure now, of the one that the sentence names.",
        "unit": UNIT,
        "period": "First day of the period of these figures.",
        "frequency": FREQUENCY,
        "age_months": AGE,
        "items": "How many figures, releases, series, alerts or checks the sentence counts.",
        "source_id": f"{SOURCE} Null where the sentence is about all of them.",
        "as_of_date": "Day of the newest release of that source in this edition.",
        "destination_iso3": DESTINATION_CODE,
        "indicator": CODES["indicator"],
        "old_edition_id": "Edition compared with.",
        "old_published_at": SINCE,
        "line": "Place in the order.",
    },
    CHANGES,
)

# what a brief tells: not each day and week, not the state of checks and tables
TOLD = """('release_added', 'release_withdrawn', 'release_refused', 'new_period', 'completed',
          'revised', 'filled', 'withdrawn', 'alert_opened', 'alert_closed', 'forecast_moved')"""
CODE = ", [a-z]+(?:_[a-z0-9]+)+"  # of a source, beside its publisher: a brief has no codes
BRIEF = f"""
    WITH five AS (
        SELECT country_code AS destination_iso3, country_name AS destination
        FROM meta.countries WHERE country_code IN ({OF_THE_FIVE})
    ), of_country AS (
        SELECT f.*, c.*  EXCLUDE (destination_iso3)
        FROM meta.changes c JOIN five f ON CASE
            WHEN c.kind = 'first_edition' OR c.kind = 'nothing' THEN true
            WHEN c.destination_iso3 IS NOT NULL THEN c.destination_iso3 = f.destination_iso3
            ELSE starts_with(c.kind, 'release_') AND EXISTS (
                FROM brief.sources s
                WHERE s.source_id = c.source_id AND s.destination_iso3 = f.destination_iso3) END
        WHERE c.kind IN ('first_edition', 'nothing')
           OR (c.kind IN {TOLD} AND coalesce(c.frequency, 'M') NOT IN ('D', 'W'))
    ), quiet AS (
        SELECT f.destination_iso3, f.destination, 'nothing' AS kind,
               'No figure, alert or main forecast of this country changed since the edition of '
               || {day_words("any_value(c.old_published_at)")} || '.' AS sentence,
               any_value(c.old_published_at) AS old_published_at
        FROM five f CROSS JOIN meta.changes c
        WHERE f.destination_iso3 NOT IN (SELECT destination_iso3 FROM of_country)
        GROUP BY ALL
    ), every AS (
        SELECT destination, kind, sentence, source_id, old_published_at, line, destination_iso3
        FROM of_country
        UNION ALL BY NAME
        SELECT *, CAST(NULL AS VARCHAR) AS source_id, CAST(1 AS BIGINT) AS line FROM quiet
    )
    SELECT destination, kind, regexp_replace(sentence, '{CODE}', '', 'g') AS sentence, source_id,
           old_published_at, {day_words("old_published_at")} AS since_words, line, destination_iso3
    FROM every
    ORDER BY destination,
             CASE WHEN starts_with(kind, 'alert_') THEN 1 WHEN kind = 'new_period' THEN 2
                  WHEN kind = 'revised' THEN 3 WHEN kind = 'forecast_moved' THEN 4
                  WHEN starts_with(kind, 'release_') THEN 6 ELSE 5 END, line
"""
BRIEF_CHANGES_ENTRY = Entry(
    "changes",
    "What changed for each country since the edition before: releases of its sources, its figures "
    "by month, quarter and year, its alerts, and the forecasts of its main figures, in the order "
    "that a brief tells them in. meta.changes tells everything. One row a country and change.",
    {
        "destination": DESTINATION,
        "kind": KIND,
        "sentence": SENTENCE,
        "source_id": SOURCE,
        "old_published_at": SINCE,
        "since_words": "The same in words.",
        "line": "Place in meta.changes.",
        "destination_iso3": DESTINATION_CODE,
    },
    BRIEF,
)
