"""Forecasting as a step: the panel out of the marts, the forecast tables into the home."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.errors import UsageError
from fcm_migration.forecast import Settings
from fcm_migration.forecast.settings import VERSION
from fcm_migration.forecast.tables import MODELS, QUANTILES, SCORES, TABLES
from fcm_migration.marts.build import monthly_panel
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context

HORIZON = 12


def build_forecast(context: Context) -> dict[str, store.Stored]:
    """Forecast every monthly series and score past forecasts, unless the panel is unchanged."""
    panel = read_panel(context)
    settings = _settings(context)
    stamp = context.home.root / "forecast" / "inputs.json"
    inputs = {"panel": store.content_hash(panel), "settings": _fingerprint(settings)}
    paths = {table.name: context.home.table("forecast", table.name) for table in TABLES}
    fresh = stamp.exists() and store.read_json(stamp) == inputs
    if not (fresh and all(path.exists() for path in paths.values())):
        stamp.unlink(missing_ok=True)
        from fcm_migration.forecast import forecast  # numpy, only where something is fitted

        made = forecast(panel, horizon=HORIZON, settings=settings, report=context.report)
        store.write(made.quantiles, QUANTILES, paths["quantiles"])
        store.write(made.scores, SCORES, paths["scores"])
        store.write(made.models, MODELS, paths["models"])
        store.write_json(stamp, inputs)
    return {name: store.facts(path) for name, path in paths.items()}


def read_panel(context: Context) -> pl.DataFrame:
    """The monthly panel out of the marts."""
    series = store.read(context.home.table("mart", "series"), SERIES)
    index = store.read(context.home.table("mart", "series_index"), SERIES_INDEX)
    breaks = store.read(context.home.table("meta", "series_breaks"), SERIES_BREAKS)
    return monthly_panel(series, index, breaks, context.sources)


def _settings(context: Context) -> Settings:
    declared = context.forecast or Settings()
    return replace(declared, cache_dir=context.home.cache / "fits", workers=context.workers)


def _fingerprint(settings: Settings) -> str:
    """Settings that change the result; where the cache lies and how many work do not."""
    facts = {**asdict(settings), "cache_dir": None, "workers": None}
    text = json.dumps([VERSION, HORIZON, facts])
    return hashlib.sha256(text.encode()).hexdigest()


def backtest_to_file(
    context: Context,
    *,
    source_id: str | None,
    indicator: str | None,
    origins: str,
    horizon: int,
    out: Path,
) -> int:
    """Backtest a part of the panel into a Parquet file; return its rows.

    Raises:
        UsageError: the origins are not ``YYYY-MM:YYYY-MM``, or no series matches.
    """
    panel = read_panel(context)
    wanted = "/".join((source_id or "[^/]+", indicator or "[^/]+"))
    panel = panel.filter(pl.col("pool").str.contains(f"^{wanted}$"))
    if panel.is_empty():
        raise UsageError("no monthly series matches", got=f"{source_id}, {indicator}")
    from fcm_migration.forecast import backtest

    frame = backtest(
        panel,
        origins=parse_origins(origins),
        horizon=horizon,
        settings=_settings(context),
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
