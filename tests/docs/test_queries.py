"""Every question of docs/queries.md is answered, with its unit, source and date."""

from __future__ import annotations

import re

import polars as pl
import pytest

from fcm_migration.config import PROJECT_ROOT, Home
from fcm_migration.marts.coverage import coverage_page
from fcm_migration.publish.editions import verify
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.tables import published_declarations
from fcm_migration.sources import SOURCES

PAGE = (PROJECT_ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
MIGRATION = (PROJECT_ROOT / "docs" / "migration.md").read_text(encoding="utf-8")
SECTIONS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])
SQL = re.compile(r"```sql\n(.*?)```", re.DOTALL)
QUESTIONS = {title: SQL.findall(text) for title, text in SECTIONS.items()}
FIGURES = {"value", "median", "arrivals_to_date", "last_12_months", "refugees", "recognised"}


def test_every_section_is_a_question_a_caveat_and_one_block() -> None:
    assert len(SECTIONS) >= 12
    for title, text in SECTIONS.items():
        assert title.endswith("?")
        assert len(QUESTIONS[title]) == 1, title
        assert len(text.split("```")[0].strip()) > 40, title


@pytest.mark.slow
@pytest.mark.parametrize("title", QUESTIONS)
def test_the_question_is_answered(bundled: Connection, title: str) -> None:
    answer = bundled.sql(QUESTIONS[title][0])
    assert answer.height > 0
    assert [name for name in answer.columns if answer[name].null_count() == answer.height] in (
        [],
        ["names_of_failed"],
    )
    if FIGURES & set(answer.columns):
        assert {"source_id", "as_of_date"} <= set(answer.columns)
        assert {"unit", "persons_or_cases"} & set(answer.columns)


@pytest.mark.slow
def test_known_figures_of_the_bundled_edition(bundled: Connection) -> None:
    """Two figures read off the publishers' own pages: 2025 arrivals, September 2023 encounters."""
    boats = bundled.sql(QUESTIONS["How many persons came in each boat?"][0]).filter(
        year=2025,
    )
    assert (int(boats["persons"].item()), int(boats["boats"].item())) == (41_472, 672)


@pytest.mark.slow
def test_the_newest_month_of_each_country(bundled: Connection) -> None:
    """One row a country and indicator; a country without months has its years, and is there."""
    newest = bundled.sql(QUESTIONS["What did the newest month bring, country by country?"][0])
    assert not newest.select("destination_iso3", "indicator").is_duplicated().any()
    assert set(newest.get_column("destination_iso3")) == {"AUS", "CAN", "GBR", "NZL", "USA"}
    frequencies = newest.group_by("destination_iso3").agg(pl.col("frequency").unique().first())
    assert dict(frequencies.rows()) == {"AUS": "A", "CAN": "M", "GBR": "M", "NZL": "A", "USA": "M"}
    found = {
        (country, indicator): (route, day.isoformat()[:7], value, unit)
        for country, indicator, route, day, value, unit in newest.select(
            "destination_iso3", "indicator", "route", "period_start", "value", "unit"
        ).rows()
    }
    expected = {
        ("AUS", "asylum_applications_new"): ("all", "2025-01", 24_581, "persons"),
        ("CAN", "asylum_claims"): ("all", "2025-07", 12_545, "persons"),
        ("GBR", "small_boat_arrivals"): ("english_channel", "2026-07", 2_316, "persons"),
        ("NZL", "asylum_applications_new"): ("all", "2025-01", 2_058, "persons"),
        ("USA", "border_encounters"): ("all", "2024-11", 47_540, "events"),
        ("USA", "nationwide_encounters"): ("all", "2025-11", 30_375, "events"),
        ("USA", "land_border_encounters"): ("southwest_land_border", "2025-08", 9_740, "events"),
    }
    assert {key: found[key] for key in expected} == expected
    assert (newest.get_column("age_months") > 0).all()


@pytest.mark.slow
def test_what_stood_published_on_five_days(bundled: Connection) -> None:
    """CBP's fiscal years by release; sums of its files, counted without this project."""
    closed = {2020: 646_822, 2021: 1_956_519, 2022: 2_766_582, 2023: 3_201_144}
    later = closed | {2024: 2_901_142, 2025: 691_906}
    expected = {
        "2023-11-13": {},
        "2023-11-14": closed,
        "2025-10-14": closed,
        "2025-10-15": later,
        "2025-12-15": later | {2026: 60_926},
    }
    for day, years in expected.items():
        stood = f"core.us_cbp_nationwide_citizenships_as_of(DATE '{day}')"
        sums = "SELECT fiscal_year, sum(encounters_events)::BIGINT"
        found = bundled.sql(f"{sums} FROM {stood} GROUP BY 1")
        assert dict(found.rows()) == years, day
    releases = bundled.sql(
        "SELECT DISTINCT fiscal_year, as_of_date::VARCHAR FROM core.us_cbp_nationwide_citizenships"
    )
    newest = "2025-12-15"
    assert dict(releases.rows()) == {
        **dict.fromkeys((2020, 2021), "2023-11-14"),
        2022: "2025-10-15",
        **dict.fromkeys((2023, 2024, 2025, 2026), newest),
    }


@pytest.mark.slow
def test_recognition_by_instance_with_half_years_marked(bundled: Connection) -> None:
    """The United Kingdom's first instance of 2024 is one row; reviews are never in it."""
    answer = bundled.sql(
        QUESTIONS["What share of decisions recognised a refugee, by destination?"][0]
    )
    key = ["year", "destination_iso3", "decision_level", "persons_or_cases"]
    assert not answer.select(key).is_duplicated().any()
    britain = answer.filter(year=2024, destination_iso3="GBR", instance="first instance")
    assert britain.select("recognised", "recognised_pct", "is_partial").rows() == [
        (35_585, 42.6, False)
    ]
    canada = answer.filter(year=2024, destination_iso3="CAN").sort("decision_level")
    assert canada.select("instance", "recognised_pct").rows() == [
        ("review", 23.7),
        ("first instance", 79.0),
        ("repeat application", 23.0),
    ]
    marked = answer.filter("is_partial").select("year", "destination_iso3").unique()
    assert set(marked.rows()) == {(2024, "AUS"), (2024, "USA")}


@pytest.mark.slow
def test_recognition_agrees_with_the_marts_and_with_the_question_by_instance(
    bundled: Connection,
) -> None:
    """Sums of every origin as the marts have them; the shares of 2024 read off UNHCR's rows."""
    different = bundled.sql("""
        WITH marts AS (
            SELECT destination_iso3, origin_iso3, unit, year(period_start) AS year,
                   max(value) FILTER (indicator LIKE '%decisions_total%') AS decisions,
                   max(value) FILTER (indicator LIKE '%decisions_recognized%') AS recognised,
                   bool_or(is_partial) AS is_partial
            FROM mart.flows
            WHERE source_id = 'unhcr_asylum_decisions'
              AND destination_iso3 IN ('AUS', 'CAN', 'GBR', 'NZL', 'USA')
            GROUP BY ALL
        )
        SELECT * FROM marts m
        FULL JOIN recognition r USING (destination_iso3, origin_iso3, unit, year)
        WHERE m.decisions IS DISTINCT FROM r.decisions
           OR m.recognised IS DISTINCT FROM r.recognised
           OR m.is_partial IS DISTINCT FROM r.is_partial OR r.origin IS NULL
    """)
    assert different.is_empty()
    key = "destination_iso3, origin_iso3, year, unit"
    twice = bundled.sql(f"SELECT {key} FROM recognition GROUP BY ALL HAVING count(*) > 1")  # noqa: S608
    assert twice.is_empty()
    shares = bundled.sql(
        "SELECT destination_iso3, first_instance_recognised_pct, recognised_pct "
        "FROM recognition WHERE origin_iso3 = 'total' AND year = 2024 AND unit = 'persons'"
    )
    assert {country: shares for country, *shares in shares.rows()} == {
        "AUS": [None, 12.4],
        "CAN": [79.0, 54.8],
        "GBR": [42.6, 34.8],
        "NZL": [25.7, 21.6],
        "USA": [None, 13.8],
    }


@pytest.mark.slow
def test_the_largest_origins_stand_below_the_total_of_each_country(bundled: Connection) -> None:
    question = "What share of asylum decisions recognise a refugee, and of which origins?"
    answer = bundled.sql(QUESTIONS[question][0])
    persons = answer.filter(unit="persons")
    assert dict(persons.group_by("destination").len().rows()) == dict.fromkeys(
        ("Australia", "Canada", "New Zealand", "United Kingdom", "United States"), 6
    )
    for rows in persons.partition_by("destination"):
        decisions = rows.get_column("decisions").to_list()
        assert decisions == sorted(decisions, reverse=True)
        assert decisions[0] >= sum(decisions[1:])
        assert rows.get_column("origin").to_list()[0] == "All origins"


@pytest.mark.slow
def test_recognition_is_not_compared_over_a_break(bundled: Connection) -> None:
    """The United States' unit changed in 2021 and 2025; Australia's definition in 2025."""
    shares = bundled.sql(
        "SELECT destination_iso3, year, unit, recognised_pct_year_before AS before, "
        "counted_otherwise_from AS why FROM recognition WHERE origin_iso3 = 'total' "
        "AND ((destination_iso3 = 'USA' AND year IN (2020, 2021, 2024, 2025)) "
        "  OR (destination_iso3 = 'AUS' AND year IN (2023, 2025)))"
    )
    told = {(c, y, u): (before, bool(why)) for c, y, u, before, why in shares.rows()}
    assert told["USA", 2021, "persons"] == (None, True)
    assert told["USA", 2025, "persons"] == (None, True)
    assert told["USA", 2024, "persons"] == (None, False)  # half a year
    assert told["USA", 2020, "persons"][0] is not None
    assert told["AUS", 2023, "persons"][0] is not None
    assert told["AUS", 2025, "persons"] == (None, True)


@pytest.mark.slow
def test_refugees_are_of_the_newest_complete_year_of_each_country(bundled: Connection) -> None:
    answer = bundled.sql(QUESTIONS["Where do refugees in the five countries come from?"][0])
    years = answer.select("destination_iso3", pl.col("year_from").dt.year()).unique()
    assert dict(years.rows()) == dict.fromkeys(("AUS", "CAN", "GBR", "NZL", "USA"), 2025)


@pytest.mark.slow
def test_rates_are_of_the_population_of_the_year(bundled: Connection) -> None:
    """Figures and populations as their publishers print them, divided here by hand."""
    answer = bundled.sql(
        QUESTIONS["How many asylum applications were made for every 100,000 inhabitants?"][0]
    )
    columns = ("destination_iso3", "year", "value", "population_persons", "made_of")
    printed = {
        ("AUS", 2025, 24_581, 27_196_812, "A"),
        ("CAN", 2025, 117_354, 41_288_599, "A"),
        ("GBR", 2025, 100_620, 69_226_000, "A"),
        ("NZL", 2025, 2_058, 5_287_500, "A"),
        ("USA", 2025, 629_358, 340_110_988, "A"),
    }
    new = answer.filter(indicator="asylum_applications_new")
    assert set(new.select(columns).rows()) == printed
    for value, people, rate in answer.select(
        "value", "population_persons", "per_100k_inhabitants"
    ).rows():
        assert rate == pytest.approx(value / people * 100_000, abs=0.0006)
    added = answer.filter(indicator="asylum_claims").select("destination_iso3", "year", "made_of")
    assert set(added.rows()) == {("CAN", 2024, "M"), ("GBR", 2023, "Q")}


@pytest.mark.slow
def test_rates_are_of_persons_and_countries_only(bundled: Connection) -> None:
    for view in ("totals_per_100k", "by_origin_per_100k"):
        kinds = bundled.sql(
            f"SELECT DISTINCT r.unit, i.unit AS declared FROM mart.{view} r "  # noqa: S608
            "JOIN meta.indicators i USING (indicator)"
        )
        assert kinds.rows() == [("persons", "persons")]
        strange = bundled.sql(
            f"SELECT * FROM mart.{view} WHERE year - population_year NOT IN (0, 1) "  # noqa: S608
            "OR destination_name IS NULL OR per_100k_inhabitants IS NULL "
            "OR indicator IN ('maritime_returns', 'small_boat_preventions')"
        )
        assert strange.is_empty()
    twice = bundled.sql(
        "SELECT indicator, destination_iso3, year FROM mart.totals_per_100k "
        "GROUP BY ALL HAVING count(*) > 1"
    )
    assert twice.is_empty()


@pytest.mark.slow
def test_every_code_of_the_figures_has_a_reviewed_name(bundled: Connection) -> None:
    codes = "SELECT origin_iso3 FROM mart.flows UNION SELECT destination_iso3 FROM mart.flows"
    unnamed = bundled.sql(
        f"SELECT * FROM ({codes}) f(code) LEFT JOIN meta.countries c ON c.country_code = f.code "  # noqa: S608
        "WHERE c.reviewed_date IS NULL"
    )
    assert unnamed.is_empty()


@pytest.mark.slow
def test_the_control_total_of_the_population(bundled: Connection) -> None:
    answer = bundled.sql(QUESTIONS["Is the world's population the sum of its countries?"][0])
    newest = answer.select("year", "countries", "world", "countries_counted").row(0)
    assert newest == (2024, 8_118_396_046, 8_141_808_945, 217)


@pytest.mark.slow
def test_refugees_by_region_make_the_total(bundled: Connection) -> None:
    question = "From which parts of the world do refugees in the five countries come, by name?"
    answer = bundled.sql(QUESTIONS[question][0])
    sums = dict(answer.group_by("destination_name").agg(pl.col("refugees").sum()).rows())
    totals = bundled.sql(
        "SELECT destination_name, value FROM mart.totals_named WHERE indicator = 'refugees' "
        "AND destination_iso3 IN ('AUS', 'CAN', 'GBR', 'NZL', 'USA') AND frequency = 'A' "
        "AND NOT is_partial QUALIFY row_number() OVER "
        "(PARTITION BY destination_iso3 ORDER BY period_start DESC) = 1"
    )
    assert sums == dict(totals.rows())


@pytest.mark.slow
def test_a_total_is_one_figure_a_country_indicator_and_period(bundled: Connection) -> None:
    """March 2023 in the United States: a figure an indicator, though its routes are printed too."""
    march = "WHERE destination_iso3 = 'USA' AND period_start = DATE '2023-03-01'"
    by = f"SELECT indicator, sum(value)::BIGINT FROM {{view}} {march} {{more}} GROUP BY 1"  # noqa: S608
    some = "AND indicator LIKE '%encounters'"
    total = bundled.sql(by.format(view="mart.totals_by_month", more=some))
    detail = bundled.sql(by.format(view="mart.totals_by_route", more=f"{some} AND frequency = 'M'"))
    assert dict(total.rows()) == {"border_encounters": 165_070, "nationwide_encounters": 259_471}
    assert dict(detail.rows()) == {
        "border_encounters": 330_130,
        "nationwide_encounters": 518_942,
        "land_border_encounters": 193_249,
    }
    key = "destination_iso3, indicator, frequency, period_start"
    for view, by in (("totals", key), ("by_origin", f"{key}, origin_iso3")):
        twice = bundled.sql(
            f"SELECT {by} FROM mart.{view} GROUP BY ALL HAVING count(*) > 1"  # noqa: S608
        )
        assert twice.height == 0, view
    # every indicator with a total is there, but for the one that is of one border
    without = bundled.sql(
        "SELECT DISTINCT indicator FROM mart.totals_by_route "
        "EXCEPT SELECT DISTINCT indicator FROM mart.totals"
    )
    assert without.get_column("indicator").to_list() == ["land_border_encounters"]


@pytest.mark.slow
def test_what_is_declared_a_half_year_is_marked_so(bundled: Connection) -> None:
    """The United States' 2024 in meta.breaks and in the figures; nothing partial in the panel."""
    halves = bundled.sql(
        "SELECT count(*) FILTER (is_partial) AS marked, count(*) AS rows FROM mart.flows "
        "WHERE source_id = 'unhcr_asylum_applications' AND destination_iso3 = 'USA' "
        "AND period_start = DATE '2024-01-01'"
    )
    assert halves.row(0) == (168, 168)
    declared = bundled.sql(
        "SELECT count(*) FROM mart.series s JOIN meta.series_breaks b USING (series_id) "
        "WHERE b.break_kind = 'partial' AND b.break_first_date IS NOT NULL "
        "AND s.period_start BETWEEN b.break_first_date AND b.break_last_date "
        "AND s.value IS NOT NULL"
    )
    assert declared.item() == 0


@pytest.mark.slow
def test_units_are_never_added(bundled: Connection) -> None:
    answer = bundled.sql(
        QUESTIONS["How many Venezuelans applied for asylum in each of the five countries?"][0]
    )
    units = dict(answer.select("indicator", "unit").unique().iter_rows())
    assert units == {"asylum_applications_new": "persons", "asylum_applications_new_cases": "cases"}


@pytest.mark.slow
def test_every_table_and_view_the_page_names_exists(bundled: Connection) -> None:
    named = set(re.findall(r"\b(?:core|history|mart|forecast|trend|meta)\.\w+", PAGE))
    found = bundled.sql("SELECT table_schema || '.' || table_name FROM information_schema.tables")
    macros = bundled.sql(
        "SELECT schema_name || '.' || function_name FROM duckdb_functions() "
        "WHERE function_type = 'table_macro' AND NOT internal"
    )
    assert named <= {*found.to_series(), *macros.to_series()}


@pytest.mark.slow
def test_what_the_page_on_migration_offers_answers(bundled: Connection) -> None:
    answers = {sql: bundled.sql(sql) for sql in SQL.findall(MIGRATION)}
    for sql, answer in answers.items():
        # nothing has to stand out within the last twelve months
        assert answer.height > 0 or "FROM trend.current" in sql, sql
    (keys,) = [answer for answer in answers.values() if "key" in answer.columns]
    declared = {t.full_name: ", ".join(t.key) for t in published_declarations(SOURCES)}
    assert {f"{s}.{t}": key for s, t, key in keys.iter_rows()} == declared
    (moment,) = [answer for answer in answers.values() if "is_past" in answer.columns]
    assert moment["is_past"].item()


def test_the_page_on_migration_names_every_moment() -> None:
    for table in published_declarations(SOURCES):
        for column in table.columns:
            if column.dtype == "timestamp":
                assert f"`{table.full_name}.{column.name}`" in MIGRATION
    assert "(docs/migration.md)" in (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_page_on_coverage_is_current(bundled: Connection) -> None:
    """Mend with: fcm refresh --offline into an empty home, then fcm coverage --out the page."""
    made = coverage_page(bundled.sql("FROM meta.coverage"), bundled.sql("FROM meta.gaps"))
    assert (PROJECT_ROOT / "docs" / "coverage.md").read_text(encoding="utf-8") == made


@pytest.mark.slow
def test_what_was_published_verifies(bundled_home: Home) -> None:
    """Every table of every real declaration reads back as the candidate it was made from."""
    assert verify(bundled_home.published_dir).rows > 1_000_000
