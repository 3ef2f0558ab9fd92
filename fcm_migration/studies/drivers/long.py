"""The long study of drivers: a long past, and drivers from publishers' files outside the home.

What would have been published is backtested (some minutes the first time; fits are kept in the
home's cache). Publishers' files are ``frontex/ibc.xlsx``,
``ucdp/organizedviolencecy_v25_1.csv`` and ``iom_darien/darien_monthly_by_nationality.csv``. Its
figures are in docs/decisions/drivers.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.config import REFERENCE_DIR, Home
from fcm_migration.console import say
from fcm_migration.forecast import Settings, backtest
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.marts.countries import aliases
from fcm_migration.marts.panel import model_panel, modelled
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.sources.frontex.ibc import SOURCE as FRONTEX
from fcm_migration.sources.frontex.ibc_table import TABLE as DETECTIONS
from fcm_migration.studies.drivers.build import base_of, panel_of
from fcm_migration.studies.drivers.settings import DECLARED, UK, UNHCR, US, Driver
from fcm_migration.studies.drivers.verdict import judge, trials

# pool: first and last origin, step, periods ahead
ORIGINS = {
    US: (date(2012, 1, 1), date(2023, 8, 1), "1mo", 6),
    UK: (date(2010, 1, 1), date(2024, 7, 1), "3mo", 4),
    UNHCR: (date(2006, 1, 1), date(2024, 1, 1), "1y", 2),
}
NAMED = {driver.driver: driver for driver in DECLARED}
DARIEN = Driver(
    "darien", "Irregular entries through the Darien by nationality", "none", "none", "M", 1, (US,)
)
YEARLY = replace(NAMED["ucdp_deaths"], driver="ucdp_yearly", frequency="A", lag=6)
KEYS = ["destination_iso3", "origin_iso3", "period_start"]


def tracks(home: Home, workers: int) -> pl.DataFrame:
    """Return what would have been published at ORIGINS, in columns of the track record."""
    series, index, breaks = (
        store.read(home.table(table.layer, table.name), table)
        for table in (SERIES, SERIES_INDEX, SERIES_BREAKS)
    )
    panel = model_panel(series, index, breaks, **modelled(SOURCES))
    settings = Settings(workers=workers, cache_dir=home.cache / "drivers")
    names = dict(zip(QUANTILE_LEVELS, LEVEL_COLUMNS, strict=True))
    parts = []
    for pool, (first, last, step, horizon) in ORIGINS.items():
        made = backtest(
            panel.filter(pl.col("pool") == pool),
            origins=pl.date_range(first, last, step, eager=True).to_list(),
            horizon=horizon,
            settings=settings,
            report=lambda message: say(message, error=True),
        )
        parts.append(made.filter(pl.col("model") == "published"))
    level = pl.col("quantile").replace_strict(names, return_dtype=pl.String)
    return (
        pl.concat(parts)
        .with_columns(level.alias("quantile"))
        .pivot(
            "quantile",
            index=["series_id", "origin", "horizon", "target_period", "observed"],
            values="value",
        )
        .rename({"origin": "origin_date", "observed": "observed_value"})
        .with_columns(record_kind=pl.lit("backtest"))
    )


def outside(files: Path) -> Iterator[tuple[Driver, pl.DataFrame, tuple[str, ...]]]:
    """Yield drivers from publishers' files, their figures by origin and the pools to try."""
    book = files / "frontex" / "ibc.xlsx"
    core = FRONTEX.parse([ReleaseFile(book.name, book)]).tables[DETECTIONS.name]
    detections = core.select(
        "detections_events", label="nationality", period_start="month_start_date"
    )
    made = _by_origin(detections.join(_labels("frontex"), on="label"), "detections_events")
    yield NAMED["frontex_detections"], made, (US, UK, UNHCR)
    best = "cumulative_total_deaths_in_orgvio_best_cy"
    deaths = pl.read_csv(
        files / "ucdp" / "organizedviolencecy_v25_1.csv", columns=["country_cy", "year_cy", best]
    ).select(best, label="country_cy", period_start=pl.date("year_cy", 1, 1))
    yield YEARLY, _by_origin(deaths.join(_labels("ucdp"), on="label"), best), (US, UK, UNHCR)
    panama = pl.read_csv(
        files / "iom_darien" / "darien_monthly_by_nationality.csv", try_parse_dates=True
    ).select("n", origin_iso3="nat", period_start="t")
    entries = _by_origin(panama, "n")
    yield DARIEN, entries, (US,)
    yield replace(DARIEN, driver="darien_late", lag=2), entries, (US,)


def _labels(scheme: str) -> pl.DataFrame:
    known = aliases(REFERENCE_DIR, scheme)
    return known.filter(pl.col("origin_class") == "country").select("label", "origin_iso3")


def _by_origin(frame: pl.DataFrame, value: str) -> pl.DataFrame:
    whole = frame.with_columns(destination_iso3=pl.lit("any"))
    return whole.group_by(KEYS).agg(pl.col(value).sum().alias("value"))


def long_study(home: Home, files: Path | None, workers: int) -> pl.DataFrame:
    """Return the verdicts over the long past: the home's drivers, and those of FILES if given."""
    index = store.read(home.table("mart", "series_index"), SERIES_INDEX)
    flows = store.read(home.table("mart", "flows"), FLOWS)
    track = tracks(home, workers)
    bases = {pool: base_of(track, index, pool) for pool in ORIGINS}
    own = [(driver, panel_of(driver, flows), driver.pools) for driver in DECLARED]
    given = [] if files is None else list(outside(files))
    names = {driver.driver for driver, _, _ in given}
    kept = [one for one in own if not one[1].is_empty() and one[0].driver not in names]
    return judge(
        [
            trial
            for driver, panel, pools in (*kept, *given)
            for pool in pools
            for trial in trials(bases[pool], driver, panel)
        ]
    )


def shown(verdicts: pl.DataFrame) -> str:
    """Return the verdicts as a table for people."""
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_hide_column_data_types=True, tbl_width_chars=200):
        return str(verdicts.drop("words", "first_origin_date", "last_origin_date"))
