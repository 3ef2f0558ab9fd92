"""Forecasting as a step: the panel out of the marts, the forecast tables into the home."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.derive import empty
from fcm_migration.errors import UsageError
from fcm_migration.forecast import Settings
from fcm_migration.forecast.tables import (
    MODELS,
    ORIGIN_SCORES,
    POOL_SCORES,
    QUANTILES,
    SCORES,
    TABLES,
    TRACK_RECORD,
)
from fcm_migration.marts.build import model_panel
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.ledger import past_published
from fcm_migration.refresh.stamped import is_current, making


def build_forecast(context: Context) -> dict[str, store.Stored]:
    """Forecast every series of the panel and score past forecasts, unless it is unchanged."""
    breaks = _breaks(context)
    panel = _panel(context, breaks)
    settings = _settings(context)
    stamp = context.home.root / "forecast" / "inputs.json"
    inputs = {
        "panel": store.content_hash(panel),
        "breaks": store.content_hash(breaks),
        "settings": _fingerprint(settings),
    }
    paths = {table.name: context.home.table("forecast", table.name) for table in TABLES}
    if not is_current(stamp, inputs, {table: paths[table.name] for table in TABLES}):
        from fcm_migration.forecast import forecast  # numpy, only where something is fitted

        with making(stamp, inputs):
            made = forecast(panel, settings=settings, breaks=breaks, report=context.report)
            track = _track_record(context, made.track)
            for table, frame in (
                (QUANTILES, made.quantiles),
                (SCORES, made.scores),
                (POOL_SCORES, made.pool_scores),
                (ORIGIN_SCORES, made.origin_scores),
                (TRACK_RECORD, track),
                (MODELS, made.models),
            ):
                store.write(frame, table, paths[table.name])
    return {name: store.facts(path) for name, path in paths.items()}


def read_panel(context: Context) -> pl.DataFrame:
    """The panel of series that are forecast, out of the marts."""
    return _panel(context, _breaks(context))


def _panel(context: Context, breaks: pl.DataFrame) -> pl.DataFrame:
    series = store.read(context.home.table("mart", "series"), SERIES)
    index = store.read(context.home.table("mart", "series_index"), SERIES_INDEX)
    return model_panel(series, index, breaks, context.sources)


def _breaks(context: Context) -> pl.DataFrame:
    return store.read(context.home.table("meta", "series_breaks"), SERIES_BREAKS)


def _track_record(context: Context, backtested: pl.DataFrame) -> pl.DataFrame:
    """Backtests and really published forecasts beside what came, with its as-of date."""
    index = store.read(context.home.table("mart", "series_index"), SERIES_INDEX)
    kinds = [
        backtested.with_columns(
            pl.lit("backtest").alias("record_kind"), pl.lit(None, dtype=pl.Date).alias("made_date")
        ),
        past_published(context),
    ]
    parts = [part.select(pl.all().exclude("as_of_date")) for part in kinds if not part.is_empty()]
    if not parts:
        return empty(TRACK_RECORD)
    return (
        pl.concat(parts, how="diagonal")
        .join(index.select("series_id", "as_of_date"), on="series_id", how="left")
        .select(TRACK_RECORD.column_names)
    )


def _settings(context: Context) -> Settings:
    declared = context.forecast or Settings()
    return replace(
        declared,
        cache_dir=context.home.cache / "fits",
        workers=context.workers,
        scheduler=context.scheduler or declared.scheduler,
    )


def _fingerprint(settings: Settings) -> str:
    """Code, and settings that change the result; where and by how many it is made do not."""
    from fcm_migration.forecast.models.tasks import code_fingerprint

    facts = {**asdict(settings), "cache_dir": None, "workers": None, "scheduler": None}
    text = json.dumps([code_fingerprint(whole=True), facts])
    return hashlib.sha256(text.encode()).hexdigest()


def backtest_to_file(
    context: Context,
    *,
    source_id: str | None,
    indicator: str | None,
    frequency: str = "M",
    origins: str,
    horizon: int,
    out: Path,
) -> int:
    """Backtest a part of the panel into a Parquet file; return its rows.

    Raises:
        UsageError: the origins are not ``YYYY-MM:YYYY-MM``, or no series matches.
    """
    panel = read_panel(context)
    wanted = "/".join((source_id or "[^/]+", indicator or "[^/]+", frequency))
    panel = panel.filter(pl.col("pool").str.contains(f"^{wanted}$"))
    if panel.is_empty():
        raise UsageError("no series matches", got=f"{source_id}, {indicator}, {frequency}")
    from fcm_migration.forecast import backtest

    settings = _settings(context)
    frame = backtest(
        panel,
        origins=parse_origins(origins),
        horizon=horizon,
        # fits of its own, so that those of the next refresh are not pushed out
        settings=replace(settings, cache_dir=context.home.cache / "backtest"),
        report=context.report,
    )
    frame.write_parquet(out)
    return frame.height


def parse_origins(text: str) -> list[date]:
    """First days of the months from ``YYYY-MM`` to ``YYYY-MM``, both included.

    Raises:
        UsageError: the text is something else.
    """
    try:
        first, last = (date.fromisoformat(f"{part}-01") for part in text.split(":"))
    except ValueError:
        raise UsageError("origins", expected="YYYY-MM:YYYY-MM", got=text) from None
    if last < first:
        raise UsageError("origins", expected="the earlier month first", got=text)
    return pl.date_range(first, last, "1mo", eager=True).to_list()
