"""The view ``brief.recognition``: the share of decisions that recognise a refugee, to be quoted."""

# ruff: noqa: S608  (every piece is a constant of this package or of the catalogue)
from __future__ import annotations

from fcm_migration.publish.brief_words import age_words, number, unit_words, with_article
from fcm_migration.publish.entry import (
    AGE,
    AS_OF,
    DESTINATION,
    DESTINATION_CODE,
    ORIGIN,
    ORIGIN_CODE,
    SOURCE,
    Entry,
)
from fcm_migration.publish.recognition import DECISIONS

MOST_ORIGINS = 8
TYPES = {
    "destination": "VARCHAR", "destination_words": "VARCHAR", "origin": "VARCHAR",
    "place": "BIGINT", "year": "BIGINT", "is_first_instance": "BOOLEAN",
    "decisions": "BIGINT", "recognised_pct": "DOUBLE", "other_protection_pct": "DOUBLE",
    "recognised_pct_before": "DOUBLE", "sentence": "VARCHAR", "note": "VARCHAR",
    "unit": "VARCHAR", "unit_words": "VARCHAR", "age_months": "BIGINT", "age_words": "VARCHAR",
    "source_id": "VARCHAR", "as_of_date": "DATE", "destination_iso3": "VARCHAR",
    "origin_iso3": "VARCHAR", "indicator": "VARCHAR",
}  # fmt: skip


def _pct(value: str) -> str:
    return f"format('{{:.0f}}%', {value})"


_FIRST = f"""{number("t.decisions")} || ' first decisions on substance in ' || t.destination_words
        || ' in ' || t.year || ', ' || {_pct("t.recognised_pct")} || ' recognised a refugee'
        || CASE WHEN t.other_protection_pct >= 0.5
                THEN ' and ' || {_pct("t.other_protection_pct")} || ' gave other protection'
                ELSE '' END
        || coalesce('; in ' || (t.year - 1) || ' ' || {_pct("t.recognised_pct_before")}
                    || ' recognised one', '')"""
_EVERY = f"""{number("t.decisions")} || ' asylum decisions in ' || t.destination_words || ' in '
        || t.year || ', ' || {_pct("t.recognised_pct")} || ' recognised a refugee'
        || coalesce('; in ' || (t.year - 1) || ' it was ' || {_pct("t.recognised_pct_before")},
                    '')"""
RECOGNITION = f"""
    WITH counted AS (
        SELECT * FROM main.recognition WHERE unit = 'persons' AND NOT coalesce(is_partial, false)
    ), newest AS (
        SELECT destination_iso3, year, first_instance_recognised_pct IS NOT NULL AS is_first
        FROM counted
        WHERE origin_iso3 = 'total' AND coalesce(first_instance_recognised_pct, recognised_pct)
              IS NOT NULL
        QUALIFY row_number() OVER (PARTITION BY destination_iso3 ORDER BY year DESC) = 1
    ), said AS (
        SELECT r.destination, {with_article("r.destination_iso3", "r.destination")}
                   AS destination_words,
               r.origin, r.year, n.is_first AS is_first_instance,
               CASE WHEN n.is_first THEN r.first_instance_on_substance ELSE r.decisions END
                   AS decisions,
               CASE WHEN n.is_first THEN r.first_instance_recognised_pct ELSE r.recognised_pct END
                   AS recognised_pct,
               CASE WHEN n.is_first THEN r.first_instance_other_protection_pct END
                   AS other_protection_pct,
               CASE WHEN n.is_first THEN r.first_instance_recognised_pct_year_before
                    ELSE r.recognised_pct_year_before END AS recognised_pct_before,
               r.no_first_instance_share, r.unit, r.age_months, r.source_id, r.as_of_date,
               r.destination_iso3, r.origin_iso3, r.year = n.year AS is_newest
        FROM counted r JOIN newest n USING (destination_iso3)
        WHERE r.origin_iso3 = 'total' OR r.year = n.year
    ), placed AS (
        SELECT *, CASE WHEN origin_iso3 = 'total' THEN 0 ELSE row_number() OVER (
                      PARTITION BY destination_iso3, origin_iso3 = 'total'
                      ORDER BY decisions DESC NULLS LAST, origin) END AS place
        FROM said
    )
    SELECT t.destination, t.destination_words, t.origin, t.place, t.year, t.is_first_instance,
           t.decisions, t.recognised_pct, t.other_protection_pct, t.recognised_pct_before,
           CASE WHEN t.place = 0 AND t.is_newest
                THEN 'Of ' || CASE WHEN t.is_first_instance THEN {_FIRST} ELSE {_EVERY} END || '.'
                END AS sentence,
           CASE WHEN t.place > 0 OR NOT t.is_newest THEN NULL
                WHEN t.is_first_instance
                THEN 'Reviews, and files closed without a decision on substance, are left out.'
                ELSE 'Reviews, and files closed without a decision on substance, are counted in. '
                     || t.no_first_instance_share END AS note,
           t.unit, {unit_words("t.unit")} AS unit_words, t.age_months,
           {age_words("t.age_months")} AS age_words, t.source_id, t.as_of_date,
           t.destination_iso3, t.origin_iso3, 'asylum_decisions_recognized' AS indicator
    FROM placed t
    WHERE t.place <= {MOST_ORIGINS} AND t.decisions IS NOT NULL
    ORDER BY t.destination, t.place, t.year DESC
"""
NOTHING = (
    "SELECT "
    + ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in TYPES.items())
    + " WHERE false"
)
RECOGNITION_SAID = Entry(
    "recognition",
    "What share of asylum decisions recognised a refugee: of first decisions on substance where "
    "such are published, else of all decisions. All origins together by year, and the largest "
    "origins of the newest complete year. One row a country, origin and year, in persons.",
    {
        "destination": DESTINATION,
        "destination_words": "The same as it stands within a sentence.",
        "origin": ORIGIN,
        "place": "0 for all origins together, then by the number of decisions.",
        "year": "Calendar year.",
        "is_first_instance": "True where the share is of first decisions on substance, false where "
        "it is of all decisions, reviews and files closed otherwise included.",
        "decisions": "The decisions that the share is of.",
        "recognised_pct": "Recognised, in per cent of them.",
        "other_protection_pct": "Given other protection, in per cent of them; null where the share "
        "is of all decisions.",
        "recognised_pct_before": "The share recognised of the year before; null where the two are "
        "not comparable.",
        "sentence": "The newest share of all origins in a sentence.",
        "note": "What to add to the sentence.",
        "unit": "Persons.",
        "unit_words": "The same as people say it.",
        "age_months": AGE,
        "age_words": "The same in words: 3 months.",
        "source_id": SOURCE,
        "as_of_date": AS_OF,
        "destination_iso3": DESTINATION_CODE,
        "origin_iso3": ORIGIN_CODE,
        "indicator": "Code of what is counted.",
    },
    RECOGNITION,
    needs=(DECISIONS,),
    without=NOTHING,
)
