"""Names and rates beside figures: which figures have a rate, and of whose population."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from fcm_migration.publish.place_views import NEVER_ARRIVED, PLACES
from fcm_migration.publish.views import View

# indicator, unit, destination, origin, frequency, first day, value, is partial, source
Figure = tuple[str, str, str, str, str, str, int | None, bool, str]


def quarters(indicator: str, origin: str, year: int, value: int, *, partial: bool) -> list[Figure]:
    """A year of the United Kingdom's quarters, the last of them incomplete or not."""
    return [
        (
            *(indicator, "persons", "GBR", origin, "Q", f"{year}-{month:02d}-01", value),
            *(partial and month == 10, "ho"),
        )
        for month in (1, 4, 7, 10)
    ]  # type: ignore[misc]


def months(year: int, sources: tuple[str, str]) -> list[Figure]:
    """A year of Canada's months, its halves of these sources."""
    return [
        (
            *("claims", "persons", "CAN", "total", "M", f"{year}-{month:02d}-01", month),
            *(False, sources[month > 6]),
        )
        for month in range(1, 13)
    ]  # type: ignore[misc]


FIGURES = [
    ("applications", "persons", "GBR", "total", "A", "2023-01-01", 100, False, "unhcr"),
    ("applications", "persons", "GBR", "total", "A", "2024-01-01", 120, False, "unhcr"),
    ("applications", "persons", "GBR", "total", "A", "2025-01-01", 60, False, "unhcr"),
    ("applications", "persons", "GBR", "total", "A", "2026-01-01", 70, False, "unhcr"),
    ("applications", "persons", "CAN", "total", "A", "2024-01-01", 33, True, "unhcr"),
    ("applications", "persons", "USA", "total", "A", "2024-01-01", None, False, "unhcr"),
    ("applications", "persons", "all", "total", "A", "2024-01-01", 900, False, "unhcr"),
    ("applications", "persons", "GBR", "SYR", "A", "2024-01-01", 30, False, "unhcr"),
    ("applications", "persons", "GBR", "stateless", "A", "2024-01-01", 3, False, "unhcr"),
    ("applications_cases", "cases", "GBR", "total", "A", "2024-01-01", 50, False, "unhcr"),
    ("encounters", "events", "USA", "total", "A", "2024-01-01", 500, False, "ohss"),
    ("claims", "persons", "NZL", "total", "A", "2024-07-01", 7, False, "inz"),
    ("maritime_returns", "persons", "AUS", "total", "A", "2024-01-01", 7, False, "aph"),
    ("refugees", "persons", "GBR", "total", "A", "2024-01-01", 1000, False, "unhcr"),
    *quarters("pending", "total", 2024, 9, partial=False),
    *quarters("claims", "total", 2024, 5, partial=False),
    *quarters("claims", "total", 2023, 5, partial=True),
    *quarters("claims", "SYR", 2024, 1, partial=False),
    *months(2024, ("ircc", "ircc")),
    *months(2023, ("ircc", "other")),
]
KINDS = {
    **dict.fromkeys(("applications", "applications_cases", "encounters", "claims"), "flow"),
    "maritime_returns": "flow",
    "refugees": "stock",
    "pending": "stock",
}
PEOPLE = [("GBR", 2023, 1_000_000), ("GBR", 2024, 2_000_000), ("CAN", 2024, 300_000)]
PEOPLE += [("USA", 2024, 5), ("NZL", 2024, 5), ("AUS", 2024, 5)]


@pytest.fixture(scope="module")
def fcm() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA mart; CREATE SCHEMA meta")
        connection.execute(
            "CREATE TABLE figures (indicator VARCHAR, unit VARCHAR, destination_iso3 VARCHAR, "
            "origin_iso3 VARCHAR, frequency VARCHAR, period_start DATE, value BIGINT, "
            "is_partial BOOLEAN, source_id VARCHAR, route VARCHAR DEFAULT 'all', "
            "origin_class VARCHAR DEFAULT 'country', rounding BIGINT DEFAULT 1, "
            "as_of_date DATE DEFAULT DATE '2026-01-01', obtained VARCHAR DEFAULT 'bundled', "
            "is_suppressed BOOLEAN DEFAULT false)"
        )
        marks = ", ".join("?" * 9)
        names = "indicator, unit, destination_iso3, origin_iso3, frequency, period_start, value, "
        connection.executemany(
            f"INSERT INTO figures ({names} is_partial, source_id) VALUES ({marks})",  # noqa: S608
            FIGURES,
        )
        connection.execute(
            "CREATE VIEW mart.totals AS SELECT * EXCLUDE (origin_iso3, origin_class) FROM figures "
            "WHERE origin_iso3 = 'total'; CREATE VIEW mart.by_origin AS FROM figures "
            "WHERE origin_iso3 <> 'total'"
        )
        connection.execute("CREATE TABLE meta.indicators (indicator VARCHAR, kind VARCHAR)")
        connection.executemany("INSERT INTO meta.indicators VALUES (?, ?)", list(KINDS.items()))
        connection.execute(
            "CREATE TABLE mart.population AS SELECT *, 'worldbank_population' AS source_id, "
            "DATE '2025-10-07' AS as_of_date FROM (VALUES ('GBR', 0, 0)) "
            "t(country_code, year, population_persons) WHERE year > 0"
        )
        connection.executemany(
            "INSERT INTO mart.population VALUES (?, ?, ?, 'worldbank_population', '2025-10-07')",
            PEOPLE,
        )
        connection.execute(
            "CREATE TABLE meta.countries AS SELECT * FROM (VALUES "
            "('GBR', 'United Kingdom', 'Europe', 'Northern Europe'), "
            "('SYR', 'Syria', 'Asia', 'Western Asia'), ('stateless', 'Stateless', '', '')) "
            "t(country_code, country_name, region, subregion)"
        )
        for name, comment, sql in PLACES:
            for statement in View("mart", name, comment, sql).statements():
                connection.execute(statement)
        yield connection


def rates(fcm: duckdb.DuckDBPyConnection, where: str) -> list[tuple[object, ...]]:
    columns = "indicator, destination_iso3, year, value, per_100k_inhabitants, population_year"
    sql = f"SELECT {columns} FROM mart.totals_per_100k WHERE {where} ORDER BY ALL"  # noqa: S608
    return fcm.sql(sql).fetchall()


def test_a_year_has_the_rate_of_its_population_or_of_the_year_before(
    fcm: duckdb.DuckDBPyConnection,
) -> None:
    """2025 has no population yet and takes that of 2024; 2026 would be two years off."""
    assert rates(fcm, "indicator = 'applications'") == [
        ("applications", "GBR", 2023, 100, 10.0, 2023),
        ("applications", "GBR", 2024, 120, 6.0, 2024),
        ("applications", "GBR", 2025, 60, 3.0, 2024),
    ]


def test_only_whole_years_of_persons_have_a_rate(fcm: duckdb.DuckDBPyConnection) -> None:
    """No cases, events, people turned back, half-years, withheld figures, years from July."""
    kinds = fcm.sql("SELECT DISTINCT indicator, kind, unit FROM mart.totals_per_100k ORDER BY ALL")
    assert kinds.fetchall() == [
        ("applications", "flow", "persons"),
        ("claims", "flow", "persons"),
        ("refugees", "stock", "persons"),
    ]
    assert rates(fcm, "destination_iso3 NOT IN ('GBR', 'CAN')") == []
    assert NEVER_ARRIVED == ("maritime_returns", "small_boat_preventions")


def test_quarters_and_months_of_a_flow_make_a_year_if_all_are_there(
    fcm: duckdb.DuckDBPyConnection,
) -> None:
    """Not if one is incomplete, or of another source; quarters of a stock never."""
    assert rates(fcm, "indicator = 'claims'") == [
        ("claims", "CAN", 2024, 78, 26.0, 2024),
        ("claims", "GBR", 2024, 20, 1.0, 2024),
    ]
    made = fcm.sql(
        "SELECT destination_iso3, made_of, source_id, population_persons, population_source_id, "
        "CAST(population_as_of_date AS VARCHAR) FROM mart.totals_per_100k "
        "WHERE indicator = 'claims' ORDER BY ALL"
    ).fetchall()
    assert made == [
        ("CAN", "M", "ircc", 300_000, "worldbank_population", "2025-10-07"),
        ("GBR", "Q", "ho", 2_000_000, "worldbank_population", "2025-10-07"),
    ]


def test_rates_by_origin_are_of_printed_years(fcm: duckdb.DuckDBPyConnection) -> None:
    found = fcm.sql(
        "SELECT indicator, origin_iso3, value, per_100k_inhabitants, made_of "
        "FROM mart.by_origin_per_100k ORDER BY ALL"
    ).fetchall()
    assert found == [
        ("applications", "SYR", 30, 1.5, "A"),
        ("applications", "stateless", 3, 0.15, "A"),
    ]


def test_names_stand_beside_codes_and_no_row_is_lost(fcm: duckdb.DuckDBPyConnection) -> None:
    for view in ("totals", "by_origin"):
        rows, named = (
            fcm.sql(f"SELECT count(*) FROM mart.{name}").fetchall()  # noqa: S608
            for name in (view, f"{view}_named")
        )
        assert rows == named
    found = fcm.sql(
        "SELECT DISTINCT destination_name, origin_name, origin_region, origin_subregion "
        "FROM mart.by_origin_named WHERE frequency = 'A' ORDER BY ALL"
    ).fetchall()
    assert found == [
        ("United Kingdom", "Stateless", "", ""),
        ("United Kingdom", "Syria", "Asia", "Western Asia"),
    ]
    unnamed = fcm.sql("SELECT DISTINCT destination_name FROM mart.totals_named ORDER BY ALL")
    assert unnamed.fetchall() == [("United Kingdom",), (None,)]
