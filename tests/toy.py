"""A toy source for tests of the pipeline: simulated figures, and it says so.

Its wire format is a CSV ``month,origin,count`` named ``toy_YYYY-MM-DD.csv``; ``fetch`` asks for one
address. A cell ``-`` is suppressed; a row whose count is zero is left out.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration.catalog.licences import UK_OGL3
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.forecast.drivers import DRIVERS, RECORD_FILE
from fcm_migration.marts.places import COUNTRIES
from fcm_migration.marts.places import FILE as COUNTRIES_FILE
from fcm_migration.marts.reviewed import FILES, POLICY_EVENTS
from fcm_migration.sources.base import (
    DRAFT_FLOWS,
    TOTAL,
    Fetched,
    FetchedFile,
    Get,
    Parsed,
    ReleaseFile,
    Source,
)
from fcm_migration.trends.alerts.events import COLUMNS as EVENTS

TABLE = Table(
    "core",
    "toy_claims",
    "Simulated claims, for tests only.",
    "month and origin",
    (
        Column("month_start_date", "date", "First day of the month."),
        Column("origin", "string", "Simulated origin label."),
        Column(
            "claims_persons", "integer", "Simulated claims.", "persons", nullable=True, minimum=0
        ),
    ),
    ("month_start_date", "origin"),
    source_id="toy",
    period="month_start_date",
)

# every series doubles, more or less: what a home with forecasts always has a scenario for
SCENARIO = (
    f"toy-doubles,{'*,' * 8}multiply,,1,2,,1.5,2,3,,,,Doubles.,Simulated.,Nothing.,2024-01-01\n"
)
COLUMNS = tuple(f"column {name}" for name in ("month", "origin", "count"))


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the toy CSV, refusing another header."""
    text = files[0].path.read_text()
    header, *lines = text.splitlines()
    if header != "month,origin,count":
        raise LayoutError(
            "another header", where=files[0].name, expected="month,origin,count", got=header
        )
    rows = [line.split(",") for line in lines]
    frame = pl.DataFrame(
        {
            "month_start_date": [date.fromisoformat(f"{month}-01") for month, _, _ in rows],
            "origin": [origin for _, origin, _ in rows],
            "claims_persons": [None if count == "-" else int(count) for _, _, count in rows],
        },
        schema_overrides={"claims_persons": pl.Int64},
    )
    return Parsed({TABLE.name: frame}, marks={"-": text.count("-\n")}, layout=COLUMNS)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Claims by origin and their total, by month."""
    core = tables[TABLE.name]
    by_origin = core.select("month_start_date", "claims_persons", origin_label=pl.col("origin"))
    total = core.group_by("month_start_date").agg(pl.col("claims_persons").sum())
    both = pl.concat(
        [by_origin, total.with_columns(pl.lit(TOTAL).alias("origin_label"))], how="diagonal"
    )
    return both.select(
        pl.lit("asylum_claims").alias("indicator"),
        pl.lit("GBR").alias("destination_iso3"),
        "origin_label",
        pl.lit("all").alias("route"),
        pl.lit("all").alias("place"),
        pl.lit("all").alias("population_group"),
        pl.lit("M").alias("frequency"),
        pl.col("month_start_date").alias("period_start"),
        pl.col("claims_persons").alias("value"),
        pl.col("claims_persons").is_null().alias("is_suppressed"),
        pl.lit(1, dtype=pl.Int64).alias("rounding"),
        (pl.col("origin_label") == TOTAL).alias("is_derived"),
        pl.lit(value=False).alias("is_partial"),
    ).cast(dict(DRAFT_FLOWS))  # type: ignore[arg-type]


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """The date in the file's name, if there is one."""
    found = re.search(r"(\d{4}-\d{2}-\d{2})", files[0].name)
    return date.fromisoformat(found.group(1)) if found else None


def fetch(get: Get) -> Fetched:
    """Ask for the one file."""
    from fcm_migration.http import Request

    request = Request("https://toy.example/toy.csv", expect="csv", csv_anchor="month,origin,count")
    return Fetched((FetchedFile("toy.csv", get(request)),))


TOY = Source(
    source_id="toy",
    title="Simulated claims",
    publisher="Nobody",
    landing_url="https://toy.example/",
    hosts=frozenset({"toy.example"}),
    licence=UK_OGL3,
    cadence=Cadence("never", "7 3 * * *", 100),
    revision_habit="As the test needs it.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="toy",
    absent_is_zero=True,
    fetch=fetch,
    parse=parse,
    flows=flows,
    release_date=release_date,
)
ROLLING = dataclasses.replace(TOY, rolling_by="origin")


def write_release(folder: Path, day: str, rows: Sequence[tuple[str, str, str]]) -> Path:
    """Write one toy release into a folder; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"toy_{day}.csv"
    path.write_text("month,origin,count\n" + "".join(f"{m},{o},{c}\n" for m, o, c in rows))
    return path


def write_aliases(folder: Path, labels: Mapping[str, str]) -> Path:
    """Write the toy scheme's alias table, and empty reviewed ones; return the reference folder."""
    path = folder / "country_aliases" / "toy.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{label},{iso3},country,simulated" for label, iso3 in labels.items()]
    path.write_text("label,origin_iso3,origin_class,note\n" + "\n".join(lines) + "\n")
    others = {"policy_events.csv": POLICY_EVENTS, RECORD_FILE: DRIVERS, COUNTRIES_FILE: COUNTRIES}
    for name, table in {**FILES, **others}.items():
        (folder / name).write_text(",".join(table.column_names) + "\n")
    (folder / "labelled_events.csv").write_text(",".join(EVENTS) + "\n")
    with (folder / "scenarios.csv").open("a") as file:
        file.write(SCENARIO)
    return folder
