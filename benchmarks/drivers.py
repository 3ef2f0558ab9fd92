"""The long study of drivers: every driver, those outside the home included, over a long past.

``python -m benchmarks.drivers --home HOME --files FOLDER`` backtests what would have been published
(some minutes the first time; fits are kept in the home's cache), tries the declared drivers of the
home's marts, and from FOLDER, the publishers' files, ``frontex/ibc.xlsx``,
``ucdp/organizedviolencecy_v25_1.csv`` and ``iom_darien/darien_monthly_by_nationality.csv``. The
figures are those of docs/decisions/drivers.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.config import REFERENCE_DIR, Home
from fcm_migration.forecast import Settings, backtest
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.marts.build import model_panel, modelled
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.sources.frontex.ibc import SOURCE as FRONTEX
from fcm_migration.sources.frontex.ibc import TABLE as DETECTIONS
from fcm_migration.studies.drivers.declared import DECLARED, UK, UNHCR, US, base_of, panel_of
from fcm_migration.studies.drivers.scores import judge, trials
from fcm_migration.studies.drivers.series import Driver

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
    """What would have been published at ORIGINS, in the columns of the track record it needs."""
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
            report=print,
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
    """Drivers from publishers' files, their figures by origin, and the pools they are tried on."""
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
    aliases = pl.read_csv(REFERENCE_DIR / "country_aliases" / f"{scheme}.csv")
    return aliases.filter(pl.col("origin_class") == "country").select("label", "origin_iso3")


def _by_origin(frame: pl.DataFrame, value: str) -> pl.DataFrame:
    whole = frame.with_columns(destination_iso3=pl.lit("any"))
    return whole.group_by(KEYS).agg(pl.col(value).sum().alias("value"))


def study(home: Home, files: Path | None, workers: int) -> pl.DataFrame:
    """Rows of ``forecast.drivers`` over the long past."""
    index = store.read(home.table("mart", "series_index"), SERIES_INDEX)
    flows = store.read(home.table("mart", "flows"), FLOWS)
    track = tracks(home, workers)
    bases = {pool: base_of(track, index, pool) for pool in ORIGINS}
    wanted = [(driver, panel_of(driver, flows), driver.pools) for driver in DECLARED]
    given = [] if files is None else list(outside(files))
    names = {driver.driver for driver, _, _ in given}
    kept = [one for one in wanted if not one[1].is_empty() and one[0].driver not in names]
    return judge(
        [
            trial
            for driver, panel, pools in (*kept, *given)
            for pool in pools
            for trial in trials(bases[pool], driver, panel)
        ]
    )


def main() -> None:
    """Print the study as a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--files", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    made = study(Home(given.home), given.files, given.workers)
    with pl.Config(tbl_rows=-1, tbl_cols=-1, tbl_hide_column_data_types=True, tbl_width_chars=200):
        print(made.drop("words", "first_origin_date", "last_origin_date"))


if __name__ == "__main__":
    main()
