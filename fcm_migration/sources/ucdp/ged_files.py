"""UCDP's event files as texts: a ZIP with one CSV, or a CSV, of 42 or 49 columns.

A candidate file came without its header row once; its columns are then taken to be the known 49.
"""

from __future__ import annotations

import csv
import tempfile
import zipfile
from collections.abc import Sequence
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import polars as pl

from fcm_migration.errors import LayoutError, UnsafeFileError
from fcm_migration.sources.base import ReleaseFile

# Five times what the final edition unpacks to.
MOST_BYTES = 1_500_000_000
MOST_RATIO = 200
CHUNK = 1 << 20
# Rows turned into columns at a time: a whole edition as Python texts would take gigabytes.
BLOCK = 20_000
COLUMNS_49 = (
    *("id", "relid", "year", "active_year", "code_status", "type_of_violence"),
    *("conflict_dset_id", "conflict_new_id", "conflict_name", "dyad_dset_id", "dyad_new_id"),
    *("dyad_name", "side_a_dset_id", "side_a_new_id", "side_a", "side_b_dset_id"),
    *("side_b_new_id", "side_b", "number_of_sources", "source_article", "source_office"),
    *("source_date", "source_headline", "source_original", "where_prec", "where_coordinates"),
    *("where_description", "adm_1", "adm_2", "latitude", "longitude", "geom_wkt"),
    *("priogrid_gid", "country", "country_id", "region", "event_clarity", "date_prec"),
    *("date_start", "date_end", "deaths_a", "deaths_b", "deaths_civilians", "deaths_unknown"),
    *("best", "high", "low", "gwnoa", "gwnob"),
)
# Editions to about 2020 lacked relid, and these with it.
OLDER_LACK = ("code_status",)


def read_texts(file: ReleaseFile, wanted: Sequence[str]) -> pl.DataFrame:
    """Read the wanted columns of one file, every field as text.

    Raises:
        LayoutError: a column is missing or stands twice, or the text is broken.
        UnsafeFileError: a ZIP that is none, holds anything but one CSV, or unpacks too far.
    """
    if not file.name.lower().endswith(".zip"):
        return _read_csv(file.path, file.name, wanted)
    with tempfile.TemporaryDirectory(prefix="fcm-ucdp-") as folder:
        unpacked = Path(folder) / "events.csv"
        _unpack(file, unpacked)
        return _read_csv(unpacked, file.name, wanted)


def _unpack(file: ReleaseFile, target: Path) -> None:
    """Copy the one CSV out of a ZIP under our own name, counting bytes on the way."""
    try:
        with zipfile.ZipFile(file.path) as archive:
            members = [info for info in archive.infolist() if not info.is_dir()]
            if len(members) != 1 or not members[0].filename.lower().endswith(".csv"):
                raise UnsafeFileError(
                    "the ZIP does not hold exactly one CSV",
                    where=file.name,
                    expected="one member ending in .csv",
                    got=[info.filename for info in members[:5]],
                )
            (info,) = members
            too_dense = info.file_size > MOST_RATIO * max(info.compress_size, 1)
            if info.flag_bits & 1 or info.file_size > MOST_BYTES or too_dense:
                raise UnsafeFileError(
                    "the ZIP is encrypted or unpacks too far",
                    where=file.name,
                    expected=f"at most {MOST_BYTES:,} bytes and {MOST_RATIO}-fold",
                    got=f"{info.file_size:,} bytes from {info.compress_size:,}",
                )
            with archive.open(info) as source, target.open("wb") as sink:
                _copy(source, sink, info.file_size, file.name)  # type: ignore[arg-type]
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnsafeFileError("not a readable ZIP", where=file.name, got=str(error)) from None


def _copy(source: BinaryIO, sink: BinaryIO, declared: int, where: str) -> None:
    copied = 0
    while chunk := source.read(CHUNK):
        copied += len(chunk)
        if copied > declared:
            raise UnsafeFileError("the ZIP unpacks to more than it declares", where=where)
        sink.write(chunk)


def _read_csv(path: Path, where: str, wanted: Sequence[str]) -> pl.DataFrame:
    header = _first_row(path, where)
    has_header = not header[0].isdigit()
    names = [cell.strip().lower() for cell in header] if has_header else list(COLUMNS_49)
    if len(header) != len(names):
        raise LayoutError(
            "no header row, and another number of columns than the known layout",
            where=where,
            expected=len(COLUMNS_49),
            got=len(header),
        )
    older = "relid" not in names
    lacking = sorted(set(wanted) - set(names) - set(OLDER_LACK if older else ()))
    twice = sorted({name for name in names if names.count(name) > 1})
    if lacking or twice:
        raise LayoutError(
            "columns are missing or stand twice",
            where=where,
            expected=list(wanted),
            got=f"{names[:60]}, twice {twice}",
            lacks=lacking,
        )
    at = {name: names.index(name) for name in wanted if name in names}
    frames = [pl.DataFrame(schema=dict.fromkeys(wanted, pl.String))]
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            rows = csv.reader(handle, strict=True)
            for _ in range(int(has_header)):
                next(rows)
            while block := list(islice(rows, BLOCK)):
                _refuse_ragged(block, len(names), where)
                columns = {name: [row[place] for row in block] for name, place in at.items()}
                absent = [pl.lit("").alias(name) for name in wanted if name not in at]
                frames.append(pl.DataFrame(columns).with_columns(absent).select(wanted))
    except (UnicodeDecodeError, csv.Error) as error:
        raise LayoutError("the delimited text is broken", where=where, got=str(error)) from None
    return pl.concat(frames).with_columns(pl.all().str.normalize("NFC"))


def _refuse_ragged(rows: Sequence[Sequence[str]], width: int, where: str) -> None:
    """Refuse rows that lack fields: Polars' reader would silently fill them."""
    if ragged := [row for row in rows if len(row) != width]:
        raise LayoutError(
            f"{len(ragged)} rows of another width than the first",
            where=where,
            expected=f"{width} fields",
            got=f"{len(ragged[0])} in a row that begins {ragged[0][:3]}",
        )


def _first_row(path: Path, where: str) -> list[str]:
    with path.open("rb") as handle:
        line = handle.readline(65_536)
    try:
        rows = list(csv.reader(StringIO(line.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise LayoutError("the first line is no CSV", where=where, got=str(error)) from None
    if not rows or len(rows[0]) < 2:
        raise LayoutError(
            "the first line is no header of events", where=where, expected="id,...", got=line[:80]
        )
    return rows[0]
