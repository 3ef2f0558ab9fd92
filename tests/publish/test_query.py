"""A connection to the published file can read its tables and do nothing else."""

from __future__ import annotations

import codecs
import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fcm_migration
from fcm_migration.errors import EditionError, UsageError
from fcm_migration.publish.answers import FORMULA_STARTS, run_query, safe_for_spreadsheets
from fcm_migration.publish.editions import verify
from fcm_migration.publish.query import Connection, connect, open_read_only
from fcm_migration.refresh.context import Context
from tests.small import publish_counts
from tests.toy_home import DROP, FORMULA, QUOTED

REACHING_OUT = [
    "FROM read_csv('/etc/passwd')",
    "FROM read_text('/etc/passwd')",
    "FROM read_blob('/etc/passwd')",
    "FROM read_parquet('/etc/passwd')",
    "FROM sniff_csv('/etc/passwd')",
    "FROM '/etc/passwd'",
    "FROM 'x.parquet'",
    "FROM query_table('/etc/passwd')",
    "FROM glob('/etc/*')",
    "FROM read_csv('https://example.org/x.csv')",
    "FROM 'https://example.org/x.parquet'",
    "FROM duckdb_secrets()",
    "COPY (SELECT 1) TO '{tmp}/x.csv'",
    "COPY mart.counts FROM '/etc/passwd'",
    "EXPORT DATABASE '{tmp}'",
    "ATTACH '{tmp}/x.db'",
    "ATTACH ':memory:' AS m",
    "DETACH fcm_migration",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '99GB'",
    "SET enable_external_access = true",
    "RESET lock_configuration",
    "PRAGMA enable_profiling",
    "CALL pragma_version()",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x AS SELECT 1",
    "CREATE MACRO x() AS 1",
    "DROP TABLE mart.counts",
    "UPDATE mart.counts SET counted_persons = 0",
    "INSERT INTO meta.notes VALUES ('x')",
    "WITH x AS (INSERT INTO meta.notes VALUES ('x') RETURNING *) FROM x",
    "EXPLAIN ANALYZE INSERT INTO meta.notes VALUES ('x')",
    "BEGIN",
    "CHECKPOINT",
    "VACUUM",
    "PREPARE x AS SELECT 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; ATTACH '{tmp}/x.db'",
    "",
    "-- nothing",
    "FROM a_frame_of_the_caller",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("query")
    publish_counts(home / "published", [3, None, -1])
    return home


@pytest.fixture
def fcm(home: Path) -> Connection:
    return connect(home)


@pytest.mark.parametrize("sql", REACHING_OUT)
def test_nothing_but_reading_is_done(fcm: Connection, tmp_path: Path, sql: str) -> None:
    a_frame_of_the_caller = pl.DataFrame({"x": [1]})
    before = fcm.sql("SELECT * FROM mart.counts")
    with pytest.raises(UsageError):
        fcm.sql(sql.format(tmp=tmp_path))
    assert fcm.sql("SELECT * FROM mart.counts").equals(before)
    assert a_frame_of_the_caller.height == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("sql", [sql for sql in REACHING_OUT if sql.startswith(("FROM", "COPY"))])
def test_duckdb_itself_is_hardened_should_the_statement_filter_fail(
    home: Path, tmp_path: Path, sql: str
) -> None:
    with (
        open_read_only(home / "published" / "fcm_migration.duckdb") as connection,
        pytest.raises(duckdb.Error),
    ):
        connection.execute(sql.format(tmp=tmp_path)).fetchall()


@pytest.mark.parametrize(
    "sql",
    [
        "FROM mart.counts",
        "WITH x AS (SELECT 1) FROM x",
        "DESCRIBE mart.counts",
        "SUMMARIZE mart.counts",
        "EXPLAIN SELECT 1",
        "SHOW ALL TABLES",
        "VALUES (1)",
        "SELECT 1;",
        "SELECT * FROM mart.counts c ASOF JOIN meta.edition e ON c.seen_at >= e.published_at",
    ],
)
def test_every_way_of_reading_is_allowed(fcm: Connection, sql: str) -> None:
    assert fcm.sql(sql).height >= 1


def test_a_type_polars_lacks_is_refused_with_the_way_out(fcm: Connection) -> None:
    with pytest.raises(UsageError, match="cast it"):
        fcm.sql("SELECT max(seen_at) - min(seen_at) FROM mart.counts")
    assert fcm.sql("SELECT CAST(max(seen_at) - min(seen_at) AS VARCHAR) FROM mart.counts").height


def test_a_connection_says_which_edition_it_reads(fcm: Connection) -> None:
    note = fcm.edition
    assert (len(note.edition_id), note.sequence) == (12, 1)
    assert note.published_at.isoformat() == "2024-06-15T12:00:00+00:00"


def test_the_package_hands_out_connections(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FCM_HOME", str(home))
    with fcm_migration.connect() as fcm:
        assert fcm.is_newest
        assert fcm.sql("SELECT count(*) FROM mart.counts").item() == 3
    monkeypatch.delenv("FCM_HOME")
    with fcm_migration.connect(str(home)) as by_text, fcm_migration.connect(home) as by_path:
        assert by_text.sql("FROM mart.counts").equals(by_path.sql("FROM mart.counts"))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        fcm_migration.nothing  # noqa: B018


def test_a_notebook_moves_to_a_new_edition_when_it_says_so(tmp_path: Path) -> None:
    first = publish_counts(tmp_path / "published", [1])
    with connect(tmp_path) as fcm:
        assert (fcm.is_newest, fcm.refresh()) == (True, False)
        second = publish_counts(tmp_path / "published", [2])
        assert not fcm.is_newest
        assert fcm.sql("SELECT counted_persons FROM mart.counts").item() == 1
        assert fcm.edition.edition_id == first.edition_id
        with connect(tmp_path) as other:
            assert other.edition.edition_id == second.edition_id
        assert fcm.refresh()
        assert fcm.sql("SELECT counted_persons FROM mart.counts").item() == 2
        assert (fcm.edition.edition_id, fcm.is_newest) == (second.edition_id, True)
        publish_counts(tmp_path / "published", [2])
        assert not fcm.is_newest


def test_a_published_file_without_its_editions_is_still_read(tmp_path: Path) -> None:
    edition = publish_counts(tmp_path / "published", [1])
    for path in (tmp_path / "published" / "editions").iterdir():
        path.unlink()
    with connect(tmp_path) as fcm:
        assert fcm.edition.edition_id == edition.edition_id


def test_nothing_published_or_damaged_is_an_edition_error(tmp_path: Path) -> None:
    with pytest.raises(EditionError, match=r"nothing is published.*fcm refresh"):
        connect(tmp_path)
    path = tmp_path / "published" / "fcm_migration.duckdb"
    path.parent.mkdir()
    path.write_bytes(b"not a database, by any means, whatever one makes of it" * 100)
    with pytest.raises(EditionError, match=r"cannot be opened.*fcm verify"):
        connect(tmp_path)


def test_a_writer_elsewhere_is_named_with_what_ends_it(home: Path) -> None:
    """A client's default mode locks every reader out: the message names it, not `fcm verify`."""
    path = home / "published" / "fcm_migration.duckdb"
    path.chmod(0o644)  # as an older version left it; now only an administrator can open it so
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); "
        "sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(EditionError) as raised:
            connect(home)
        writer.communicate("")
    path.chmod(0o444)
    said = str(raised.value)
    assert "open for writing" in said
    assert f"(PID {writer.pid})" in said
    assert "open the file read-only" in said
    with connect(home) as fcm:  # read again as soon as the writer is gone
        assert fcm.sql("SELECT 1").height == 1


def answer(home: Path, sql: str, fmt: str, capsys: pytest.CaptureFixture[str]) -> str:
    run_query(home / "published" / "fcm_migration.duckdb", sql, fmt=fmt)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


MIXED = """SELECT '' AS empty, CAST(NULL AS VARCHAR) AS missing, '=1+1' AS formula, -1 AS number,
    CAST(NULL AS INTEGER) AS no_number, 'a"b,c' AS quoted, '[/red]' AS markup,
    DATE '2024-01-31' AS day, sum(counted_persons) AS total, CAST('nan' AS DOUBLE) AS nan,
    1.5 AS decimal FROM mart.counts"""


def test_csv_tells_null_from_empty_and_guards_texts_only(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header, row = answer(home, MIXED, "csv", capsys).splitlines()
    assert header == "empty,missing,formula,number,no_number,quoted,markup,day,total,nan,decimal"
    assert row == '"",,\'=1+1,-1,,"a""b,c",[/red],2024-01-31,2,NaN,1.5'


def test_json_is_strict_and_numbers_are_numbers(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    (row,) = json.loads(answer(home, MIXED, "json", capsys), parse_constant=refuse)
    assert row == {
        "empty": "",
        "missing": None,
        "formula": "=1+1",
        "number": -1,
        "no_number": None,
        "quoted": 'a"b,c',
        "markup": "[/red]",
        "day": "2024-01-31",
        "total": 2,
        "nan": None,
        "decimal": 1.5,
    }
    assert isinstance(row["total"], int)
    (other,) = json.loads(answer(home, "SELECT TIME '10:00' AS t", "json", capsys))
    assert other == {"t": "10:00:00"}


def test_a_table_in_a_pipe_is_plain_and_never_folded(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT repeat('x', 300) AS long, '[/red]' AS markup, NULL AS missing, DATE '2024-01-31'"
    out = answer(home, sql, "table", capsys)
    assert "\x1b" not in out
    assert out.splitlines()[1].split() == ["x" * 300, "[/red]", "2024-01-31"]


def test_a_table_prints_every_text_as_it_stands(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No text is a style or the name of a picture, and letters two columns wide are not folded."""
    out = answer(home, "SELECT ':x: [red]' AS \":smile:\", repeat('中', 90) AS w", "table", capsys)
    header, row = out.splitlines()
    assert header.split() == [":smile:", "w"]
    assert row.split() == [":x:", "[red]", "中" * 90]


@pytest.mark.parametrize("fmt", ["table", "csv", "csv-plain", "json"])
def test_an_answer_cannot_steer_the_terminal_and_stays_exact_for_programs(
    home: Path, fmt: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = "SELECT chr(155) || chr(8238) || 'x' || chr(127) AS \"\u202e\""
    shown = "\\u009b\\u202ex\\u007f"
    for is_terminal in (True, False):
        file = io.StringIO()
        monkeypatch.setattr(file, "isatty", lambda told=is_terminal: told)
        monkeypatch.setattr(sys, "stdout", file)
        run_query(home / "published" / "fcm_migration.duckdb", sql, fmt=fmt)
        is_exact = not is_terminal and fmt != "table"
        assert ("\x9b\u202ex\x7f" if is_exact else shown) in file.getvalue()
        assert ("\u202e" in file.getvalue()) == is_exact
        if fmt == "json":
            assert json.loads(file.getvalue()) == [{"\u202e": "\x9b\u202ex\x7f"}]


def test_a_long_table_says_what_it_leaves_out(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = answer(home, "SELECT * FROM range(1002)", "table", capsys)
    assert "... and 2 rows more; --format csv has all" in out


def test_parquet_and_other_formats_to_a_file(home: Path, tmp_path: Path) -> None:
    path = home / "published" / "fcm_migration.duckdb"
    run_query(path, "FROM mart.counts ORDER BY place", fmt="parquet", out=tmp_path / "x.parquet")
    stored = pl.read_parquet(tmp_path / "x.parquet")
    assert stored.get_column("counted_persons").to_list() == [3, None, -1]
    run_query(path, "SELECT 'é' AS a", fmt="csv-plain", out=tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_bytes() == "a\né\n".encode()
    with pytest.raises(UsageError, match="not for a terminal"):
        run_query(path, "SELECT 1", fmt="parquet")
    with pytest.raises(UsageError, match="byte-order mark is for CSV"):
        run_query(path, "SELECT 1", fmt="json", bom=True)
    with pytest.raises(UsageError, match="CSV has no place for lists"):
        run_query(path, "SELECT [1, 2] AS list", fmt="csv")
    with pytest.raises(UsageError, match="no such folder"):
        run_query(path, "SELECT 1", fmt="csv", out=tmp_path / "none" / "x.csv")


def test_a_file_for_a_spreadsheet_begins_with_the_mark_excel_needs(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without it Excel on Windows reads Türkiye as TÃ¼rkiye; a program in a pipe wants none."""
    path, out = home / "published" / "fcm_migration.duckdb", tmp_path / "x.csv"
    sql, plain = "SELECT 'Türkiye' AS nationality", "nationality\nTürkiye\n"
    for fmt, bom, has_mark in (
        ("csv", None, True),
        ("csv", False, False),
        ("csv-plain", None, False),
        ("csv-plain", True, True),
    ):
        run_query(path, sql, fmt=fmt, out=out, bom=bom)
        assert out.read_bytes() == (codecs.BOM_UTF8 if has_mark else b"") + plain.encode()
    assert answer(home, sql, "csv", capsys) == plain
    run_query(path, sql, fmt="csv", bom=True)
    assert capsys.readouterr().out == "\ufeff" + plain


@pytest.mark.parametrize("text", ["-23.8148, 32", "+44 20", "-", "-1.5"])
def test_a_text_of_figures_is_no_formula(
    home: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = csv.DictReader(io.StringIO(answer(home, f"SELECT '{text}' AS a", "csv", capsys)))
    assert row == {"a": text}


def test_plain_csv_leaves_every_text_as_it_is(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sql = "SELECT '=1+1' AS a, '-1+cmd|x' AS b, '@x' AS c"
    (row,) = csv.DictReader(io.StringIO(answer(home, sql, "csv-plain", capsys)))
    assert row == {"a": "=1+1", "b": "-1+cmd|x", "c": "@x"}
    (row,) = csv.DictReader(io.StringIO(answer(home, sql, "csv", capsys)))
    assert row == {"a": "'=1+1", "b": "'-1+cmd|x", "c": "'@x"}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"))), min_size=1))
def test_no_text_can_be_taken_for_a_formula(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"text": texts, "n": [-1] * len(texts)}, schema_overrides={"text": str})
    safe = safe_for_spreadsheets(frame)
    assert safe.get_column("n").equals(frame.get_column("n"))
    for before, after in zip(texts, safe.get_column("text"), strict=True):
        dangerous = before is not None and before.startswith(FORMULA_STARTS)
        dangerous = dangerous and not set(str(before)) <= set("0123456789+-., ")
        assert after == (f"'{before}" if dangerous else before)


def test_what_a_spreadsheet_drops_hides_no_formula() -> None:
    """LibreOffice leaves a NUL out and then runs what follows."""
    frame = pl.DataFrame({"a": ["\0=1+1", "\n=1+1", "\uff1d1+1", "1=1"]})
    assert safe_for_spreadsheets(frame).get_column("a").to_list() == [
        "'\0=1+1",
        "'\n=1+1",
        "'\uff1d1+1",
        "1=1",
    ]


def test_names_of_columns_are_guarded_too(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """PIVOT makes columns of labels."""
    sql = """SELECT 1 AS "=1+1", 2 AS "'=1+1", 3 AS "-1", 4 AS a"""
    header, row = answer(home, sql, "csv", capsys).splitlines()
    assert (header, row) == ("''=1+1,'=1+1,-1,a", "1,2,3,4")
    assert answer(home, sql, "csv-plain", capsys).splitlines()[0] == "=1+1,'=1+1,-1,a"


def test_labels_that_look_like_code_go_the_whole_way(
    published: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    with connect(published.home.root) as fcm:
        labels = fcm.sql("SELECT DISTINCT origin FROM core.toy_claims").get_column("origin")
        assert {DROP, QUOTED, FORMULA} <= set(labels)
        held = fcm.sql("SELECT label FROM meta.quarantined_labels").get_column("label").to_list()
        assert QUOTED in held
        assert DROP not in held
        assert fcm.sql("SELECT count(*) FROM mart.by_origin WHERE origin_iso3 = 'PER'").item() == 30
    run_query(published.home.published, "SELECT DISTINCT origin FROM core.toy_claims", fmt="csv")
    written = {row["origin"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert {DROP, QUOTED, f"'{FORMULA}"} <= written


def test_a_damaged_block_is_an_error_and_never_an_answer(tmp_path: Path) -> None:
    """DuckDB's own checksum of each block; so a query need not hash the whole file first."""
    path = publish_counts(tmp_path / "published", list(range(3000))).path
    whole = path.read_bytes()
    question = "SELECT sum(counted_persons), max(seen_at), count(DISTINCT place) FROM mart.counts"
    with connect(tmp_path) as connection:
        truth = connection.sql(question).rows()
    answers, remedies = 0, list[str]()
    for at in range(5000, len(whole), len(whole) // 8):
        copy = tmp_path / f"{at}" / "published" / "fcm_migration.duckdb"
        copy.parent.mkdir(parents=True)
        copy.write_bytes(whole[:at] + bytes([whole[at] ^ 16]) + whole[at + 1 :])
        try:
            with connect(tmp_path / f"{at}") as connection:
                assert connection.sql(question).rows() == truth
                answers += 1
        except EditionError as error:
            remedies.append(error.remedy or "")
    assert answers < 7
    assert all("fcm" in remedy for remedy in remedies)


@pytest.mark.parametrize(
    "name",
    [
        "a?b[1]#c d'e\"f{g,h}%20ü",
        *(pytest.param(name, marks=pytest.mark.torture) for name in ("a?b", "a*b", "a[1]b")),
    ],
)
def test_a_home_may_have_any_name(tmp_path: Path, name: str) -> None:
    """A pattern read the files of its neighbours; what follows a ? was taken for options."""
    publish_counts(tmp_path / "a-b" / "published", [7, 7, 7])
    for counts in ([1], [1, 2], [1, 2]):
        publish_counts(tmp_path / name / "published", counts)
    with connect(tmp_path / name) as fcm:
        assert fcm.sql("FROM mart.counts").height == 2
        with pytest.raises(UsageError):
            fcm.sql("FROM read_text('/etc/passwd')")
    assert "3 rows" in verify(tmp_path / name / "published").text
