"""Decisions and recognition: units apart, a missing part makes no sum, no share of a few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pytest

from fcm_migration.publish.recognition import RECOGNITION, RECOGNITION_ENTRY

# country, printed origin, year, procedure, level, unit, recognised, other, rejected, closed
Printed = tuple[str, str, int, str, str, str, int | None, int, int, int]
PRINTED: list[Printed] = [
    ("CAN", "IRN", 2023, "G", "FI", "P", 60, 0, 40, 100),
    ("CAN", "IRN", 2024, "G", "FI", "P", 75, 5, 20, 100),
    ("CAN", "IRN", 2024, "G", "AR", "P", 5, 0, 95, 0),
    ("CAN", "IRN", 2024, "U", "FI", "P", 9, 0, 1, 0),
    ("CAN", "IRN", 2024, "G", "FI", "C", 10, 0, 90, 0),
    ("CAN", "XXA", 2024, "G", "FI", "P", 10, 0, 10, 0),
    ("CAN", "TUR", 2024, "G", "FI", "P", None, 0, 100, 0),
    ("CAN", "ZZZ", 2025, "G", "FA", "P", 50, 0, 50, 0),
    ("USA", "IRN", 2024, "G", "EO", "P", 50, 0, 50, 0),
    ("USA", "IRN", 2024, "G", "IN", "P", 50, 0, 50, 0),
    ("NZL", "IRN", 2023, "G", "FI", "P", 50, 0, 50, 0),
    ("NZL", "IRN", 2024, "G", "FI", "P", 50, 0, 50, 0),
    ("AUT", "IRN", 2024, "G", "FI", "P", 50, 0, 50, 0),
]
SCHEMAS = """
    CREATE SCHEMA core; CREATE SCHEMA mart; CREATE SCHEMA meta;
    CREATE TABLE core.unhcr_asylum_decisions (
        asylum_printed_iso3 VARCHAR, origin_printed_iso3 VARCHAR, year BIGINT,
        procedure_type VARCHAR, decision_level VARCHAR, persons_or_cases VARCHAR,
        recognized BIGINT, other_protection BIGINT, rejected BIGINT, otherwise_closed BIGINT,
        decisions BIGINT, origin_name VARCHAR, as_of_date DATE);
    CREATE TABLE meta.edition AS SELECT TIMESTAMP '2026-07-01' AS published_at;
    CREATE TABLE meta.countries AS FROM (VALUES
        ('CAN', 'Canada'), ('USA', 'United States'), ('NZL', 'New Zealand'), ('IRN', 'Iran'),
        ('TUR', 'Turkey'), ('stateless', 'Stateless'), ('total', 'All origins'))
        t(country_code, country_name);
    CREATE TABLE mart.flows AS
        SELECT DISTINCT 'unhcr_asylum_decisions' AS source_id, c AS destination_iso3,
               'total' AS origin_iso3, make_date(y, 1, 1) AS period_start, false AS is_partial
        FROM (VALUES ('CAN'), ('USA'), ('NZL')) t(c), (VALUES (2023), (2024), (2025)) u(y);
    CREATE TABLE meta.series_breaks AS FROM (VALUES
        ('unhcr_asylum_decisions/asylum_decisions_total/NZL/total/all/all/all/A', 'definition',
         DATE '2024-01-01', CAST(NULL AS DATE), 'Counted anew.'),
        ('unhcr_asylum_decisions/asylum_decisions_total/CAN/total/all/all/all/A', 'suppression',
         DATE '2024-01-01', CAST(NULL AS DATE), 'Rounded.'))
        t(series_id, break_kind, break_first_date, break_last_date, words);
"""


@pytest.fixture(name="rows", scope="module")
def answered() -> Mapping[tuple[str, str, int, str], Mapping[str, Any]]:
    """Rows of the view by country, origin, year and unit."""
    with duckdb.connect() as connection:
        connection.execute(SCHEMAS)
        connection.executemany(
            "INSERT INTO core.unhcr_asylum_decisions SELECT *, "
            "coalesce($7, 0) + $8 + $9 + $10, 'as printed', DATE '2026-06-11' FROM (VALUES "
            "($1, $2, $3::BIGINT, $4, $5, $6, $7::BIGINT, $8::BIGINT, $9::BIGINT, $10::BIGINT))",
            PRINTED,
        )
        found = connection.sql(RECOGNITION).pl()
    assert found.columns == list(RECOGNITION_ENTRY.columns)
    assert not found.select("destination_iso3", "origin_iso3", "year", "unit").is_duplicated().any()
    return {
        (row["destination_iso3"], row["origin_iso3"], row["year"], row["unit"]): row
        for row in found.iter_rows(named=True)
    }


Rows = Mapping[tuple[str, str, int, str], Mapping[str, Any]]


def test_instances_are_decisions_and_first_instance_is_the_governments(rows: Rows) -> None:
    iran = rows["CAN", "IRN", 2024, "persons"]
    parts = ("recognised", "other_protection", "rejected", "otherwise_closed")
    assert [iran[name] for name in parts] == [89, 5, 116, 100]
    assert iran["decisions"] == 310
    assert iran["recognised_pct"] == pytest.approx(28.7)
    assert iran["first_instance_on_substance"] == 100
    assert iran["first_instance_recognised_pct"] == 75
    assert iran["first_instance_other_protection_pct"] == 5
    assert iran["first_instance_recognised_pct_year_before"] == 60
    assert iran["recognised_pct_year_before"] == 30
    assert iran["no_first_instance_share"] is None
    assert (iran["origin"], iran["age_months"]) == ("Iran", 18)


def test_persons_and_cases_are_never_added(rows: Rows) -> None:
    assert rows["CAN", "IRN", 2024, "cases"]["decisions"] == 100
    assert rows["CAN", "IRN", 2024, "cases"]["recognised_pct_year_before"] is None
    assert rows["CAN", "total", 2024, "cases"]["recognised"] == 10


def test_a_missing_part_makes_no_sum_and_no_share(rows: Rows) -> None:
    turkey = rows["CAN", "TUR", 2024, "persons"]
    assert turkey["recognised"] is None
    assert turkey["recognised_pct"] is None
    assert turkey["rejected"] == 100
    assert turkey["first_instance_recognised_pct"] is None
    assert rows["CAN", "total", 2024, "persons"]["recognised"] is None
    assert rows["CAN", "total", 2023, "persons"]["recognised"] == 60


def test_a_few_decisions_have_no_share_and_every_lack_is_explained(rows: Rows) -> None:
    stateless = rows["CAN", "stateless", 2024, "persons"]
    assert (stateless["decisions"], stateless["recognised_pct"]) == (20, None)
    assert "Fewer than 50" in stateless["no_first_instance_share"]
    assert "Two bodies" in rows["USA", "IRN", 2024, "persons"]["no_first_instance_share"]
    assert "one figure" in rows["CAN", "total", 2025, "persons"]["no_first_instance_share"]
    for row in rows.values():
        lacks = row["first_instance_recognised_pct"] is None
        assert lacks == (row["no_first_instance_share"] is not None)


def test_an_origin_without_a_name_of_ours_has_the_printed_one(rows: Rows) -> None:
    assert rows["CAN", "ZZZ", 2025, "persons"]["origin"] == "as printed"
    assert rows["CAN", "total", 2025, "persons"]["origin"] == "All origins"


def test_shares_are_not_compared_where_the_count_changed(rows: Rows) -> None:
    changed = rows["NZL", "IRN", 2024, "persons"]
    assert changed["recognised_pct"] == 50
    assert changed["recognised_pct_year_before"] is None
    assert changed["counted_otherwise_from"] == "Counted anew."
    assert rows["CAN", "IRN", 2024, "persons"]["counted_otherwise_from"] is None
    assert not [key for key in rows if key[0] == "AUT"]
