"""Making forecasts add up as a step of a refresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.forecast.coherence.tables import COHERENT
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.refresh.context import Context
from tests.making import make
from tests.refresh.sparse import sparse_home


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A home with forecasts of one simulated sparse source: two origins and their total."""
    made = sparse_home(tmp_path)
    make(made, "forecast")
    make(made, "shown")
    make(made, "nowcast")
    return made


def test_it_is_made_once_and_again_when_an_input_changes(context: Context) -> None:
    told: list[str] = []
    listening = replace(context, report=told.append)
    first = make(listening, "coherence")
    path = first["forecast.coherent"].path
    frame = store.read(path, COHERENT)
    assert set(frame["node_kind"]) == {"whole", "part", "remainder"}
    by_kind = frame.group_by("horizon", "node_kind").agg(pl.col("value").sum())
    wide = by_kind.pivot(on="node_kind", index="horizon", values="value")
    assert wide["whole"].equals(wide["part"] + wide["remainder"], check_names=False)
    assert len(told) == 1
    assert make(listening, "coherence") == first
    assert len(told) == 1, "unchanged inputs cost nothing"
    path.unlink()
    assert make(listening, "coherence") == first
    assert len(told) == 2
    quantiles = context.home.table("forecast", "quantiles")
    changed = pl.read_parquet(quantiles).with_columns(pl.col("value") + 5)
    from fcm_migration.forecast.tables import QUANTILES

    store.write(changed, QUANTILES, quantiles)
    assert make(listening, "coherence") != first
    assert len(told) == 3


def test_a_sum_is_shown_where_the_forecast_of_its_whole_is(context: Context) -> None:
    """Every series stays in the sums, so that they add up; the row says whether it is shown."""
    frame = store.read(make(context, "coherence")["forecast.coherent"].path, COHERENT)
    assert frame["is_shown"].all()
    whole, part = frame["whole_id"][0], frame.filter(pl.col("node_kind") == "part")["node_id"][0]
    for hidden, expected in ((part, True), (whole, False)):
        table = context.home.table(NOT_SHOWN.layer, NOT_SHOWN.name)
        store.write(_hidden(hidden), NOT_SHOWN, table)
        now = store.read(make(context, "coherence")["forecast.coherent"].path, COHERENT)
        assert set(now["is_shown"]) == {expected}
        assert now.drop("is_shown").equals(frame.drop("is_shown"))


def _hidden(series_id: str) -> pl.DataFrame:
    day = date(2020, 1, 1)
    row = (series_id, "toy", "M", day, day, date(2026, 1, 1), 71, 6, "Simulated.")
    return pl.DataFrame([row], schema=polars_schema(NOT_SHOWN), orient="row")
