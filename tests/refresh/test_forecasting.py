"""Forecasting as a step of a refresh: what is asked for, and when it is made again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.errors import UsageError
from fcm_migration.forecast import Settings
from fcm_migration.forecast.api import BACKTEST
from fcm_migration.refresh import forecasting
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.forecasting import backtest_to_file, build_forecast, parse_origins
from tests.refresh.sparse import sparse_home


def test_origins_are_every_month_of_the_range() -> None:
    assert parse_origins("2021-11:2022-02") == [
        date(2021, 11, 1),
        date(2021, 12, 1),
        date(2022, 1, 1),
        date(2022, 2, 1),
    ]
    assert parse_origins("2021-11:2021-11") == [date(2021, 11, 1)]


@pytest.mark.parametrize(
    "text", ["", "2021-11", "2021-11:", "2021-13:2022-01", "2022-02:2021-11", "a:b", "2021:2022",
             "2021-01:2021-02:2021-03"]
)  # fmt: skip
def test_other_origins_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="origins"):
        parse_origins(text)


def test_the_fingerprint_holds_what_changes_the_result_and_nothing_else(tmp_path: Path) -> None:
    base = forecasting._fingerprint(Settings())
    elsewhere = Settings(workers=7, cache_dir=tmp_path, scheduler="tcp://127.0.0.1:1")
    assert forecasting._fingerprint(elsewhere) == base
    changed = [replace(Settings(), shrink=60.0), replace(Settings(), ridge=2.0)]
    assert len({base, *map(forecasting._fingerprint, changed)}) == 3


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A home whose one simulated source is sparse, so that nothing is fitted: fast."""
    return sparse_home(tmp_path)


def test_an_unchanged_panel_is_not_forecast_again(context: Context) -> None:
    told: list[str] = []
    listening = replace(context, report=told.append)
    first = build_forecast(listening)
    assert told
    told.clear()
    assert build_forecast(listening) == first
    assert told == []
    context.home.table("forecast", "scores").unlink()
    assert build_forecast(listening) == first
    assert told


def test_a_backtest_is_written_with_its_columns(context: Context, tmp_path: Path) -> None:
    out = tmp_path / "b.parquet"
    rows = backtest_to_file(
        context,
        source_id="toy",
        indicator="asylum_claims",
        origins="2017-10:2017-12",
        horizon=2,
        out=out,
    )
    frame = pl.read_parquet(out)
    assert frame.height == rows > 0
    assert dict(frame.schema) == dict(BACKTEST)
    panel = forecasting.read_panel(context)
    assert set(frame.get_column("series_id")) == set(panel.get_column("series_id"))
    assert store.read(context.home.table("mart", "series"), forecasting.SERIES).height


def test_an_unknown_part_of_the_panel_is_refused(context: Context, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no series matches"):
        backtest_to_file(
            context, source_id="nobody", indicator=None, origins="2017-10:2017-12", horizon=2,
            out=tmp_path / "b.parquet",
        )  # fmt: skip
