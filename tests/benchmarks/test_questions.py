"""How long a reader waits: everything documented is asked, of stored rows and of none."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks.question_growth import growth
from benchmarks.questions import (
    LIMIT,
    asked,
    computed_when_read,
    main,
    questions,
)
from fcm_migration.config import Home
from fcm_migration.publish.entry_views import ENTRIES
from fcm_migration.publish.query import open_read_only
from fcm_migration.publish.stored import STORED
from fcm_migration.publish.views import VIEWS

# a question that names these tables asks for the figures themselves
FIGURES = ("mart.flows", "mart.series", "forecast.quantiles")
SCANNED = re.compile(r'"Table": "\w+\.(\w+\.\w+)"')


def test_every_question_and_every_view_that_is_read_first_is_asked() -> None:
    kinds = [kind for kind, _, _ in asked()]
    assert kinds.count("question") == len(questions()) >= 45
    names = {name for kind, name, _ in asked() if kind == "view"}
    assert {entry.name for entry in ENTRIES} <= names
    assert "brief.sentences" in names


@pytest.mark.slow
def test_no_question_and_no_such_view_reads_the_figures_unless_it_names_them(
    bundled_home: Home,
) -> None:
    """What made them slow: a view compared every figure with all others each time it was read."""
    with open_read_only(bundled_home.published) as connection:
        for _, name, sql in asked():
            ((_, plan),) = connection.execute(f"EXPLAIN (FORMAT json) {sql}").fetchall()
            read = set(SCANNED.findall(plan.replace('\\"', "")))
            assert read, name
            assert not [table for table in FIGURES if table in read and table not in sql], name


@pytest.mark.slow
def test_stored_rows_and_computed_ones_are_the_same(bundled_home: Home) -> None:
    path = bundled_home.published
    with open_read_only(path) as published, computed_when_read(path) as unstored:
        assert unstored.execute("SELECT count(*) FROM mart.flows").fetchall()[0][0] > 100_000
        for view in VIEWS:
            if view.is_stored:
                sql = f"FROM {view.qualified}"
                assert f"{STORED}." in str(published.execute(f"EXPLAIN {sql}").fetchall())
                stored, computed = published.sql(sql).pl(), unstored.sql(sql).pl()
                assert stored.schema == computed.schema
                order = stored.columns
                assert stored.sort(order).equals(computed.sort(order)), view.name


@pytest.mark.slow
def test_what_is_measured_is_written_down(bundled_home: Home, tmp_path: Path) -> None:
    out = tmp_path / "questions.json"
    code = main(["--home", str(bundled_home.root), "--rounds", "1", "--out", str(out)])
    found = json.loads(out.read_text())
    assert len(found["rows"]) == len(list(asked())) + 1
    assert code == int(any(row["median"] > LIMIT for row in found["rows"]))
    for row in found["rows"]:
        assert 0 < row["median"] <= row["worst"]
        assert row["of_limit"] == pytest.approx(row["median"] / LIMIT)
        assert row["peer"] > 0
        assert row["rows"] > 0
    assert found["store_seconds"] > 0


@pytest.mark.slow
def test_figures_are_really_made_more(bundled_home: Home) -> None:
    found = growth(bundled_home.published, 1, (1, 3))
    assert found["sizes"] == [1, 3]
    one, three = found["store_seconds"]  # type: ignore[misc]
    assert three > one > 0
