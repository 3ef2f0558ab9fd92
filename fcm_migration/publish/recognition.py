"""The entry view ``recognition``: asylum decisions and the shares that recognise a refugee."""

# ruff: noqa: S608  (every piece is a constant of this package or of the catalogue)
from __future__ import annotations

from fcm_migration.publish.entry import (
    AGE,
    CODES,
    DESTINATION,
    FROM,
    ORIGIN,
    Entry,
)
from fcm_migration.publish.entry_sql import OF_THE_FIVE, OTHER_COUNT, age
from fcm_migration.trends.corridors.settings import LEAST_DECISIONS

DECISIONS = "core.unhcr_asylum_decisions"
# UNHCR's printed codes of origins that are no country, as mart.flows and meta.countries have them
NO_COUNTRY = "WHEN 'XXA' THEN 'stateless' WHEN 'UNK' THEN 'unknown' WHEN 'TIB' THEN 'tibetan'"
# First instance: the government's, where one body gives it. The United States has two.
FIRST = "d.procedure_type = 'G' AND d.decision_level = 'FI'"


def _sum(column: str, where: str = "true") -> str:
    """Return the SQL of a sum that is null where a part of it is."""
    rows = f"FILTER ({where})"
    return (
        f"CASE WHEN count(d.{column}) {rows} = count(*) {rows} "
        f"THEN CAST(sum(d.{column}) {rows} AS BIGINT) END"
    )


def _share(part: str, whole: str) -> str:
    return f"CASE WHEN {whole} >= {LEAST_DECISIONS} THEN round(100.0 * {part} / {whole}, 1) END"


RECOGNITION = f"""
    WITH printed AS (
        SELECT asylum_printed_iso3 AS destination_iso3,
               CASE origin_printed_iso3 {NO_COUNTRY} ELSE origin_printed_iso3 END AS origin_iso3,
               origin_name, year, CASE persons_or_cases WHEN 'P' THEN 'persons' ELSE 'cases' END
                   AS unit,
               procedure_type, decision_level, decisions, recognized, other_protection, rejected,
               otherwise_closed, as_of_date
        FROM {DECISIONS} WHERE asylum_printed_iso3 IN ({OF_THE_FIVE})
    ), every AS (
        FROM printed UNION ALL
        SELECT * REPLACE ('total' AS origin_iso3, NULL AS origin_name) FROM printed
    ), sums AS (
        SELECT d.destination_iso3, d.origin_iso3, d.year, d.unit, min(d.origin_name) AS origin_name,
               {_sum("decisions")} AS decisions, {_sum("recognized")} AS recognised,
               {_sum("other_protection")} AS other_protection, {_sum("rejected")} AS rejected,
               {_sum("otherwise_closed")} AS otherwise_closed,
               {_sum("recognized", FIRST)} AS first_recognised,
               {_sum("other_protection", FIRST)} AS first_other,
               {_sum("rejected", FIRST)} AS first_rejected,
               first_recognised + first_other + first_rejected AS first_instance_on_substance,
               bool_or(d.decision_level = 'FA') AS has_both_in_one, max(d.as_of_date) AS as_of_date
        FROM every d
        GROUP BY ALL
    ), incomplete AS (
        SELECT destination_iso3, year(period_start) AS year, bool_or(is_partial) AS is_partial
        FROM mart.flows
        WHERE source_id = 'unhcr_asylum_decisions' AND origin_iso3 = 'total'
          AND destination_iso3 IN ({OF_THE_FIVE})
        GROUP BY ALL
    ), breaks AS (
        SELECT DISTINCT split_part(series_id, '/', 3) AS destination_iso3,
               CASE split_part(series_id, '/', 2) WHEN 'asylum_decisions_total' THEN 'persons'
                    ELSE 'cases' END AS unit,
               year(break_first_date) AS first_year, year(break_last_date) AS last_year, words
        FROM meta.series_breaks
        WHERE series_id LIKE 'unhcr_asylum_decisions/asylum_decisions_total%/total/%'
          AND break_kind IN {OTHER_COUNT}
    ), changes AS (
        SELECT destination_iso3, unit, year, string_agg(words, ' ' ORDER BY words) AS words
        FROM (SELECT destination_iso3, unit, first_year AS year, words FROM breaks
              UNION SELECT destination_iso3, unit, last_year + 1, words FROM breaks)
        WHERE year IS NOT NULL
        GROUP BY ALL
    ), shares AS (
        SELECT s.*, i.is_partial, k.words AS counted_otherwise_from,
               {_share("s.recognised", "s.decisions")} AS recognised_pct,
               {_share("s.first_recognised", "s.first_instance_on_substance")}
                   AS first_instance_recognised_pct,
               {_share("s.first_other", "s.first_instance_on_substance")}
                   AS first_instance_other_protection_pct
        FROM sums s
        LEFT JOIN incomplete i USING (destination_iso3, year)
        LEFT JOIN changes k USING (destination_iso3, unit, year)
    )
    SELECT c.country_name AS destination, coalesce(o.country_name, s.origin_name) AS origin, s.year,
           s.decisions, s.recognised, s.other_protection, s.rejected, s.otherwise_closed,
           s.recognised_pct, b.recognised_pct AS recognised_pct_year_before,
           s.first_instance_on_substance, s.first_instance_recognised_pct,
           s.first_instance_other_protection_pct,
           b.first_instance_recognised_pct AS first_instance_recognised_pct_year_before,
           CASE WHEN s.first_instance_recognised_pct IS NOT NULL THEN NULL
                WHEN s.destination_iso3 = 'USA'
                THEN 'Two bodies decide at first instance, asylum offices and immigration courts, '
                     || 'and many claims pass through both.'
                WHEN s.has_both_in_one THEN 'First instance and review are one figure.'
                WHEN s.first_instance_on_substance > 0
                THEN 'Fewer than {LEAST_DECISIONS} decisions on substance at first instance.'
                ELSE 'No complete figures of first instance are printed for this year, origin and '
                     || 'unit.' END AS no_first_instance_share,
           s.unit, s.is_partial, s.counted_otherwise_from,
           {age("make_date(s.year, 1, 1)", "'A'")} AS age_months,
           'unhcr_asylum_decisions' AS source_id, s.as_of_date, s.destination_iso3, s.origin_iso3
    FROM shares s
    CROSS JOIN meta.edition e
    LEFT JOIN shares b ON b.destination_iso3 = s.destination_iso3
        AND b.origin_iso3 = s.origin_iso3 AND b.unit = s.unit AND b.year = s.year - 1
        AND NOT b.is_partial AND NOT s.is_partial AND s.counted_otherwise_from IS NULL
    LEFT JOIN meta.countries c ON c.country_code = s.destination_iso3
    LEFT JOIN meta.countries o ON o.country_code = s.origin_iso3
    ORDER BY s.origin_iso3 <> 'total', s.year DESC, destination, s.unit DESC, s.decisions DESC,
             origin
"""
_FEW = f"null under {LEAST_DECISIONS} such decisions"
RECOGNITION_ENTRY = Entry(
    "recognition",
    "How many asylum decisions were there, and what share recognised a refugee? One row a country, "
    "origin, year and unit, as UNHCR prints them; all origins together come first, the newest year "
    "first. Decisions in persons and decisions in cases have rows of their own and are never "
    "added, nor are all origins and each. A person refused at first instance may be decided on "
    "again, so decisions of every instance together are more than people; the share to quote is "
    "mostly that of first instance. UNHCR rounds counts of 1 to 4 to 0 or 5.",
    {
        "destination": DESTINATION,
        "origin": ORIGIN,
        "year": "Calendar year.",
        "decisions": "Asylum decisions of every instance, those closed otherwise included. Null "
        "where UNHCR does not print a part of them, as in the next four.",
        "recognised": "Of them, decisions that recognise a refugee.",
        "other_protection": "Of them, decisions that give other (complementary) protection.",
        "rejected": "Of them, rejections.",
        "otherwise_closed": "Of them, files closed without a decision on substance: withdrawn, "
        "abandoned, inadmissible, referred elsewhere.",
        "recognised_pct": f"Recognised, in per cent of all decisions; {_FEW}.",
        "recognised_pct_year_before": "The same of the year before; null where either year is not "
        "complete or was counted in another way.",
        "first_instance_on_substance": "Decisions of the government's first instance that "
        "recognise, give other protection or reject: files closed otherwise are left out. Null "
        "where none are printed.",
        "first_instance_recognised_pct": f"Recognised, in per cent of these; {_FEW}.",
        "first_instance_other_protection_pct": "Given other protection, in per cent of these.",
        "first_instance_recognised_pct_year_before": "The share recognised of the year before; "
        "null where either year is not complete or was counted in another way.",
        "no_first_instance_share": "Why there is no share of first instance; null where there is.",
        "unit": "Persons or cases: never add or compare figures of different units.",
        "is_partial": "True where the year holds January to June only, or not every instance.",
        "counted_otherwise_from": "What changed in the count of the country's decisions with this "
        "year; null where nothing is on record. Never compare shares of before and after.",
        "age_months": AGE,
        **FROM,
        **{name: said for name, said in CODES.items() if name != "indicator"},
    },
    RECOGNITION,
    needs=(DECISIONS,),
)
