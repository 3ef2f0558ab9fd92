"""UCDP: final edition and candidates in order, later files win, no gap is taken for peace."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import LayoutError, SourceError, UnsafeFileError
from fcm_migration.http import Request, Response
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import TOTAL, Parsed, ReleaseFile
from fcm_migration.sources.ucdp import ged_files as ucdp_ged_files
from fcm_migration.sources.ucdp.ged import LANDING, SOURCE, TABLE
from fcm_migration.sources.ucdp.ged_releases import in_use, part
from tests.sources.fake_get import FakeGet
from tests.sources.reading import conformed, figure, read, same
from tests.sources.ucdp_files import (
    AT,
    CANDIDATES,
    FINAL,
    FOLDER,
    Table,
    table,
    text_of,
    write_final,
)
from tests.wire import ucdp_ged as wire
from tests.workbook.writers import write_zip

CORE = TABLE.name


def parse(paths: Sequence[Path]) -> Parsed:
    return conformed(SOURCE, SOURCE.parse([ReleaseFile(path.name, path) for path in paths]))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    return parse(wire.release(tmp_path_factory.mktemp("ucdp")))


@pytest.fixture(scope="module")
def core(release: Parsed) -> pl.DataFrame:
    return release.tables[CORE]


class TestParse:
    def test_later_files_have_the_last_word(self, release: Parsed, core: pl.DataFrame) -> None:
        found = core.filter(pl.col("year") == 2026).sort("event_id")
        assert found.select("event_id", "best_deaths", "release_part").rows() == [
            (2001, 9, "candidate 26.01-26.02"),
            (2003, 4, "candidate 26.0.3"),
            (2004, 30, "candidate 26.0.3"),
        ]
        assert core.filter(pl.col("release_part") == "final").height == 5
        assert release.notes == (
            "1 events of earlier files were replaced by later files.",
            "1 events of no death by the best estimate.",
        )

    def test_an_event_is_of_the_month_it_began_in(self, core: pl.DataFrame) -> None:
        key = {"event_id": 1002}
        assert figure(core, "month_start_date", **key) == date(2024, 12, 1)
        assert figure(core, "event_end_date", **key) == date(2025, 1, 2)

    def test_columns_are_read_by_name(self, core: pl.DataFrame) -> None:
        names = ["country_name", "gw_country_id", "date_precision", "where_precision", "region"]
        assert core.filter(pl.col("event_id") == 1004).select(names).row(0) == (
            *("Sudan", 625, 4, 6),
            "Africa",
        )
        deaths = ["best_deaths", "low_deaths", "high_deaths", "civilian_deaths"]
        assert core.filter(pl.col("event_id") == 2004).select(deaths).row(0) == (30, 30, 32, 25)
        assert figure(core, "is_active_year", event_id=1004) is False
        assert figure(core, "code_status", event_id=2004) == "Check dyad"

    def test_the_order_of_the_files_does_not_matter(self, tmp_path: Path, release: Parsed) -> None:
        assert same(parse(wire.release(tmp_path)[::-1]), release)

    def test_a_month_within_a_wider_file_is_left_out(self, tmp_path: Path, release: Parsed) -> None:
        paths = wire.release(tmp_path)
        paths.append(Path(shutil.copy(FOLDER / "GEDEvent_v26_0_1.csv", tmp_path)))
        again = parse(paths)
        assert same(again, release)
        assert again.notes[-1].startswith("GEDEvent_v26_0_1.csv was not read")

    def test_without_a_header_row_it_reads_alike(self, tmp_path: Path, release: Parsed) -> None:
        paths = wire.release(tmp_path)
        text = paths[2].read_text(encoding="utf-8")
        paths[2].write_text(text_of([table()[0]]) + text, encoding="utf-8")
        assert same(parse(paths), release)

    def test_the_fewer_columns_of_older_editions(self, tmp_path: Path) -> None:
        gone = {"relid", "code_status", "where_description", "conflict_dset_id", "dyad_dset_id"}
        places = [place for name, place in AT.items() if name not in gone][::-1]
        rows = [[row[place].removesuffix(" 00:00:00.000") for place in places] for row in table()]
        older = parse([write_final(tmp_path, rows)]).tables[CORE]
        newer = parse([write_final(tmp_path)]).tables[CORE]
        assert older["code_status"].unique().to_list() == [""]
        assert older.drop("code_status").equals(newer.drop("code_status"))

    def test_an_active_year_may_be_true_or_false(self, tmp_path: Path) -> None:
        rows = table()
        for row in rows[1:]:
            row[AT["active_year"]] = {"1": "true", "0": "false"}[row[AT["active_year"]]]
        worded = parse([write_final(tmp_path, rows)])
        assert same(worded, parse([write_final(tmp_path)]))
        assert worded.tables[CORE]["is_active_year"].n_unique() == 2

    def test_alike_twice_is_one_event(self, tmp_path: Path) -> None:
        rows = table()
        assert parse([write_final(tmp_path, [*rows, rows[1]])]).tables[CORE].height == 5

    def test_a_final_edition_by_another_name_stands_alone(self, tmp_path: Path) -> None:
        path = write_final(tmp_path).rename(tmp_path / "hdx_fixture_download.zip")
        assert parse([path]).tables[CORE].height == 5

    def test_a_byte_order_mark_changes_nothing(self, tmp_path: Path) -> None:
        plain = parse([write_final(tmp_path)])
        marked = write_zip(tmp_path / FINAL, {"a.csv": "\ufeff" + text_of(table())})
        assert same(parse([marked]), plain)


def _set(column: str, text: str, row: int = 2) -> Callable[[Table], None]:
    def change(rows: Table) -> None:
        rows[row][AT[column]] = text

    return change


def _rename(old: str, new: str) -> Callable[[Table], None]:
    return _set(old, new, row=0)


def _lose(column: str) -> Callable[[Table], None]:
    def change(rows: Table) -> None:
        for row in rows:
            del row[AT[column]]

    return change


def _short(rows: Table) -> None:
    del rows[-1][-9:]


def _long(rows: Table) -> None:
    rows[-1].append("more")


def _other_event(rows: Table) -> None:
    rows[2][AT["id"]] = rows[1][AT["id"]]


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (_set("best", "*"), r"no whole number.*\*"),
            (_set("best", ""), "column best"),
            (_set("best", "-1"), "column best"),
            (_set("high", "12.5"), "column high"),
            (_set("date_start", "03/11/2024"), "no day"),
            (_set("date_end", "2024-02-30"), "no day"),
            (_set("date_start", "2024-11-03 12:00:00"), "no day"),
            (_set("country", " "), "without a country"),
            (_set("active_year", "2"), "odd active_year"),
            (_set("active_year", "yes"), "column active_year"),
            (_set("type_of_violence", "4"), "type_of_violence"),
            (_set("where_prec", "0"), "where_precision"),
            (_rename("best", "best_est"), r"without \['best'\]"),
            (_rename("low", "best"), r"twice \['best'\]"),
            (_lose("country"), r"without \['country'\]"),
            (_lose("code_status"), r"without \['code_status'\]"),
            (_short, "1 rows of another width"),
            (_long, "1 rows of another width"),
            (_other_event, "one identifier for different events"),
        ],
    )
    def test_a_changed_edition(
        self, tmp_path: Path, change: Callable[[Table], None], words: str
    ) -> None:
        rows = table()
        change(rows)
        with pytest.raises(SourceError, match=words):
            parse([write_final(tmp_path, rows)])

    def test_no_header_and_other_columns(self, tmp_path: Path) -> None:
        rows = [row[:-1] for row in table()[1:]]
        with pytest.raises(LayoutError, match="no header row"):
            parse([write_final(tmp_path, rows)])

    def test_no_event(self, tmp_path: Path) -> None:
        with pytest.raises(LayoutError):
            parse([write_final(tmp_path, table()[:1])])

    @pytest.mark.parametrize(
        "members",
        [
            {"a.csv": "id,b", "b.csv": "id,b"},
            {"a.txt": "id,b"},
            {"a.csv": "0" * 30_000_000},
        ],
    )
    def test_zips_that_hold_something_else(
        self, tmp_path: Path, members: dict[str, str | bytes]
    ) -> None:
        with pytest.raises(UnsafeFileError):
            parse([write_zip(tmp_path / FINAL, members)])

    def test_a_zip_larger_than_allowed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ucdp_ged_files, "MOST_BYTES", 100)
        with pytest.raises(UnsafeFileError, match="unpacks too far"):
            parse([write_final(tmp_path)])

    def test_a_member_is_never_written_under_its_name(self, tmp_path: Path) -> None:
        path = write_zip(tmp_path / FINAL, {"../../evil.csv": text_of(table())})
        assert parse([path]).tables[CORE].height == 5
        assert not list(tmp_path.parent.rglob("evil.csv"))

    @pytest.mark.parametrize("content", [b"<!doctype html><html>", b"", b"PK\x03\x04zip"])
    def test_no_zip(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / FINAL).write_bytes(content)
        with pytest.raises(UnsafeFileError):
            parse([tmp_path / FINAL])

    def test_a_zip_damaged_inside(self, tmp_path: Path) -> None:
        path = write_final(tmp_path)
        with zipfile.ZipFile(path) as archive:
            start = archive.infolist()[0].header_offset + 60
        content = bytearray(path.read_bytes())
        content[start + 200] ^= 0xFF
        path.write_bytes(content)
        with pytest.raises(SourceError):
            parse([path])

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"<!doctype html><html></html>", "no header of events"),
            (b"id,\xff\xfe", "first line is no CSV"),
            ("id,relid\n".encode("utf-16"), "first line is no CSV"),
            (b"", "no header of events"),
        ],
    )
    def test_a_candidate_that_is_none(self, tmp_path: Path, content: bytes, words: str) -> None:
        paths = wire.release(tmp_path)
        paths[1].write_bytes(content)
        with pytest.raises(LayoutError, match=words):
            parse(paths)

    def test_sets_of_files_that_make_no_release(self, tmp_path: Path) -> None:
        final, wide, march = wire.release(tmp_path)
        for paths in ([wide, march], [final, final], [wide]):
            with pytest.raises(LayoutError, match="not one final edition"):
                parse(paths)
        other = Path(shutil.copy(march, tmp_path / "events.csv"))
        with pytest.raises(LayoutError, match="not one final edition"):
            parse([final, other])
        with pytest.raises(LayoutError, match="every month since 2026-01"):
            parse([final, march])


class TestReleases:
    @pytest.mark.parametrize(
        ("name", "first", "last"),
        [
            ("ged261-csv.zip", (1989, 1), (2025, 12)),
            ("GEDEvent_v26_0_8.csv", (2026, 8), (2026, 8)),
            ("GEDEvent_v26_01_26_06.csv", (2026, 1), (2026, 6)),
            ("GEDEvent_v23_01_23_12.csv", (2023, 1), (2023, 12)),
        ],
    )
    def test_what_a_name_says(
        self, name: str, first: tuple[int, int], last: tuple[int, int]
    ) -> None:
        found = part(name)
        assert found is not None
        assert [divmod(month, 12) for month in (found.first, found.last)] == [
            (first[0], first[1] - 1),
            (last[0], last[1] - 1),
        ]

    @pytest.mark.parametrize(
        "name", ["ged261-xlsx.zip", "GEDEvent_v26_0_13.csv", "GEDEvent_v26_06_26_01.csv", "a.csv"]
    )
    def test_other_names_say_nothing(self, name: str) -> None:
        assert part(name) is None

    @pytest.mark.parametrize(
        ("candidates", "used"),
        [
            (["26_0_1", "26_0_2"], ["26_0_1", "26_0_2"]),
            (["26_0_10", "26_0_9"], []),
            (["26_0_1", "26_0_3"], ["26_0_1"]),
            (["25_0_12", "26_0_1"], ["26_0_1"]),
            (["26_0_1", "26_0_2", "26_01_26_02"], ["26_01_26_02"]),
            (["26_0_1", "26_01_26_02", "26_0_3", "26_01_26_03"], ["26_01_26_03"]),
            (["26_01_26_06", "26_0_7", "26_0_6"], ["26_01_26_06", "26_0_7"]),
            (["26_01_26_03", "26_04_26_06"], ["26_01_26_03", "26_04_26_06"]),
        ],
    )
    def test_which_candidates_follow(self, candidates: list[str], used: list[str]) -> None:
        names = ["ged251-csv.zip", FINAL, *(f"GEDEvent_v{c}.csv" for c in candidates)]
        parts = {name: found for name in names if (found := part(name)) is not None}
        assert in_use(parts) == [FINAL, *(f"GEDEvent_v{c}.csv" for c in used)]

    def test_without_a_final_edition_there_is_no_release(self) -> None:
        found = part("GEDEvent_v26_0_1.csv")
        assert found is not None
        assert in_use({"GEDEvent_v26_0_1.csv": found}) == []


class TestFetch:
    def test_the_newest_edition_and_what_follows_it(self, tmp_path: Path, release: Parsed) -> None:
        get = FakeGet(tmp_path, wire.answer)
        fetched = SOURCE.fetch(get)  # type: ignore[misc]
        assert [file.name for file in fetched.files] == [FINAL, *CANDIDATES]
        assert [r.expect for r in get.requests] == ["html", "zip", "csv", "csv"]
        parsed = SOURCE.parse([ReleaseFile(f.name, f.response.path) for f in fetched.files])
        assert same(conformed(SOURCE, parsed), release)
        assert fetched.as_of is None

    def test_a_release_is_of_its_last_modification(self, tmp_path: Path) -> None:
        plain = FakeGet(tmp_path, wire.answer)
        stamps = iter(["Mon, 01 Jun 2026 08:00:00 GMT", "Wed, 22 Apr 2026 08:00:00 GMT", "odd"])

        def get(request: Request) -> Response:
            response = plain(request)
            if request.expect == "html":
                return response
            return replace(response, headers={"last-modified": next(stamps)})

        assert SOURCE.fetch(get).as_of == date(2026, 6, 1)  # type: ignore[misc]

    def test_a_page_without_an_edition(self, tmp_path: Path) -> None:
        page = (FOLDER / "landing.html").read_bytes().replace(b"-csv.zip", b"-rds.zip")
        get = FakeGet(tmp_path, lambda request: page if request.url == LANDING else None)
        with pytest.raises(LayoutError, match="fcm ingest ucdp_ged"):
            SOURCE.fetch(get)  # type: ignore[misc]


def test_flows(release: Parsed) -> None:
    drafts = SOURCE.flows(release.tables)
    december = drafts.filter(pl.col("period_start") == date(2024, 12, 1))
    assert sorted(december.select("indicator", "origin_label", "value").rows()) == [
        ("conflict_deaths", TOTAL, 5),
        ("conflict_deaths", "DR Congo (Zaire)", 5),
        ("conflict_deaths", "Myanmar (Burma)", 0),
        ("conflict_events", TOTAL, 2),
        ("conflict_events", "DR Congo (Zaire)", 1),
        ("conflict_events", "Myanmar (Burma)", 1),
    ]
    assert drafts["destination_iso3"].unique().to_list() == ["none"]
    deaths = drafts.filter(pl.col("indicator") == "conflict_deaths")
    total = deaths.filter(pl.col("origin_label") == TOTAL)
    assert total["value"].sum() * 2 == deaths["value"].sum()


def test_labels_are_known(core: pl.DataFrame) -> None:
    known = dict(aliases(REFERENCE_DIR, "ucdp").select("label", "origin_iso3").rows())
    assert set(core["country_name"]) <= set(known)
    expected = {
        "DR Congo (Zaire)": "COD",
        "Congo": "COG",
        "Niger": "NER",
        "Nigeria": "NGA",
        "Guinea": "GIN",
        "Guinea-Bissau": "GNB",
        "Equatorial Guinea": "GNQ",
        "Dominica": "DMA",
        "Dominican Republic": "DOM",
        "North Korea": "PRK",
        "South Korea": "KOR",
        "Serbia (Yugoslavia)": "SRB",
        "Yemen (North Yemen)": "YEM",
        "Myanmar (Burma)": "MMR",
        "Kosovo": "XKX",
    }
    assert {label: known[label] for label in expected} == expected


def april(shared_data: Path) -> Path:
    """The publisher's candidate file of April 2026."""
    path = shared_data / "../fresh/ucdp/GEDEvent_v26_0_4.csv"
    if not path.is_file():
        pytest.skip("UCDP's candidate file of April 2026 is not beside the project")
    return path


@pytest.mark.shared_data
class TestReal:
    def test_the_trimmed_edition_of_2019(self, shared_data: Path) -> None:
        core = read(SOURCE, shared_data / "ucdp" / "hdx_fixture_download.zip").tables[CORE]
        assert core.height == 3_194
        by_country = core.group_by("country_name").agg(pl.len(), pl.col("best_deaths").sum())
        assert sorted(by_country.rows()) == [
            ("Bangladesh", 601, 1_362),
            ("Myanmar (Burma)", 2_593, 19_574),
        ]
        assert core.filter(pl.col("best_deaths") == 0).height == 215
        across = pl.col("event_end_date").dt.month_start() > pl.col("month_start_date")
        assert core.filter(across).height == 111

    def test_a_candidate_file_after_a_final_edition(
        self, shared_data: Path, tmp_path: Path
    ) -> None:
        """The real file of April 2026 after the simulated edition and months before it."""
        paths = [*wire.release(tmp_path), april(shared_data)]
        core = parse(paths).tables[CORE].filter(pl.col("release_part") == "candidate 26.0.4")
        assert (core.height, core["best_deaths"].sum()) == (1_675, 15_583)
        assert (core["low_deaths"].sum(), core["high_deaths"].sum()) == (15_094, 18_946)
        assert core["is_active_year"].sum() == 1_064
        # It is the file of one month, with what became known of earlier ones.
        months = dict(core.group_by("month_start_date").len().iter_rows())
        events = {1: 2, 2: 5, 3: 18, 4: 1_650}
        assert months == {date(2026, month, 1): count for month, count in events.items()}
        labels = set(aliases(REFERENCE_DIR, "ucdp").get_column("label"))
        assert set(core["country_name"]) <= labels
        assert core["country_name"].n_unique() == 48

    def test_it_does_not_follow_the_final_edition_held(
        self, shared_data: Path, tmp_path: Path
    ) -> None:
        """The edition held ends in 2018, and has a name that does not tell so."""
        held = shared_data / "ucdp" / "hdx_fixture_download.zip"
        named = Path(shutil.copy(held, tmp_path / "ged191-csv.zip"))
        with pytest.raises(LayoutError, match=r"not one final edition.*hdx_fixture_download"):
            parse([held, april(shared_data)])
        with pytest.raises(LayoutError, match=r"missing in between.*every month since 2019-01"):
            parse([named, april(shared_data)])
        with pytest.raises(LayoutError, match="not one final edition"):
            parse([april(shared_data)])

    def test_every_country_of_the_yearly_table_is_known(self, shared_data: Path) -> None:
        path = shared_data / "ucdp" / "organizedviolencecy_v25_1.csv"
        labels = pl.read_csv(path, infer_schema=False).get_column("country_cy").unique()
        assert labels.len() == 199
        assert set(labels) <= set(aliases(REFERENCE_DIR, "ucdp").get_column("label"))


@pytest.mark.parametrize("lost", ["2025", "2024"])
def test_a_final_edition_without_a_year_is_refused(tmp_path: Path, lost: str) -> None:
    """The last one, or one in between."""
    header, *rows = table()
    earlier = [list(row) for row in rows if row[AT["year"]] == "2024"]
    for number, row in enumerate(earlier):
        row[AT["id"]] = str(9_000 + number)
        row[AT["year"]] = "2023"
        for name in ("date_start", "date_end"):
            row[AT[name]] = "2023-06-01"
    kept = [row for row in (*earlier, *rows) if row[AT["year"]] != lost]
    with pytest.raises(LayoutError, match=rf"years of a final edition are missing.*\[{lost}\]"):
        read(SOURCE, write_final(tmp_path, [header, *kept]))
