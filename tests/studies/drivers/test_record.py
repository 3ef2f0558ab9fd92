"""The drivers study as a command: its measurements, its record and its checks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.config import SUITES_DIR, Home
from fcm_migration.errors import UsageError
from fcm_migration.expectations import check_table
from fcm_migration.forecast.drivers import DRIVERS, RECORD_FILE
from fcm_migration.forecast.tables import TRACK_RECORD
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.publish import publish
from fcm_migration.publish.editions import list_editions
from fcm_migration.studies.drivers.__main__ import main
from fcm_migration.studies.drivers.record import measure
from tests.studies.drivers.test_drivers import POOL, simulate


def track_record(base: pl.DataFrame) -> pl.DataFrame:
    return base.select(
        "series_id", "origin_date", "horizon", "target_period",
        record_kind=pl.lit("backtest"), made_date=pl.lit(None, dtype=pl.Date),
        model=pl.lit("blend"), is_shock=pl.lit(value=False), as_of_date=date(2026, 1, 1),
        observed_value="observed",
        **{name: pl.col(name) for name in base.columns if name.startswith(("low", "med", "up"))},
    ).select(TRACK_RECORD.column_names)  # fmt: skip


def filled(schema: pl.Schema, rows: int, **known: Any) -> pl.DataFrame:
    """A frame of these columns; those not named are empty strings, zeros, false, or a day."""
    plain = {pl.String(): "", pl.Int64(): 1, pl.Float64(): 1.0, pl.Boolean(): False}
    return pl.DataFrame({"n": range(rows)}).select(
        **{
            name: pl.Series(known[name], dtype=kind)
            if isinstance(known.get(name), list)
            else pl.lit(known.get(name, plain.get(kind, date(2026, 1, 1))), dtype=kind)
            for name, kind in schema.items()
        }
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A published home with a simulated track record: one driver leads, one is noise."""
    base, leads = simulate(1, strength=0.6)
    noise = simulate(2, strength=0.0)[1]
    home = Home(tmp_path / "home")
    source, indicator, frequency = POOL.split("/")
    origins = sorted(set(base["origin_iso3"]))
    index = filled(
        polars_schema(SERIES_INDEX), len(origins), series_id=origins, origin_iso3=origins,
        source_id=source, indicator=indicator, frequency=frequency, unit="persons",
        destination_iso3="USA", origin_class="country", route="all", place="all",
        population_group="all",
    )  # fmt: skip
    flows = [
        filled(
            polars_schema(FLOWS), panel.height, origin_iso3=panel["origin_iso3"].to_list(),
            period_start=panel["period_start"].to_list(), value=panel["value"].to_list(),
            source_id=name, indicator=measure, frequency="M", unit="events",
            destination_iso3="none", origin_class="country", route="all", place="all",
            population_group="all", obtained="bundled",
        )
        for name, measure, panel in (
            ("frontex_ibc", "eu_border_detections", leads), ("ucdp_ged", "conflict_deaths", noise)
        )
    ]  # fmt: skip
    for frame, table in (
        (track_record(base), TRACK_RECORD), (index, SERIES_INDEX), (pl.concat(flows), FLOWS)
    ):  # fmt: skip
        store.write(frame, table, home.table(table.layer, table.name))
    index_file = home.table(SERIES_INDEX.layer, SERIES_INDEX.name)
    publish(
        home.published_dir,
        {SERIES_INDEX: index_file},
        views=(),
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return home


def test_the_record_names_its_day_and_edition_and_is_read_back_as_written(
    home: Home, tmp_path: Path
) -> None:
    out = tmp_path / RECORD_FILE
    main(["--home", str(home.root), "--out", str(out)])
    record = read_declared(out, DRIVERS)
    (edition,) = list_editions(home.published_dir)
    assert set(record["measured_edition_id"]) == {edition.edition_id}
    day = record["measured_date"][0]
    assert record.equals(measure(home, day))
    verdicts = record.filter((pl.col("horizon") == 1) & (pl.col("origins_judged") == "all"))
    # detections lag two months, so the simulated lead of one month is known too late to help
    assert dict(verdicts.select("driver", "has_skill").iter_rows()) == {
        "frontex_detections": False,
        "ucdp_deaths": False,
    }


def test_a_home_without_drivers_has_a_record_without_rows(home: Home) -> None:
    path = home.table("mart", "flows")
    store.write(store.read(path, FLOWS).clear(), FLOWS, path)
    assert measure(home, date(2026, 1, 1)).is_empty()


def test_a_home_that_published_nothing_has_no_record(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="published none"):
        measure(Home(tmp_path), date(2026, 1, 1))


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert RECORD_FILE in capsys.readouterr().out


def test_the_suite_refuses_a_driver_that_has_skill_without_reason(home: Home) -> None:
    made = measure(home, date(2026, 1, 1))

    def failed(frame: pl.DataFrame) -> set[str]:
        results = check_table(DRIVERS, frame, suites_dir=SUITES_DIR, today=date(2026, 1, 1))
        return {result.reason for result in results if not result.success}

    assert failed(made) == set()
    assert failed(made.clear()) == set()
    one = made.with_columns(
        has_skill=pl.lit(value=True), p_value=pl.lit(0.2), relative_wis=pl.lit(1.01)
    )
    assert {reason[:17] for reason in failed(one)} == {"The declared rule", "A driver that ear"}
