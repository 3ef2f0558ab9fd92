"""Missing Migrants: every value a text, identifiers that recur, three layouts, none corrected."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import Request
from fcm_migration.sources.base import Parsed, ReleaseFile
from fcm_migration.sources.iom.missing_migrants import SOURCE, TABLE, partial_months
from fcm_migration.sources.iom.missing_migrants_fetch import CSV, CSV_NAME
from tests.sources.fake_get import FakeGet
from tests.sources.iom_files import (
    CSV_2020,
    CSV_2026,
    FOLDER,
    Records,
    all_years,
    records,
    write,
)
from tests.sources.reading import conformed, figure, read, same
from tests.wire import iom_missing_migrants as wire

CORE = TABLE.name
NOW = datetime.now(UTC).date()
DEATHS = "dead_and_missing_persons"


def parse(*paths: Path) -> Parsed:
    return conformed(SOURCE, SOURCE.parse([ReleaseFile(path.name, path) for path in paths]))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    return parse(*wire.release(tmp_path_factory.mktemp("iom")))


@pytest.fixture(scope="module")
def core(release: Parsed) -> pl.DataFrame:
    return release.tables[CORE]


def site(
    csv: bytes | None,
    *,
    newest: date | None = None,
    absent: Sequence[int] = (),
    odd: int | None = None,
) -> Callable[[Request], bytes | None]:
    """The publisher with this CSV; years absent or odd, the running one up to a day."""

    def answer(request: Request) -> bytes | None:
        year = next((y for y in range(2014, NOW.year + 1) if f"/{y}/" in request.url), None)
        if year is None:
            return csv
        body = wire.answer(request)
        if year in absent:
            return None
        if year == odd:
            return b'[{"x": "1"}]'
        if newest is None or body is None or year < newest.year:
            return body
        if year > newest.year:
            return None
        (row, *_) = json.loads(body)
        return json.dumps([row | {"reported_date": newest.isoformat()}]).encode()

    return answer


class TestParse:
    def test_records_alike_in_every_field_are_parts_of_an_incident(
        self, release: Parsed, core: pl.DataFrame
    ) -> None:
        assert core.height == 8 + 3
        assert release.notes == (
            "1 records are alike in every field to another of their file and kept: parts of one "
            "incident, 4 dead and missing.",
            "0 records that a second file or row repeats were dropped.",
            "1 records without a date are in no month.",
            "1 records with a negative number of missing.",
            "4 records share an identifier with another one.",
        )

    def test_a_year_brought_twice_is_one_year(self, tmp_path: Path, release: Parsed) -> None:
        (tmp_path / "again").mkdir()
        folders = (tmp_path, tmp_path / "again")
        for folder in folders:
            for year in (2014, 2015):
                write(folder, year, records(year))
        again = parse(*(f / f"{y}-json.json" for f in folders for y in (2014, 2015)))
        assert again.tables[CORE].equals(release.tables[CORE])
        assert "11 records that a second file or row repeats were dropped." in again.notes

    def test_a_file_that_holds_itself_twice_is_refused(self, tmp_path: Path) -> None:
        path = write(tmp_path, 2014, records(2014) * 2)
        with pytest.raises(LayoutError, match=r"2014-json\.json: records stand twice"):
            parse(path)

    def test_a_recurring_identifier_is_numbered_by_content(self, core: pl.DataFrame) -> None:
        rows = core.filter(pl.col("web_id") == "2014.MMP01266").sort("record_number")
        assert rows.select("record_number", "missing_persons").rows() == [(1, 1), (2, 2)]

    def test_the_order_of_the_file_does_not_matter(self, tmp_path: Path, release: Parsed) -> None:
        for year in (2014, 2015):
            write(tmp_path, year, records(year)[::-1])
        again = parse(tmp_path / "2015-json.json", tmp_path / "2014-json.json")
        assert same(again, release)

    def test_counts(self, core: pl.DataFrame) -> None:
        assert figure(core, DEATHS, web_id="2015.MMP00001") == 1_022
        negative = {"web_id": "2014.MMP01400"}
        assert figure(core, "missing_persons", **negative) == -3
        assert figure(core, "survivors_persons", **negative) == -1
        assert figure(core, DEATHS, **negative) == 7
        assert figure(core, "dead_persons", web_id="2014.MMP00154") is None
        assert core.filter(pl.col("incident_date").is_null())["web_id"].to_list() == [
            "2015.MMP00002"
        ]

    def test_texts_are_clean_and_entities_are_letters(self, core: pl.DataFrame) -> None:
        assert "it will be included" in core["web_id"].to_list()
        assert "Côte d'Ivoire" in core["country_of_incident"].to_list()
        assert core["location_description"].unique().to_list() == ["Simulated incident"]

    def test_origins_are_there_where_published(self, core: pl.DataFrame) -> None:
        assert figure(core, "country_of_origin", web_id="2015.MMP00003") == "Afghanistan"
        assert figure(core, "country_of_origin", web_id="2014.MMP1039") == ""

    def test_more_columns_are_remarked(self, tmp_path: Path) -> None:
        rows = [row | {"gender": "x"} for row in records(2014)]
        parsed = parse(write(tmp_path, 2014, rows))
        assert parsed.notes[0] == "2014-json.json: columns not read: gender."
        assert "column: location_coodinates" in parsed.layout

    def test_the_running_year_may_be_empty(self, tmp_path: Path) -> None:
        files = [write(tmp_path, 2014, records(2014)), write(tmp_path, 2015, [])]
        parsed = parse(*files)
        assert parsed.notes[0] == "2015-json.json: no record yet."
        assert parsed.tables[CORE]["year"].unique().to_list() == [2014]


class TestCsv:
    def test_of_2020(self) -> None:
        parsed = parse(FOLDER / CSV_2020)
        rows = parsed.tables[CORE].select("web_id", "year", "incident_date", DEATHS)
        assert rows.rows() == [
            ("52001", 2019, date(2019, 12, 30), 1_022),
            ("52682", 2020, date(2020, 1, 5), 5),
        ]
        assert parsed.layout[0] == "layout: CSV of 2020"

    def test_of_2026_sums_what_it_does_not_print(self) -> None:
        rows = parse(FOLDER / CSV_2026).tables[CORE]
        shown = rows.select("web_id", "record_number", "incident_id", "incident_date", DEATHS)
        assert shown.rows() == [
            ("2026.MMP0001", 1, "2026.MMP0001", date(2026, 1, 1), 1),
            ("2026.MMP0007", 1, "2026.MMP00078", date(2026, 2, 1), 3),
            ("2026.MMP0007", 2, "2026.MMP00079", date(2026, 2, 2), -1),
        ]

    def test_of_all_years(self, tmp_path: Path) -> None:
        path = tmp_path / CSV_NAME
        path.write_bytes(all_years(date(2025, 4, 14)))
        parsed = parse(path)
        rows = parsed.tables[CORE]
        shown = rows.select("web_id", "incident_id", "incident_date", DEATHS, "country_of_incident")
        assert shown.rows()[-1] == (
            "2025.MMP0217",
            "2025.MMP0217240,2025.MMP0217241",
            date(2025, 4, 14),
            8,
            "Libya",
        )
        assert rows["year"].to_list() == list(range(2014, 2026))
        assert parsed.layout[0] == "layout: CSV of all years"
        assert parsed.notes[0].endswith("columns not read: Incident Type.")

    @pytest.mark.parametrize(
        ("name", "old", "new", "words"),
        [
            (CSV_2026, "Sun, 02/01/2026", "Thu, 02/01/2026", "a date of another form"),
            (CSV_2026, "02/02/2026", "2026-02-02", "a date of another form"),
            (CSV_2026, "Mon, 02/02/2026", "Sun, 02/02/2025", "a date of another form or year"),
            (CSV_2026, '"Number Dead"', '"Dead"', "columns are missing"),
            (CSV_2026, '"Number Dead"', '"Source Quality"', "columns"),
            (CSV_2026, '"Main ID"', '"ID"', "columns are missing"),
            (CSV_2026, "February,3,", "February,three,", "neither a whole number"),
            (CSV_2020, "January 05, 2020", "05 January 2020", "a date of another form"),
            (CSV_2020, "January 05", "Janvier 05", "a date of another form"),
            (CSV_2020, '"1,022"', '"1.022"', "neither a whole number"),
            (CSV_2020, '"Number of Males",', "", "another width"),
        ],
    )
    def test_changed_files(self, tmp_path: Path, name: str, old: str, new: str, words: str) -> None:
        text = (FOLDER / name).read_bytes().decode()
        assert old in text
        (tmp_path / name).write_bytes(text.replace(old, new).encode())
        with pytest.raises(LayoutError, match=words):
            parse(tmp_path / name)

    @pytest.mark.parametrize(
        "content",
        [b"", b"<!doctype html><html></html>", "a,b\r\n".encode("utf-16"), b'"Web ID","a'],
    )
    def test_other_bodies(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / CSV_2020).write_bytes(content)
        with pytest.raises(LayoutError):
            parse(tmp_path / CSV_2020)


def _set(key: str, value: Any) -> Callable[[Records], Any]:
    def change(rows: Records) -> Records:
        rows[1][key] = value
        return rows

    return change


def _lose(key: str) -> Callable[[Records], Any]:
    def change(rows: Records) -> Records:
        for row in rows[2:]:
            del row[key]
        return rows

    return change


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (_set("number_dead", "about 5"), r"number_dead.*neither a whole number"),
            (_set("number_dead", "*"), "neither a whole number"),
            (_set("number_dead", "5"), "1 records whose total is not dead plus missing"),
            (_set("number_dead", 5), "not a list of flat records"),
            (_set("number_dead", None), "not a list of flat records"),
            (_set("reported_date", "06/01/2014"), "a date of another form"),
            (_set("reported_date", "2013-01-06"), "a date of another form or year"),
            (_lose("migration_route"), r"without \['migration_route'\]"),
            (_lose("location_coodinates"), "columns are missing"),
            (lambda rows: {"data": rows}, "not a list of flat records"),
            (lambda rows: [rows], "not a list of flat records"),
            (lambda _: [], "no record in any file"),
        ],
    )
    def test_a_changed_file(
        self, tmp_path: Path, change: Callable[[Records], Any], words: str
    ) -> None:
        path = write(tmp_path, 2014, change(records(2014)))
        with pytest.raises(LayoutError, match=words):
            parse(path)

    def test_a_key_that_stands_twice(self, tmp_path: Path) -> None:
        path = tmp_path / "2014-json.json"
        path.write_text('[{"web_id": "2014.MMP1", "number_dead": "1", "number_dead": "2"}]')
        with pytest.raises(LayoutError, match="keys stand twice"):
            read(SOURCE, path)

    @pytest.mark.parametrize("lost", ["region_origin", "country_origin"])
    def test_one_column_of_origins_without_the_other(self, tmp_path: Path, lost: str) -> None:
        rows = records(2015)
        for row in rows:
            row.pop(lost, None)
        with pytest.raises(LayoutError, match="one column without the other"):
            read(SOURCE, write(tmp_path, 2015, rows))

    @pytest.mark.parametrize("grade", ["6", "n/a", "Mixed"])
    def test_a_grade_of_a_source_that_is_none(self, tmp_path: Path, grade: str) -> None:
        rows = records(2014)
        rows[0]["source_quality"] = grade
        with pytest.raises(LayoutError, match="grades of sources"):
            read(SOURCE, write(tmp_path, 2014, rows))

    @pytest.mark.parametrize("separator", [",", ".", "\u00a0", "'", "#REF!"])
    def test_an_identifier_that_is_none(self, tmp_path: Path, separator: str) -> None:
        text = (FOLDER / CSV_2020).read_text(encoding="utf-8-sig")
        path = tmp_path / CSV_2020
        changed = re.sub(r'^"?(\d\d)(\d\d\d)"?,', rf'"\1{separator}\2",', text, flags=re.MULTILINE)
        assert changed != text
        path.write_text(changed, encoding="utf-8")
        with pytest.raises(LayoutError, match="identifiers"):
            read(SOURCE, path)

    def test_a_csv_cut_off_before_its_last_field(self, tmp_path: Path) -> None:
        path = tmp_path / CSV_2026
        path.write_bytes((FOLDER / CSV_2026).read_bytes().rstrip(b"0123456789\n"))
        with pytest.raises(LayoutError, match="grades of sources"):
            read(SOURCE, path)

    def test_a_file_cut_off(self, tmp_path: Path) -> None:
        path = write(tmp_path, 2014, records(2014))
        path.write_bytes(path.read_bytes()[:-40])
        with pytest.raises(LayoutError, match="not JSON"):
            parse(path)

    def test_a_year_whose_file_is_missing(self, tmp_path: Path) -> None:
        later = records(2015)
        for row in later:
            row["reported_date"] = row["reported_date"].replace("2015", "2016")
        paths = [write(tmp_path, 2014, records(2014)), write(tmp_path, 2016, later)]
        with pytest.raises(LayoutError, match=r"years without a record.*\[2015\]"):
            SOURCE.parse([ReleaseFile(path.name, path) for path in paths])

    def test_a_name_without_a_year(self, tmp_path: Path) -> None:
        path = write(tmp_path, 2014, records(2014)).rename(tmp_path / "data.json")
        with pytest.raises(LayoutError, match="name has no year"):
            parse(path)


class TestFetch:
    def test_every_year_since_2014(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, wire.answer)
        files = SOURCE.fetch(get).files  # type: ignore[misc]
        running = datetime.now(UTC).year
        assert [file.name for file in files] == [
            f"{year}-json.json" for year in range(2014, running + 1)
        ]
        parsed = SOURCE.parse([ReleaseFile(f.name, f.response.path) for f in files])
        assert set(conformed(SOURCE, parsed).tables[CORE]["year"]) == set(range(2014, running + 1))

    def test_only_the_running_year_may_be_absent(self, tmp_path: Path) -> None:
        """The newest incident is then of last year: the CSV is looked for."""
        years = site(None, absent=(NOW.year,))
        fetched = SOURCE.fetch(get := FakeGet(tmp_path, years))  # type: ignore[misc]
        assert get.requests[-1] == CSV
        assert len(fetched.files) == len(get.requests) - 2
        with pytest.raises(FetchError, match="404"):
            SOURCE.fetch(FakeGet(tmp_path, site(None, absent=(NOW.year - 1,))))  # type: ignore[misc]

    def test_fresh_files_by_year_need_no_csv(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, site(all_years(NOW)))
        fetched = SOURCE.fetch(get)  # type: ignore[misc]
        assert CSV not in get.requests
        assert (fetched.notes, fetched.complaint) == ((), None)

    def test_the_csv_serves_where_the_files_by_year_stop(self, tmp_path: Path) -> None:
        old = NOW - timedelta(days=60)
        get = FakeGet(tmp_path, site(all_years(NOW), newest=old))
        fetched = SOURCE.fetch(get)  # type: ignore[misc]
        assert [file.name for file in fetched.files] == [CSV_NAME]
        (note,) = fetched.notes
        assert f"of {old.isoformat()}" in note
        assert f"goes on to {NOW.isoformat()}" in note

    @pytest.mark.parametrize("csv", [None, b"Main ID,nothing\n", "older"])
    def test_old_files_without_a_better_csv_are_taken_and_called_old(
        self, tmp_path: Path, csv: bytes | str | None
    ) -> None:
        old = NOW - timedelta(days=60)
        body = all_years(NOW - timedelta(days=90)) if csv == "older" else csv
        fetched = SOURCE.fetch(FakeGet(tmp_path, site(body, newest=old)))  # type: ignore[misc, arg-type]
        assert fetched.files[0].name == "2014-json.json"
        (note,) = fetched.notes
        assert note.startswith(f"The newest incident is of {old.isoformat()}")
        assert note.endswith("may serve an old file.")

    def test_the_csv_serves_where_a_file_by_year_is_gone_or_odd(self, tmp_path: Path) -> None:
        lost = site(all_years(NOW), absent=(2016,))
        fetched = SOURCE.fetch(FakeGet(tmp_path, lost))  # type: ignore[misc]
        assert [file.name for file in fetched.files] == [CSV_NAME]
        assert isinstance(fetched.complaint, FetchError)
        odd = site(all_years(NOW), odd=2016)
        fetched = SOURCE.fetch(FakeGet(tmp_path, odd))  # type: ignore[misc]
        assert isinstance(fetched.complaint, LayoutError)
        fetched = SOURCE.fetch(FakeGet(tmp_path, site(None, odd=2016)))  # type: ignore[misc]
        assert len(fetched.files) > 1  # to be kept, and refused

    def test_a_failure_that_may_pass_is_told_as_such(self, tmp_path: Path) -> None:
        def answer(request: Request) -> bytes:
            raise FetchError("busy", outcome="server_error", where=request.url)

        get = FakeGet(tmp_path, answer)
        with pytest.raises(FetchError, match="busy"):
            SOURCE.fetch(get)  # type: ignore[misc]
        assert len(get.requests) == 1


class TestFlows:
    def test_by_month_and_route(self, release: Parsed) -> None:
        drafts = SOURCE.flows(release.tables)
        february = drafts.filter(pl.col("period_start") == date(2014, 2, 1))
        assert dict(february.select("place", "value").rows()) == {
            "all": 18,
            "Western Mediterranean": 3,
            "Central Mediterranean": 7,
            "(no route stated)": 8,
            "US-Mexico border crossing": 0,
            "Darien": 0,
            "Afghanistan to Iran": 0,
        }
        assert drafts["destination_iso3"].unique().to_list() == ["none"]
        assert drafts["is_derived"].all()
        dated = release.tables[CORE].filter(pl.col("incident_date").is_not_null())
        total = drafts.filter(pl.col("place") == "all")
        assert total["value"].sum() == dated[DEATHS].sum()
        routes = drafts.filter(pl.col("place") != "all")
        assert routes["value"].sum() == total["value"].sum()

    def test_months_that_are_not_whole(self) -> None:
        months = pl.Series([date(2014, 1, 1), date(2014, 2, 1), date(2014, 4, 1)])
        assert partial_months(months, None) == [date(2014, 2, 1), date(2014, 4, 1)]
        assert partial_months(months[:2], date(2014, 2, 28)) == [date(2014, 2, 1)]
        assert partial_months(months[:2], date(2014, 1, 31)) == [date(2014, 1, 1), date(2014, 2, 1)]

    def test_the_release_decides_which_month_is_running(self, release: Parsed) -> None:
        stamped = release.tables[CORE].with_columns(pl.lit(date(2015, 1, 20)).alias("as_of_date"))
        drafts = SOURCE.flows({CORE: stamped})
        partial = drafts.filter(pl.col("is_partial"))["period_start"].unique().sort().to_list()
        assert partial == [date(2014, 3, 1), date(2015, 1, 1), date(2015, 2, 1)]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        (CSV_2020, date(2020, 1, 8)),
        (CSV_2026, date(2026, 5, 6)),
        ("MissingMigrants-Global-2026-15-06.csv", None),
        ("2014-json.json", None),
    ],
)
def test_release_date(tmp_path: Path, name: str, day: date | None) -> None:
    assert SOURCE.release_date([ReleaseFile(name, tmp_path / name)]) == day


@pytest.mark.shared_data
class TestReal:
    def test_all_years(self, shared_data: Path) -> None:
        paths = sorted((shared_data / "iom_missing_migrants").glob("*.json"))
        parsed = parse(*paths)
        core = parsed.tables[CORE]
        assert core.height == 17_846
        assert parsed.notes == (
            "73 records are alike in every field to another of their file and kept: parts of one "
            "incident, 84 dead and missing.",
            "0 records that a second file or row repeats were dropped.",
            "15 records without a date are in no month.",
            "20 records with a negative number of missing.",
            "1000 records share an identifier with another one.",
        )
        years = dict(core.group_by("year").agg(pl.col(DEATHS).sum()).iter_rows())
        assert (years[2014], years[2016], years[2023]) == (5_548, 8_084, 8_606)
        parts = pl.sum_horizontal("dead_persons", "missing_persons")
        assert core.filter(parts != pl.col(DEATHS)).is_empty()
        assert not core["country_of_incident"].str.contains("&").any()

    def test_csvs(self, shared_data: Path) -> None:
        folder = shared_data / "iom_missing_migrants"
        older, newer = (read(SOURCE, folder / name).tables[CORE] for name in (CSV_2020, CSV_2026))
        assert (older.height, newer.height) == (6_249, 238)
        assert newer.filter(pl.col("missing_persons") < 0).height == 1
