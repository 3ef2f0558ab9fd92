"""Forecasting as a step of a refresh: its inputs, and when it is made again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.errors import UsageError
from fcm_migration.forecast.backtesting.run import BACKTEST
from fcm_migration.marts.tables import SERIES
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.steps.forecast import panel_of
from fcm_migration.studies.backtest import backtest_to_file, parse_origins
from tests.making import inputs
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


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A home whose one simulated source is sparse, so that nothing is fitted: fast."""
    return sparse_home(tmp_path)


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
    panel = panel_of(inputs(context, "forecast"))
    assert set(frame.get_column("series_id")) == set(panel.get_column("series_id"))
    assert store.read(context.home.table("mart", "series"), SERIES).height


def test_an_unknown_part_of_the_panel_is_refused(context: Context, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no series matches"):
        backtest_to_file(
            context, source_id="nobody", indicator=None, origins="2017-10:2017-12", horizon=2,
            out=tmp_path / "b.parquet",
        )  # fmt: skip
