"""Files for other tools: what the entry views say, of sources that may be passed on."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.licences import LICENCES
from fcm_migration.publish.answers import spreadsheet_csv
from fcm_migration.publish.query import Connection
from fcm_migration.reports.pages import Row
from fcm_migration.reports.pictures.naming import sources_behind

FOLDER = "downloads"
RATE, INHABITANTS = "per_100k_inhabitants", "worldbank_population"  # a rate has two sources
SHAREABLE = frozenset(licence.licence_id for licence in LICENCES if licence.bundled)
MAIN = """
SELECT m.destination, m.what AS what_is_counted, s.period_start, s.value, m.unit, m.frequency,
       m.source_id, m.as_of_date, m.destination_iso3, m.indicator, m.series_id
FROM brief.main_series m JOIN mart.series s USING (series_id)
ORDER BY m.destination, s.period_start
"""
SOURCES = """
SELECT v.*, s.cadence, s.units, s.licence_id, s.licence_url
FROM main.sources v JOIN meta.sources s USING (source_id) ORDER BY source_id
"""
# file, name, what it holds, the question
TABLES = (
    (
        "main_series",
        "Main series",
        "Every figure of the one series that a country's brief opens with. An empty value is not "
        "known; it is not nought.",
        MAIN,
    ),
    (
        "newest_figures",
        "Newest figures",
        "One row for each country and kind of figure. Figures of different units are never added.",
        "FROM main.newest_figures",
    ),
    (
        "forecasts",
        "Forecasts",
        "With their ranges, and how often such ranges have held. They are the project's own and "
        "not official.",
        "FROM main.forecasts",
    ),
    (
        "alerts",
        "Alerts",
        "What stands out in the newest figures. They are the project's own: a reason to look, not "
        "a finding.",
        "FROM main.whats_emerging",
    ),
    (
        "sources",
        "Sources",
        "With licence and how to cite; the column source_id of the other files names them.",
        SOURCES,
    ),
)


@dataclass(frozen=True)
class File:
    """A table as one file.

    Attributes:
        name: in the folder of downloads.
        kind: CSV or Parquet.
        body: its bytes.
    """

    name: str
    kind: str
    body: bytes

    @property
    def sha256(self) -> str:
        """Return the fingerprint of its bytes."""
        return store.sha256(self.body)

    @property
    def size(self) -> str:
        """Return its size in words."""
        size = len(self.body)
        return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3)):,} kB"


@dataclass(frozen=True)
class Offer:
    """A table with its files.

    Attributes:
        name: in words.
        title: what it holds.
        rows: number of rows.
        left_out: rows that are not in it, because their source may not be passed on.
        files: the same rows in two formats.
    """

    name: str
    title: str
    rows: int
    left_out: int
    files: tuple[File, ...]


@dataclass(frozen=True)
class Downloads:
    """All files of the folder, and whose figures are not in them.

    Attributes:
        offers: the tables.
        used: sources of figures in them, with licence and attribution.
        refused: sources whose licence does not let figures be passed on.
    """

    offers: tuple[Offer, ...]
    used: tuple[Row, ...]
    refused: tuple[Row, ...]


def made_downloads(connection: Connection) -> Downloads:
    """Return the files of an edition."""
    sources = connection.sql("FROM meta.sources ORDER BY publisher, title").rows(named=True)
    licences = {row["source_id"]: row["licence_id"] for row in sources}
    free = {name for name, licence in licences.items() if licence in SHAREABLE}
    offers, used = [], set[str]()
    for file, name, title, question in TABLES:
        frame = connection.sql(question)
        if file == "sources":
            kept = frame
        else:
            behind = _behind(frame)
            if RATE in frame.columns and frame[RATE].null_count() < frame.height:
                used.add(INHABITANTS)
            kept = frame.filter(pl.Series([set(own) <= free for own in behind], dtype=pl.Boolean))
            used.update(*(own for own in behind if set(own) <= free))
        left_out = frame.height - kept.height
        offers.append(Offer(name, title, kept.height, left_out, _files(file, kept)))
    return Downloads(
        tuple(offers),
        _those(sources, used),
        _those(sources, licences.keys() - free),
    )


def _behind(frame: pl.DataFrame) -> list[list[str]]:
    """Return the sources behind each row: two for a series that was spliced."""
    if "series_id" not in frame.columns:
        return [[name] for name in frame.get_column("source_id")]
    rows = frame.select("source_id", "series_id").unique().iter_rows(named=True)
    by_series = {row["series_id"]: sources_behind(row) for row in rows}
    return [by_series[name] for name in frame.get_column("series_id")]


def _those(sources: Collection[Mapping[str, Any]], names: Collection[str]) -> tuple[Row, ...]:
    return tuple(row for row in sources if row["source_id"] in names)


def _files(name: str, frame: pl.DataFrame) -> tuple[File, ...]:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return (
        File(f"{name}.csv", "CSV", spreadsheet_csv(frame)),
        File(f"{name}.parquet", "Parquet", buffer.getvalue()),
    )


def files_of(downloads: Downloads) -> dict[str, bytes]:
    """Return the content of the folder of downloads by name, with its list of fingerprints."""
    files = [file for offer in downloads.offers for file in offer.files]
    sums = "".join(f"{file.sha256}  {file.name}\n" for file in files)
    made = {f"{FOLDER}/{file.name}": file.body for file in files}
    return made | {f"{FOLDER}/SHA256SUMS": sums.encode()}
