"""Published forecasts are kept as first published, and compared with observed figures."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import fingerprint, store
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.config import Home
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.forecast.tables import QUANTILES, TRACK_RECORD
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import SERIES_INDEX
from fcm_migration.refresh import ledger_files
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.ledger import COLUMNS, observed_since
from fcm_migration.refresh.ledger_files import OLDER
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.remembering import remember_published
from fcm_migration.refresh.settling import settle_source
from tests import toy
from tests.forecast import simulated
from tests.making import make

KEYS = ["series_id", "origin_date", "horizon"]
NAMES = dict(zip(QUANTILE_LEVELS, LEVEL_COLUMNS, strict=True))
FIRST, SECOND, THIRD = (datetime(2018, month, 20, tzinfo=UTC) for month in (5, 6, 7))


def _rows(months: int, last: int) -> list[tuple[str, str, str]]:
    """Simulated counts so low that nothing is fitted; ``last`` is the newest of the first."""
    days = simulated.months(months)
    made = [
        (day.strftime("%Y-%m"), origin, str((3 * i + n) % 7))
        for i, day in enumerate(days)
        for n, origin in enumerate(("Aland", "Borduria"))
    ]
    made[-2] = (made[-2][0], "Aland", str(last))
    return made


def _refresh(
    context: Context, now: datetime, months: int, last: int, *, is_published: bool = True
) -> Context:
    dated = replace(context, now=now)
    path = toy.write_release(
        context.home.root.parent / "given", f"{now:%Y-%m-%d}", _rows(months, last)
    )
    ingest(dated, toy.TOY, [path])
    settle_source(dated, toy.TOY)
    make(dated, "harmonise")
    make(dated, "panel")
    make(dated, "forecast")
    make(dated, "shown", "nowcast")
    if is_published:
        remember_published(dated)
    return dated


def _track(context: Context) -> pl.DataFrame:
    return store.read(context.home.table("forecast", "track_record"), TRACK_RECORD)


def _published(context: Context) -> pl.DataFrame:
    made = store.read(context.home.table("forecast", "quantiles"), QUANTILES)
    return made.filter("is_published").sort(*KEYS, "quantile")


@pytest.fixture
def context(tmp_path: Path) -> Context:
    aliases = toy.write_aliases(tmp_path / "reference", {"Aland": "ALA", "Borduria": "AFG"})
    return Context(
        Home(tmp_path / "home"),
        FIRST,
        (toy.TOY,),
        offline=True,
        reference_dir=aliases,
        bundled_dir=tmp_path / "none",
        workers=1,
    )


def test_a_forecast_stands_beside_what_came_as_it_was_first_published(context: Context) -> None:
    _refresh(context, FIRST, 40, 3)  # to April 2018
    first = _published(context)
    assert set(first.get_column("origin_date")) == {date(2018, 4, 1)}
    assert set(_track(context).get_column("record_kind")) == {"backtest"}
    # the same origin on a revised figure: another forecast, and no other entry in the ledger
    revised = _refresh(context, SECOND, 40, 60)
    assert not _published(context).equals(first)
    assert observed_since(revised).is_empty()
    # a month later its target is there
    _refresh(context, THIRD, 41, 5)
    track = _track(context).filter(pl.col("record_kind") == "published")
    assert set(track.get_column("target_period")) == {date(2018, 5, 1)}
    assert set(track.get_column("horizon")) == {1}
    assert set(track.get_column("made_date")) == {FIRST.date()}
    kept = track.unpivot(list(LEVEL_COLUMNS), index=[*KEYS, "model"], variable_name="level")
    named = first.with_columns(
        pl.col("quantile").replace_strict(NAMES, return_dtype=pl.String).alias("level")
    )
    both = kept.join(named, on=[*KEYS, "level"], suffix="_first")
    assert both.height == kept.height == 7 * first.get_column("series_id").n_unique()
    assert (both.get_column("value") == both.get_column("value_first")).all()
    assert (both.get_column("model") == both.get_column("model_first")).all()


def test_kinds_stand_side_by_side_with_what_is_published_today(context: Context) -> None:
    _refresh(context, FIRST, 40, 3)
    _refresh(context, THIRD, 41, 5)
    track = _track(context)
    assert track.select(TRACK_RECORD.key).is_duplicated().sum() == 0
    kinds = track.group_by(*KEYS, "target_period").agg(
        pl.col("record_kind").sort(), pl.col("observed_value").n_unique()
    )
    twice = kinds.filter(pl.col("record_kind").list.len() == 2)
    assert set(twice.get_column("origin_date")) == {date(2018, 4, 1)}
    assert set(kinds.get_column("observed_value")) == {1}
    backtests = track.filter(pl.col("record_kind") == "backtest")
    assert backtests.get_column("made_date").null_count() == backtests.height
    assert set(track.get_column("as_of_date")) == {THIRD.date()}


def test_a_refresh_with_nothing_new_leaves_ledger_and_record_alone(context: Context) -> None:
    _refresh(context, FIRST, 40, 3)
    again = _refresh(context, THIRD, 41, 5)
    before, record = _files(context), _track(context)
    assert len(before) == 2  # one for each publication that forecast something new
    make(replace(again, now=datetime(2018, 9, 1, tzinfo=UTC)), "forecast")
    remember_published(again)
    assert _files(context) == before
    assert _track(context).equals(record)


def test_a_forecast_that_was_not_published_is_not_in_the_record(context: Context) -> None:
    """Its refresh was refused: a critical expectation failed, or it was killed before."""
    _refresh(context, FIRST, 40, 3, is_published=False)
    assert observed_since(context).is_empty()
    _refresh(context, SECOND, 41, 3)
    assert set(_track(context).get_column("record_kind")) == {"backtest"}


def test_a_figure_of_another_meaning_is_not_what_was_forecast(context: Context) -> None:
    """A break cuts the period out of the panel: its figure judges no forecast of it."""
    first = _refresh(context, FIRST, 40, 3)
    later = _refresh(context, THIRD, 41, 5, is_published=False)
    assert set(observed_since(later).get_column("target_period")) == {date(2018, 5, 1)}
    window = {"break_first_date": date(2018, 5, 1), "break_last_date": date(2018, 5, 31)}
    index = store.read(first.home.table("mart", "series_index"), SERIES_INDEX)
    cut = index.select(
        "series_id",
        pl.lit("half").alias("break_id"),
        *(pl.lit(day).alias(name) for name, day in window.items()),
        pl.lit("partial").alias("break_kind"),
        pl.lit("cut").alias("treatment"),
        pl.lit("A simulated break.").alias("words"),
    )
    store.write(cut, SERIES_BREAKS, first.home.table("meta", "series_breaks"))
    assert observed_since(later).is_empty()


@pytest.mark.parametrize(
    ("made", "counts"),
    [
        (datetime(2018, 5, 31, 23, tzinfo=UTC), True),  # the target month's last day
        (datetime(2018, 6, 1, tzinfo=UTC), False),  # the day after it
    ],
)
def test_a_forecast_counts_if_it_was_made_before_its_period_ended(
    context: Context, made: datetime, counts: bool
) -> None:
    _refresh(context, made, 40, 3)  # to April 2018, so May is forecast
    _refresh(context, THIRD, 41, 5)
    track = _track(context).filter(pl.col("record_kind") == "published")
    assert (track.height > 0) is counts
    if counts:
        assert set(track.get_column("made_date")) == {made.date()}
        assert set(track.get_column("target_period")) == {date(2018, 5, 1)}


def test_a_forecast_of_an_older_ledger_that_was_made_late_does_not_count(context: Context) -> None:
    """Ledgers kept all that was forecast, also of months that were over for years."""
    first = _refresh(context, FIRST, 40, 3)
    late = _as_older_version(first).with_columns(pl.lit(date(2026, 11, 28)).alias("made_date"))
    late.write_parquet(first.home.root / OLDER)
    _refresh(first, THIRD, 41, 5, is_published=False)
    assert observed_since(context).is_empty()


def test_what_is_not_shown_is_not_kept_as_published(context: Context) -> None:
    late = datetime(2018, 12, 1, tzinfo=UTC)  # a release seven months after its newest figure
    _refresh(context, late, 40, 3)
    assert _published(context).height > 0
    assert not context.home.ledger.exists()


def test_of_a_running_period_the_nowcast_is_kept(context: Context) -> None:
    """What is published is what is scored: the ledger keeps the row that was shown."""
    dated = _refresh(context, FIRST, 40, 3, is_published=False)  # to April 2018
    path = context.home.table(NOWCAST.layer, NOWCAST.name)
    may = _published(dated).filter(pl.col("target_period") == date(2018, 5, 1))
    counted = may.select(
        "series_id",
        pl.lit("uk_small_boats_month").alias("nowcast_task"),
        "target_period",
        "quantile",
        (pl.col("value") + 50).alias("value"),
        pl.lit(50, dtype=pl.Int64).alias("counted_so_far"),
        pl.lit("s").alias("source_id"),
        pl.lit("small_boat_arrivals").alias("indicator"),
        pl.lit("persons").alias("unit"),
        pl.lit("M").alias("frequency"),
        pl.lit("pro_rata").alias("nowcast_method"),
        pl.lit("in words").alias("words"),
        pl.lit(FIRST.date()).alias("as_of_date"),
    )
    others = [
        pl.lit(None, dtype=polars_schema(NOWCAST)[name]).alias(name)
        for name in NOWCAST.column_names
        if name not in counted.columns
    ]
    store.write(counted.with_columns(others).select(NOWCAST.column_names), NOWCAST, path)
    remember_published(dated)
    _refresh(context, THIRD, 41, 5)
    track = _track(context).filter(pl.col("record_kind") == "published")
    assert set(track["model"]) == {"nowcast"}
    assert (track["lower_95"] >= 50).all()
    backtests = _track(context).filter(
        (pl.col("record_kind") == "backtest") & (pl.col("target_period") == date(2018, 5, 1))
    )
    assert (backtests["lower_95"] < 50).all()


def test_a_damaged_file_is_named_left_alone_and_costs_only_what_it_holds(context: Context) -> None:
    """Nothing can make it again: no refresh uses it, stops for it or writes over it."""
    first = _refresh(context, FIRST, 40, 3)
    (path,) = context.home.ledger.iterdir()
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    path.write_bytes(damaged)
    told: list[str] = []
    heard = replace(first, report=told.append)
    later = _refresh(heard, THIRD, 41, 5)
    assert any(str(path) in words and "is not used" in words for words in told)
    assert [found.path for found in ledger_files.damaged(context.home)] == [path]
    assert set(_track(context).get_column("record_kind")) == {"backtest"}
    assert path.read_bytes() == bytes(damaged)
    assert len(list(context.home.ledger.iterdir())) == 2  # what was published since is kept
    # the remedy: put back from a backup, and the record is there again
    path.write_bytes(whole)
    assert ledger_files.damaged(context.home) == []
    make(later, "forecast")
    assert set(_track(context).get_column("record_kind")) == {"backtest", "published"}


def test_the_ledger_of_an_older_version_is_taken_over_once(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = _refresh(context, FIRST, 40, 3)
    _refresh(first, THIRD, 41, 5, is_published=False)
    kept, older = _files(context), context.home.root / OLDER
    rows = _as_older_version(first)
    whole = older.read_bytes()
    # a damaged one stays where it is and is named
    older.write_bytes(whole[:200])
    told: list[str] = []
    ledger_files.take_over(context.home, COLUMNS)
    assert observed_since(replace(first, report=told.append)).is_empty()
    assert str(older) in told[0]
    assert older.read_bytes() == whole[:200]
    older.write_bytes(whole)
    # a crash while it is copied, and one before it is removed, lose nothing
    for where, name in ((os, "fsync"), (Path, "unlink")):
        with monkeypatch.context() as broken:
            broken.setattr(where, name, _raise)
            with pytest.raises(KeyboardInterrupt):
                ledger_files.take_over(context.home, COLUMNS)
        assert older.read_bytes() == whole
        assert observed_since(first).height > 0
    ledger_files.take_over(context.home, COLUMNS)
    assert not older.parent.exists()
    assert {n: d for n, d in _files(context).items() if n.endswith(".parquet")} == kept
    assert ledger_files.read(context.home, COLUMNS).rows.equals(rows)  # type: ignore[union-attr]


def _files(context: Context) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(context.home.ledger.iterdir())}


def _as_older_version(context: Context) -> pl.DataFrame:
    """Move the one file of the ledger to where older versions kept it; return its rows."""
    (path,) = context.home.ledger.iterdir()
    older = context.home.root / OLDER
    older.parent.mkdir()
    path.rename(older)
    return pl.read_parquet(older)


def _raise(*_arguments: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_the_forecasts_do_not_depend_on_how_editions_are_written() -> None:
    """What only adds to the ledger is no reason to forecast again."""
    names = set(fingerprint.closure("fcm_migration.refresh.steps.forecast"))
    assert "fcm_migration.refresh.ledger_files" in names
    assert not [name for name in names if ".publish." in name or ".notify." in name]
