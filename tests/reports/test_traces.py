"""Traces: lines short enough to stand inline in Dagster's pages, each with its words."""

from __future__ import annotations

import base64
import re

import pytest

from dagster_project.plots import traces
from fcm_migration.errors import UsageError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.tables import warehouse_tables
from fcm_migration.reports.charts.traces import HEIGHT, MOST, POINTS, WIDTH, trace
from fcm_migration.reports.pictures.trace_choice import ABOUT, RULES
from fcm_migration.reports.pictures.traces import Traces
from fcm_migration.sources import SOURCES
from tests.toy import TOY


def path_of(markdown: str) -> str:
    """Return the path of the picture in a Markdown text."""
    found = re.search(r"base64,([A-Za-z0-9+/=]+)\)", markdown)
    assert found is not None
    drawn = base64.b64decode(found.group(1)).decode()
    (path,) = re.findall(r' d="([^"]*)"/></svg>$', drawn)
    return str(path)


def points(markdown: str) -> list[tuple[int, int]]:
    """Return where the line of a picture goes, in pixels."""
    path = path_of(markdown)
    here, found = (0, 0), []
    for letter, rest in re.findall(r"([Mhl])([-0-9 ]+)", path):
        numbers = [int(n) for n in re.findall(r"-?\d+", rest)]
        if letter == "M":
            here = (numbers[0], numbers[1])
        elif letter == "h":
            here = (here[0] + numbers[0], here[1])
        else:
            here = (here[0] + numbers[0], here[1] + numbers[1])
        if letter != "h":
            found.append(here)
    return found


def test_a_line_goes_from_the_lowest_to_the_highest_figure() -> None:
    made = points(trace([0, 50, 100], "Words"))
    assert made == [(2, 22), (72, 12), (142, 2)]


def test_a_figure_that_is_withheld_is_a_gap() -> None:
    made = trace([1, None, 3, 4], "Words")
    assert path_of(made).count("M") == 2
    assert len(points(made)) == 3


@pytest.mark.parametrize(
    "values", [[7], [0], [0, 0, 0], [-5, 5], [1e12, 3], [0.25, 0.5], [5] * 400]
)
def test_every_point_lies_in_the_picture(values: list[float]) -> None:
    made = trace(values, "Words")
    assert 1 <= len(points(made)) <= POINTS
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points(made))


def test_it_is_always_short_enough_and_the_words_act_on_nothing() -> None:
    wild = [(-1) ** place * 10**6 for place in range(POINTS)]
    made = trace(wild, "a](javascript:x) <b>|`*_\n\u202e" + "word " * 500)
    assert len(made) <= MOST
    assert made.endswith("…")
    said = made.partition("base64,")[2].partition(") ")[2]
    assert not set("[]<>|`*_\n\u202e") & set(said)


def test_without_a_figure_there_is_no_line() -> None:
    with pytest.raises(UsageError, match="at least one figure"):
        trace([None, None], "Words")


def test_rules_name_tables_and_columns_that_there_are() -> None:
    tables = warehouse_tables(SOURCES)
    for name, rule in RULES.items():
        named = {rule.period, rule.value, *rule.by} - {"series_id"}
        assert named <= set(tables[name].column_names), name
    for name, order in ABOUT.items():
        assert set(order) <= set(tables[name].column_names), name
        assert "series_id" in tables[name].column_names


@pytest.mark.slow
def test_tables_of_a_home_have_their_trace(published: Context) -> None:
    tables = warehouse_tables((TOY,))
    made = Traces(published).among(tables.values())
    assert {"core.toy_claims", "history.toy_claims", "mart.flows", "mart.series"} <= made.keys()
    assert "forecast.quantiles" in made
    assert all(len(text) <= MOST for text in made.values())
    said = made["mart.series"].partition(") ")[2]
    assert said.startswith("Asylum claims, GBR: ")
    assert "people a month in June 2023 (Nobody, as of 15 January 2024)" in said


@pytest.mark.slow
def test_a_damaged_table_has_none_and_the_others_theirs(own_home: Context) -> None:
    own_home.home.table("mart", "series").write_bytes(b"damaged")
    made = traces(own_home, warehouse_tables((TOY,)).values())
    assert "mart.series" not in made
    assert "mart.flows" in made
