"""Every question of docs/queries.md is answered, with its unit, source and date."""

from __future__ import annotations

import re

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
    newest = bundled.sql(
        QUESTIONS["What did the newest month bring, country by country?"][0]
    ).filter(source_id="us_ohss_usbp", route="southwest_land_border")
    assert newest.select("value", "unit").row(0) == (218_760, "events")


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
    blocks = SQL.findall(MIGRATION)
    assert len(blocks) == 4
    for sql in blocks:
        assert bundled.sql(sql).height > 0, sql
    keys = bundled.sql(blocks[2])
    declared = {t.full_name: ", ".join(t.key) for t in published_declarations(SOURCES)}
    assert {f"{s}.{t}": key for s, t, key in keys.iter_rows()} == declared
    assert bundled.sql(blocks[3])["is_past"].item()


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
