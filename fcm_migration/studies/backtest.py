"""Backtests of a part of the panel into a file: what ``fcm backtest`` does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.outfile import write_parquet
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import inputs_of
from fcm_migration.refresh.steps.forecast import STEP, panel_of, settings_of


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
    """Backtest a part of the panel into a Parquet file; return the number of rows.

    Raises:
        UsageError: the origins are not ``YYYY-MM:YYYY-MM``, or no series matches.
    """
    inputs = inputs_of(context, STEP)
    panel = panel_of(inputs)
    wanted = "/".join((source_id or "[^/]+", indicator or "[^/]+", frequency))
    panel = panel.filter(pl.col("pool").str.contains(f"^{wanted}$"))
    if panel.is_empty():
        raise UsageError("no series matches", got=f"{source_id}, {indicator}, {frequency}")
    from fcm_migration.forecast import backtest

    frame = backtest(
        panel,
        origins=parse_origins(origins),
        horizon=horizon,
        # fits of its own, so that those of the next refresh are not pushed out
        settings=replace(settings_of(inputs), cache_dir=context.home.cache / "backtest"),
        report=context.report,
    )
    write_parquet(out, frame)
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
