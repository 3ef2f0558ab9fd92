"""An exported folder holds what the edition holds, in every format, and is ours to replace."""

from __future__ import annotations

import codecs
import csv
import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from fcm_migration import store
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.model import Column
from fcm_migration.errors import DiskError, EditionError, UsageError
from fcm_migration.machine import lacks_are_typed
from fcm_migration.outfolder import NOTE
from fcm_migration.publish.answers import run_query
from fcm_migration.publish.export import FORMATS, Exported, export
from fcm_migration.publish.export.formats import ENDINGS, NULLS, write_plain
from fcm_migration.publish.export.relations import DTYPES, Relation, relations
from fcm_migration.refresh.context import Context
from tests.hostile import DECLARED, ENDLESS, FORMULAS, LABELS, TEXTS, publish_hostile, rows

USUAL = [
    "known",
    "mart.labels",
    "trend.nothing",
    "meta.changed_series",
    "meta.changes",
    "meta.columns",
    "meta.edition",
    "meta.sources",
    "meta.tables",
]
TRUTH = pl.DataFrame(rows(), schema=polars_schema(LABELS))


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module", params=FORMATS)
def folder(
    request: pytest.FixtureRequest, edition: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder: Path = tmp_path_factory.mktemp("export") / request.param
    to(edition, folder, fmt=request.param, everything=True)
    return folder


@pytest.fixture(scope="module")
def package(edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package") / "out"
    to(edition, folder, everything=True)
    return folder


def to(edition: Path, folder: Path, **options: Any) -> Exported:
    return export(edition, folder, **{"fmt": "datapackage", "declared": DECLARED} | options)


def resource(package: Path, name: str) -> dict[str, Any]:
    descriptor = json.loads((package / "datapackage.json").read_text())
    (found,) = [item for item in descriptor["resources"] if item["name"] == name]
    return dict(found)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_usual_tables_are_exported_all_or_those_named(edition: Path, tmp_path: Path) -> None:
    for options, expected in (
        ({}, USUAL),
        ({"everything": True}, [*USUAL, "core.secret"]),
        ({"names": ["MART.labels", "main.known"]}, ["known", "mart.labels"]),
    ):
        done = to(edition, tmp_path / "out", fmt="parquet", **options)
        files = {f"{name}.parquet" for name in expected}
        assert set(names(tmp_path / "out")) == {*files, "README.txt", NOTE}
        assert done.tables == len(expected)


def test_a_name_that_is_none_is_refused_with_those_near_it(edition: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"got mart\.lables") as raised:
        to(edition, tmp_path / "out", names=["mart.lables"])
    assert "mart.labels" in str(raised.value.expected)
    with pytest.raises(UsageError, match="--table or --all"):
        to(edition, tmp_path / "out", names=["known"], everything=True)
    assert list(tmp_path.iterdir()) == []


def test_parquet_gives_back_every_value_and_type(edition: Path, tmp_path: Path) -> None:
    to(edition, tmp_path / "out", fmt="parquet")
    path = tmp_path / "out" / "mart.labels.parquet"
    assert_frame_equal(pl.read_parquet(path), TRUTH, check_exact=True)
    frame = pd.read_parquet(path, dtype_backend="pyarrow")
    assert_frame_equal(pl.from_pandas(frame), TRUTH, check_exact=True)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        found = pl.DataFrame(connection.read_parquet(str(path)).to_arrow_table())
    assert_frame_equal(found, TRUTH, check_exact=True)
    notes = pq.read_schema(path)
    assert notes.field("share").metadata == {b"description": b"Of all.", b"unit": b"share"}
    assert notes.metadata[b"description"].startswith(b"Labels that other programs misread.")


def test_a_data_package_gives_back_every_value_and_type(package: Path) -> None:
    """Nulls against "" and NA, line ends and NUL within texts, microseconds, the widest numbers."""
    path, found = package / "mart.labels.csv", resource(package, "mart.labels")
    (null,) = found["schema"]["missingValues"]
    assert null not in TEXTS
    plain = pl.read_csv(
        path,
        null_values=null,
        schema_overrides={"label": pl.String, "perhaps": pl.String, "source_id": pl.String},
        try_parse_dates=False,
        infer_schema_length=None,
    )
    typed = plain.with_columns(
        pl.col("first_date").str.to_date("%Y-%m-%d"),
        pl.col("seen_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_zone="UTC"),
    )
    assert_frame_equal(typed, TRUTH, check_exact=True)
    texts = {"label": "string", "perhaps": "string", "source_id": "string"}
    frame = pd.read_csv(
        path, na_values=[null], keep_default_na=False, dtype=texts, lineterminator="\n"
    )
    assert frame["label"].tolist() == TRUTH["label"].to_list()
    assert frame["perhaps"].isna().tolist() == TRUTH["perhaps"].is_null().to_list()
    assert frame["share"].isna().tolist() == TRUTH["share"].is_null().to_list()
    read = duckdb.execute(
        "SELECT label, perhaps, number, is_known, first_date, seen_at FROM read_csv(?, header=true,"
        "nullstr=?, quote='\"', escape='\"', delim=',', allow_quoted_nulls=false, columns={"
        "number: 'BIGINT', label: 'VARCHAR', perhaps: 'VARCHAR', share: 'DOUBLE', "
        "is_known: 'BOOLEAN', first_date: 'DATE', seen_at: 'TIMESTAMP', source_id: 'VARCHAR'})",
        [str(path), null],
    ).fetchall()
    truth = TRUTH.with_columns(pl.col("seen_at").dt.replace_time_zone(None))
    assert (
        read
        == truth.select("label", "perhaps", "number", "is_known", "first_date", "seen_at").rows()
    )


def test_null_is_a_text_that_no_cell_holds(package: Path) -> None:
    assert NULLS[0] in TEXTS
    assert resource(package, "mart.labels")["schema"]["missingValues"] == [NULLS[1]]
    assert resource(package, "core.secret")["schema"]["missingValues"] == [NULLS[0]]


def test_infinity_and_no_number_are_spelt_as_table_schema_does(
    tmp_path: Path, edition: Path
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "CREATE TABLE t AS SELECT unnest(['1.5', 'inf', '-inf', 'nan', NULL])::DOUBLE AS x"
        )
        relation = Relation("main", "t", "", (Column("x", "number", "", nullable=True),))
        assert write_plain(connection, relation, tmp_path / "t.csv", "\\N") == 5
    assert (tmp_path / "t.csv").read_text() == "x\n1.5\nINF\n-INF\nNaN\n\\N\n"


def test_the_package_says_types_units_keys_sizes_and_hashes(package: Path) -> None:
    descriptor = json.loads((package / "datapackage.json").read_text())
    assert descriptor["version"] == descriptor["edition"]["edition_id"]
    assert descriptor["created"] == "2024-06-15T12:00:00Z"
    assert "formula to a spreadsheet" in descriptor["description"]
    assert {f"{item['name']}.csv" for item in descriptor["resources"]} == {
        path.name for path in package.glob("*.csv")
    }
    for item in descriptor["resources"]:
        body = (package / item["path"]).read_bytes()
        assert item["bytes"] == len(body)
        assert item["hash"] == f"sha256:{store.sha256(body)}"
        header = next(csv.reader([body.decode().splitlines()[0]]))
        assert [field["name"] for field in item["schema"]["fields"]] == header
    labels = resource(package, "mart.labels")["schema"]
    assert labels["primaryKey"] == ["number"]
    assert [field["type"] for field in labels["fields"]] == [
        "integer", "string", "string", "number", "boolean", "date", "datetime", "string",
    ]  # fmt: skip
    number, label, perhaps, share, *_ = labels["fields"]
    assert number["constraints"] == {"required": True, "minimum": 0}
    assert (label["constraints"], perhaps["constraints"]) == ({"required": True}, {})
    assert share["unit"] == "share"
    view = resource(package, "known")
    assert view["description"] == "Which labels are known?"
    assert [(f["name"], f["type"]) for f in view["schema"]["fields"]] == [
        ("label", "string"), ("total", "integer"), ("seen_at", "datetime"), ("fixed", "string"),
    ]  # fmt: skip
    assert "primaryKey" not in view["schema"]


def test_a_table_that_is_not_as_declared_is_described_by_the_file(
    edition: Path, tmp_path: Path
) -> None:
    """An edition of another version may lack a column, whose key and bounds would not hold."""
    other = (LABELS.columns[1],)
    declared = [type(LABELS)("mart", "labels", "Other.", "row", other, ("label",))]
    to(edition, tmp_path / "out", names=["mart.labels"], declared=declared)
    schema = resource(tmp_path / "out", "mart.labels")["schema"]
    assert "primaryKey" not in schema
    assert [f["name"] for f in schema["fields"]] == list(LABELS.column_names)
    assert all(f["constraints"] == {} for f in schema["fields"])
    assert schema["fields"][3]["description"] == "Of all. [share]"


def test_each_source_has_its_licence_and_whether_it_may_be_passed_on(package: Path) -> None:
    descriptor = json.loads((package / "datapackage.json").read_text())
    said = {s["source_id"]: s for s in descriptor["sources"]}
    assert list(said) == ["closed", "open"]  # nothing was ever obtained of the third
    assert said["open"]["redistribution"].startswith("The licence allows")
    assert said["closed"]["redistribution"].startswith("No licence")
    assert said["closed"]["attribution"] == "Source: closed"
    assert said["closed"]["as_of_date"] == "2024-04-01"
    assert {item["name"] for item in descriptor["licenses"]} == {"au-unverified", "ogl-uk-3.0"}
    secret = resource(package, "core.secret")
    assert [item["name"] for item in secret["licenses"]] == ["au-unverified"]
    assert [s["source_id"] for s in resource(package, "mart.labels")["sources"]] == ["open"]
    assert "sources" not in resource(package, "known")


def test_sources_of_tables_named_alone_are_those_said(edition: Path, tmp_path: Path) -> None:
    to(edition, tmp_path / "out", names=["core.secret"])
    descriptor = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    assert [s["source_id"] for s in descriptor["sources"]] == ["closed"]
    text = (tmp_path / "out" / "README.txt").read_text()
    assert "No licence that allows passing the figures on is known" in text
    assert "The licence allows" not in text


def test_every_format_says_what_its_texts_are(folder: Path) -> None:
    text = " ".join((folder / "README.txt").read_text().split())
    assert ("begins with an apostrophe here" in text) == (folder.name == "csv")
    assert ("Every text stands as its publisher wrote it" in text) == (folder.name != "csv")
    assert (folder / "datapackage.json").exists() == (folder.name == "datapackage")
    assert f"mart.labels.{ENDINGS[folder.name]} ({len(TEXTS)} rows)" in text
    assert "Office <b>of</b> figures" in text
    assert "release of 2024-05-01" in text


def test_csv_for_spreadsheets_is_that_of_a_query(edition: Path, tmp_path: Path) -> None:
    to(edition, tmp_path / "out", fmt="csv")
    run_query(edition, "FROM mart.labels", fmt="csv", out=tmp_path / "asked.csv")
    body = (tmp_path / "out" / "mart.labels.csv").read_bytes()
    assert body == (tmp_path / "asked.csv").read_bytes()
    assert body.startswith(codecs.BOM_UTF8)
    with (tmp_path / "asked.csv").open(newline="", encoding="utf-8-sig") as file:
        labels = [row["label"] for row in csv.DictReader(file)]
    assert labels[: len(FORMULAS)] == [f"'{text}" for text in FORMULAS]
    empty = (tmp_path / "out" / "trend.nothing.csv").read_bytes()
    assert empty == codecs.BOM_UTF8 + (",".join(LABELS.column_names) + "\n").encode()


def test_an_export_is_replaced_and_nothing_else_is(edition: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    to(edition, out)
    to(edition, out, fmt="parquet", names=["known"])
    assert names(out) == [NOTE, "README.txt", "known.parquet"]
    (out / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"such as notes\.txt"):
        to(edition, out)
    assert names(out) == [NOTE, "README.txt", "known.parquet", "notes.txt"]


def test_two_exports_of_an_edition_are_the_same_bytes(edition: Path, tmp_path: Path) -> None:
    for fmt in FORMATS:
        one, other = tmp_path / f"{fmt}1", tmp_path / f"{fmt}2"
        to(edition, one, fmt=fmt)
        to(edition, other, fmt=fmt)
        assert {n: (one / n).read_bytes() for n in names(one)} == {
            n: (other / n).read_bytes() for n in names(other)
        }


def test_rows_of_a_view_without_an_order_are_sorted() -> None:
    """A join gives them in another order each time; stored rows and an ORDER BY keep theirs."""
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA computed; CREATE TABLE computed.v AS SELECT 2 AS a")
        connection.execute("CREATE VIEW stored AS SELECT * FROM computed.v")
        connection.execute("CREATE VIEW ordered AS SELECT a FROM computed.v t ORDER BY (a + 1)")
        connection.execute("CREATE TABLE plain AS SELECT unnest([3, 1, 2]) AS a")
        connection.execute("CREATE VIEW bare AS SELECT a FROM plain")
        connection.execute(
            'CREATE VIEW "window" AS SELECT a, max(a) OVER (ORDER BY a) AS b FROM plain'
        )
        found = {r.name: r for r in relations(connection, ())}
        assert {name for name, r in found.items() if not r.is_sorted} == {"bare", "window"}
        assert connection.execute(found["bare"].select).fetchall() == [(1,), (2,), (3,)]
        assert connection.execute(found["plain"].select).fetchall() == [(3,), (1,), (2,)]


def test_rows_of_many_batches_are_all_written_once(
    edition: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for fmt in FORMATS:
        to(edition, tmp_path / f"{fmt}1", fmt=fmt, names=["mart.labels"])
    monkeypatch.setattr("fcm_migration.publish.export.formats.BATCH_ROWS", 7)
    for fmt in FORMATS:
        to(edition, tmp_path / f"{fmt}2", fmt=fmt, names=["mart.labels"])
        name = f"mart.labels.{ENDINGS[fmt]}"
        one, other = tmp_path / f"{fmt}1" / name, tmp_path / f"{fmt}2" / name
        if fmt == "parquet":
            assert pq.read_table(other).equals(pq.read_table(one))
        else:
            assert other.read_bytes() == one.read_bytes()


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_full_disk_leaves_nothing(
    edition: Path, tmp_path: Path, fmt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fcm_migration.outfolder.os.fsync", full)
    with pytest.raises(DiskError, match="the disk is full"), lacks_are_typed(lambda: tmp_path):
        to(edition, tmp_path / "out", fmt=fmt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("fmt", FORMATS)
def test_a_disk_that_fills_while_a_table_is_written_leaves_nothing(
    edition: Path, tmp_path: Path, fmt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.open

    def full(path: Path, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        is_table = path.name.startswith("mart.labels.") and mode == "wb"
        return real(Path("/dev/full") if is_table else path, mode, *arguments, **options)

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(DiskError, match="the disk is full"), lacks_are_typed(lambda: tmp_path):
        to(edition, tmp_path / "out", fmt=fmt)
    assert list(tmp_path.iterdir()) == []


def test_nothing_published_is_an_edition_error(tmp_path: Path) -> None:
    with pytest.raises(EditionError, match="nothing is published"):
        to(tmp_path / "none.duckdb", tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_every_type_of_the_published_file_is_one_that_files_can_hold(published: Context) -> None:
    """A list or a structure would become a text that no program can read back."""
    with duckdb.connect(str(published.home.published), read_only=True) as connection:
        found = connection.execute(
            "SELECT DISTINCT data_type FROM duckdb_columns() WHERE NOT internal"
        ).fetchall()
    assert {kind for (kind,) in found} <= set(DTYPES)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_export_leaves_nothing(tmp_path: Path, number: int, code: int) -> None:
    with _endless(tmp_path) as process:
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == code, said
    assert names(tmp_path / "place") == []


def test_what_a_killed_export_left_is_removed_by_the_next(tmp_path: Path) -> None:
    with _endless(tmp_path) as process:
        process.kill()
    (left,) = names(tmp_path / "place")
    assert left.endswith(store.PART)
    out = tmp_path / "place" / "out"
    to(tmp_path / "home" / "published" / "fcm_migration.duckdb", out, names=["mart.labels"])
    assert names(tmp_path / "place") == ["out"]


def _endless(folder: Path) -> subprocess.Popen[str]:
    """Start to export a view that has no end, and return once rows of it are written."""
    publish_hostile(folder / "home", ENDLESS)
    place = folder / "place"
    place.mkdir()
    command = [sys.executable, "-m", "fcm_migration", "--home", str(folder / "home")]
    process = subprocess.Popen(
        [*command, "export", str(place / "out"), "--format", "csv", "--table", "endless"],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(folder / "cache")},
    )
    end = time.monotonic() + 60
    while not any(path.stat().st_size > 1000 for path in place.glob(".out.*/endless.csv")):
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            pytest.fail(f"nothing was written: {process.communicate()[1]}")
        time.sleep(0.02)
    return process
