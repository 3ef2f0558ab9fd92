"""Eurostat by month: three formats, two generations of codes, nothing summed over aggregates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import SET_ASIDE, TOTAL, Parsed, ReleaseFile
from fcm_migration.sources.eurostat.asylum import HOSTS, month_start
from fcm_migration.sources.eurostat.asylum_codes import MEMBERS, REPORTERS
from fcm_migration.sources.eurostat.asylum_monthly import SOURCE, TABLE
from tests.sources.eurostat_files import Grid, as_cube, dump, grid, reading, tsv
from tests.sources.fake_get import FakeGet
from tests.sources.reading import conformed, figure, read, same
from tests.wire import eurostat_asylum_monthly as wire

PERSONS = "applicants_persons"
CORE = TABLE.name
TOTALS, UNION = "migr_asyappctzm_citizen_TOTAL.tsv", "migr_asyappctzm_geo_EU27_2020.tsv"


def totals() -> Grid:
    return grid(SOURCE.source_id, TOTALS)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    paths = wire.release(tmp_path_factory.mktemp("eurostat"))
    return conformed(SOURCE, SOURCE.parse([ReleaseFile(path.name, path) for path in paths]))


@pytest.fixture(scope="module")
def drafts(release: Parsed) -> pl.DataFrame:
    return SOURCE.flows(release.tables)


class TestParse:
    @pytest.mark.parametrize(
        ("month", "code", "persons"),
        [
            (date(2020, 6, 1), "TOTAL", 1_060),
            (date(2020, 6, 1), "FRST", 2_265),
            (date(2020, 7, 1), "TOTAL", 2_825),
            (date(2020, 7, 1), "FRST", 2_795),
        ],
    )
    def test_the_united_kingdom(
        self, release: Parsed, month: date, code: str, persons: int
    ) -> None:
        key = {"geo_code": "UK", "citizen_code": "TOTAL", "applicant_code": code}
        assert figure(release.tables[CORE], PERSONS, month_start_date=month, **key) == persons

    def test_more_first_time_than_all_is_remarked_not_corrected(self, release: Parsed) -> None:
        assert release.notes == (
            "UK 2020-06: 2,265 first-time applicants, 1,060 in all, as published.",
        )

    def test_not_available_is_left_out_and_withheld_is_null(self, release: Parsed) -> None:
        core = release.tables[CORE]
        cells = [
            cell
            for name in (TOTALS, UNION)
            for row in grid(SOURCE.source_id, name)[1:]
            for cell in row[1:]
        ]
        absent = sum(cell == ": " for cell in cells)
        assert release.marks == {":": absent}
        repeated = 2 * 151
        assert core.height == len(cells) - absent - repeated
        withheld = core.filter(pl.col("is_suppressed"))
        assert withheld.select("geo_code", PERSONS, "observation_flag").rows() == [
            ("CH", None, "c")
        ]
        assert core[PERSONS].null_count() == 1

    def test_flags_are_kept(self, release: Parsed) -> None:
        key = {"geo_code": "DE", "citizen_code": "TOTAL", "applicant_code": "FRST"}
        core = release.tables[CORE]
        assert figure(core, "observation_flag", month_start_date=date(2020, 7, 1), **key) == "p"
        assert figure(core, "observation_flag", month_start_date=date(2020, 6, 1), **key) == ""

    def test_the_layout_names_dimensions_and_codes(self, release: Parsed) -> None:
        assert {"dimension: applicant", "applicant_code: SSEQ", "geo_code: UK"} <= {*release.layout}
        assert not any("2020-0" in line for line in release.layout)

    def test_codes_of_2020_read_alike(self, tmp_path: Path) -> None:
        rows = [row for row in totals() if ",SSEQ," not in row[0]]
        now = reading(SOURCE, tmp_path, tsv(rows))
        for row in rows:
            row[0] = row[0].replace("T,FRST,TOTAL,", "T,TOTAL,NASY_APP,")
            row[0] = row[0].replace("T,TOTAL,TOTAL,", "T,TOTAL,ASY_APP,")
        rows[0][0] = rows[0][0].replace("applicant,age", "age,asyl_app")
        then = reading(SOURCE, tmp_path, tsv(rows))
        assert same(now, then)
        assert "dimension: asyl_app" in then.layout

    def test_json_stat_says_the_same(self, tmp_path: Path) -> None:
        rows = totals()
        parsed = reading(SOURCE, tmp_path, dump(as_cube(rows)), suffix="json")
        assert same(parsed, reading(SOURCE, tmp_path, tsv(rows)))
        listed = as_cube(rows, time="TIME_PERIOD")
        for axis in listed["dimension"].values():
            axis["category"]["index"] = list(axis["category"]["index"])
        count = 1
        for size in listed["size"]:
            count *= size
        listed["value"] = [listed["value"].get(str(index)) for index in range(count)]
        listed["value"] = [None if v is None else float(v) for v in listed["value"]]
        assert same(reading(SOURCE, tmp_path, dump(listed), suffix="json"), parsed)

    @pytest.mark.parametrize("form", ["tsv", "json"])
    def test_a_new_reporting_country_is_set_aside(self, tmp_path: Path, form: str) -> None:
        rows = totals()
        known = reading(SOURCE, tmp_path, tsv(rows))
        rows += [[row[0].replace(",UK", ",AD"), *row[1:]] for row in rows if row[0].endswith(",UK")]
        content = tsv(rows) if form == "tsv" else dump(as_cube(rows))
        answer = reading(SOURCE, tmp_path, content, suffix=form)
        assert same(answer, known)
        assert "geo_code: AD, set aside" in answer.layout
        (note,) = set(answer.notes) - set(known.notes)
        assert note.startswith(f"{SET_ASIDE}reporting country 'AD' of ")
        assert re.search(r"; [1-9]\d* figures\.$", note)

    def test_a_new_reporting_country_of_a_data_explorer_file(self, tmp_path: Path) -> None:
        header = '"TIME","GEO","CITIZEN","SEX","AGE","ASYL_APP","UNIT","Value"'
        kinds = ("Asylum applicant", "First time applicant")
        lines = [
            f'"2008M01","{geo}","Total","Total","Total","{kind}","Person","5"'
            for geo in ("Czechia", "Andorra")
            for kind in kinds
        ]
        text = "\r\n".join([header, *lines, ""])
        answer = reading(SOURCE, tmp_path, text.encode(), suffix="csv")
        assert set(answer.tables[CORE]["geo_code"]) == {"CZ"}
        (note,) = answer.notes
        assert "country 'Andorra'" in note
        assert note.endswith("; 2 figures.")

    def test_a_file_of_unknown_countries_only_is_refused(self, tmp_path: Path) -> None:
        rows = [row for row in totals() if row[0].endswith((",UK", "TIME_PERIOD"))]
        for row in rows[1:]:
            row[0] = row[0].replace(",UK", ",AD")
        with pytest.raises(LayoutError, match="unknown codes of dimension 'geo'"):
            reading(SOURCE, tmp_path, tsv(rows))

    def test_a_data_explorer_file(self, tmp_path: Path) -> None:
        header = '"TIME","GEO","CITIZEN","SEX","AGE","ASYL_APP","UNIT","Value","Flag and Footnotes"'
        lines = [header]
        for month in ("2008M01", "2008M02"):
            for kind, persons in (("Asylum applicant", "1,460"), ("First time applicant", ":")):
                for geo, flag in (("Czechia", ""), ("Germany", "p")):
                    lines.append(
                        f'"{month}","{geo}","Total","Total","Total","{kind}","Person",'
                        f'"{persons}","{flag}"'
                    )
        text = "\r\n".join([*lines, ""])
        text = text.replace('1,460","p"', '55","p"').replace('":",""', '"5",""')
        parsed = reading(SOURCE, tmp_path, text.encode("latin-1"), suffix="csv")
        rows = parsed.tables[CORE].filter(pl.col("month_start_date") == date(2008, 1, 1))
        assert rows.select("geo_code", "applicant_code", PERSONS, "observation_flag").rows() == [
            ("CZ", "FRST", 5, ""),
            ("CZ", "TOTAL", 1_460, ""),
            ("DE", "TOTAL", 55, "p"),
        ]
        assert parsed.marks == {":": 2}
        with pytest.raises(LayoutError, match="has no code for"):
            reading(SOURCE, tmp_path, text.replace("Asylum applicant", "Applicant").encode())


def _cell(row: int, column: int, text: str) -> Callable[[Grid], None]:
    def change(rows: Grid) -> None:
        rows[row][column] = text

    return change


def _key(old: str, new: str) -> Callable[[Grid], None]:
    def change(rows: Grid) -> None:
        for row in rows:
            row[0] = row[0].replace(old, new)

    return change


def _lose_month(rows: Grid) -> None:
    for row in rows:
        del row[5]


def _lose_first_month(rows: Grid) -> None:
    for row in rows:
        del row[1]


def _double_month(rows: Grid) -> None:
    for row in rows:
        row.append(row[-1])


def _only_first_time(rows: Grid) -> None:
    rows[:] = [row for row in rows if ",T,TOTAL," not in row[0]]


def _cut(rows: Grid) -> None:
    del rows[-1][-3:]


def _double_row(rows: Grid) -> None:
    rows.append([rows[3][0], *("5 " for _ in rows[3][1:])])


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (_cell(2, 3, "* "), r"neither a whole number nor a declared mark.*\*"),
            (_cell(2, 3, ""), "neither a whole number nor a declared mark"),
            (_cell(2, 3, "12.5 "), "neither a whole number nor a declared mark"),
            (_cell(2, 3, "-5 "), "neither a whole number nor a declared mark"),
            (_cell(2, 3, "10 q"), "neither a whole number nor a declared mark"),
            (_cell(0, 3, "2008-3 "), "no month and no quarter"),
            (_cell(0, 3, "2008-Q1 "), "out of order"),
            (_key("geo\\", "land\\"), "dimensions are not the known ones"),
            (_key("applicant", "applicants"), "dimensions are not the known ones"),
            (_key("sex,", "sex,sex,"), "dimensions are not the known ones"),
            (_key(",T,", ",F,"), "other values of dimension 'sex'"),
            (_key("M,PER", "Q,PER"), "other values of dimension 'freq'"),
            (_key(",FRST,", ",THIRD,"), "unknown codes of dimension 'category'"),
            # a known country under another code is no new one: its figures would be lost
            (_key("TOTAL,UK", "TOTAL,GB"), "unknown codes of dimension 'geo'"),
            (_lose_month, "out of order"),
            (_lose_first_month, "the first periods are missing"),
            (_double_month, "out of order"),
            (_only_first_time, r"no row of \['TOTAL'\]"),
            (_cut, "1 rows of another width"),
            (_double_row, "figures contradict one another"),
        ],
    )
    def test_a_changed_file(
        self, tmp_path: Path, change: Callable[[Grid], None], words: str
    ) -> None:
        rows = totals()
        change(rows)
        with pytest.raises(LayoutError, match=words):
            reading(SOURCE, tmp_path, tsv(rows))

    @pytest.mark.parametrize(
        "content",
        [
            b"<!doctype html><html></html>",
            b"",
            "\ufeffa,b\n".encode("utf-16"),
            b"freq,unit\\TIME_PERIOD\n",
            b'{"error": [{"status": 400}]}',
            b'{"id": ',
        ],
    )
    def test_other_bodies(self, tmp_path: Path, content: bytes) -> None:
        with pytest.raises(LayoutError):
            reading(SOURCE, tmp_path, content)

    def test_two_files_that_contradict_one_another(self, tmp_path: Path) -> None:
        other = grid(SOURCE.source_id, UNION)
        row = next(row for row in other if ",TOTAL,T,FRST," in row[0])
        row[4] = "5 "
        with pytest.raises(LayoutError, match="2 figures contradict"):
            reading(SOURCE, tmp_path, tsv(totals()), tsv(other))

    def test_a_header_without_rows(self, tmp_path: Path) -> None:
        with pytest.raises(LayoutError, match="no row under the header"):
            reading(SOURCE, tmp_path, tsv(totals()[:1]))

    def test_an_empty_cube(self, tmp_path: Path) -> None:
        cube = as_cube(totals())
        cube["size"][1] = 0
        with pytest.raises(LayoutError, match="a dimension without a value"):
            reading(SOURCE, tmp_path, dump(cube))

    @pytest.mark.parametrize("part", ["id", "size", "dimension", "value"])
    def test_a_cube_without_a_part(self, tmp_path: Path, part: str) -> None:
        cube = as_cube(totals())
        del cube[part]
        with pytest.raises(LayoutError, match="not JSON-stat"):
            reading(SOURCE, tmp_path, dump(cube))

    def test_figures_outside_the_cube(self, tmp_path: Path) -> None:
        cube = as_cube(totals())
        cube["value"]["9999999"] = 5
        with pytest.raises(LayoutError, match="outside the cube"):
            reading(SOURCE, tmp_path, dump(cube))

    def test_months_that_are_none(self) -> None:
        assert month_start("2008M01", "") == month_start("2008-01", "") == date(2008, 1, 1)
        with pytest.raises(LayoutError, match="no month"):
            month_start("2008-13", "")


class TestFetch:
    def test_two_small_requests(self, tmp_path: Path, release: Parsed) -> None:
        get = FakeGet(tmp_path, wire.answer)
        files = SOURCE.fetch(get).files  # type: ignore[misc]
        assert [file.name for file in files] == [TOTALS, UNION]
        assert [dict(r.params) for r in get.requests] == [
            {
                "c[sex]": "T",
                "c[age]": "TOTAL",
                "c[unit]": "PER",
                "c[applicant]": "TOTAL,FRST",
                chosen: code,
                "format": "TSV",
                "compress": "false",
            }
            for chosen, code in (("c[citizen]", "TOTAL"), ("c[geo]", "EU27_2020"))
        ]
        assert {r.url.split("/")[2] for r in get.requests} == HOSTS
        assert all(r.csv_anchor == "\\TIME_PERIOD" for r in get.requests)
        parsed = SOURCE.parse([ReleaseFile(f.name, f.response.path) for f in files])
        assert same(conformed(SOURCE, parsed), release)

    def test_a_refused_filter(self, tmp_path: Path) -> None:
        with pytest.raises(FetchError):
            SOURCE.fetch(FakeGet(tmp_path, lambda _: None))  # type: ignore[misc]


class TestReleaseDate:
    @pytest.mark.parametrize(
        ("name", "day"),
        [
            ("migr_asyappctzm__custom_39520_20201006_200227.tsv", date(2020, 10, 6)),
            ("migr_asyappctzm__custom_39520_20201306_200227.tsv", None),
            ("migr_asyappctzm_citizen_TOTAL.tsv", None),
        ],
    )
    def test_of_names(self, tmp_path: Path, name: str, day: date | None) -> None:
        assert SOURCE.release_date([ReleaseFile(name, tmp_path / name)]) == day

    def test_json_states_its_update(self, tmp_path: Path) -> None:
        path = tmp_path / "a.json"
        path.write_bytes(dump(as_cube(totals())))
        assert SOURCE.release_date([ReleaseFile(path.name, path)]) == date(2020, 10, 5)
        path.write_bytes(b"{}")
        assert SOURCE.release_date([ReleaseFile(path.name, path)]) is None


class TestFlows:
    def test_published_totals_and_citizenships(self, drafts: pl.DataFrame) -> None:
        july = drafts.filter(pl.col("period_start") == date(2020, 7, 1))
        key = {"destination_iso3": "GBR", "origin_label": TOTAL}
        assert figure(july, "value", indicator="asylum_applicants", **key) == 2_825
        assert figure(july, "value", indicator="asylum_applicants_first_time", **key) == 2_795
        union = july.filter(
            pl.col("destination_iso3") == "eu", pl.col("indicator") == "asylum_applicants"
        )
        parts = union.filter(pl.col("origin_label") != TOTAL)
        assert parts.height == 7
        assert parts["value"].sum() == figure(union, "value", origin_label=TOTAL)

    def test_no_aggregate_and_no_sum(self, drafts: pl.DataFrame) -> None:
        assert set(drafts["destination_iso3"]) == {
            *("AUT", "CHE", "DEU", "GRC", "FRA", "GBR", "eu")
        }
        assert not set(drafts["origin_label"]) & {"EXT_EU27_2020", "TOTAL"}
        assert not drafts["is_derived"].any()
        assert drafts["rounding"].unique().to_list() == [5]
        key = ["indicator", "destination_iso3", "origin_label", "period_start"]
        assert not drafts.select(key).is_duplicated().any()

    def test_china_with_hong_kong_is_an_aggregate_beside_china_without(
        self, release: Parsed
    ) -> None:
        core = release.tables[CORE]
        code = pl.col("citizen_code")
        china = core.filter(code == "CN_X_HK").with_columns(pl.lit("CN").alias("citizen_code"))
        both, alone = pl.concat([core, china]), pl.concat([core.filter(code != "CN_X_HK"), china])
        for frame, label in ((both, "CN_X_HK"), (alone, "CN")):
            shown = set(SOURCE.flows({CORE: frame})["origin_label"])
            assert shown & {"CN", "CN_X_HK"} == {label}

    def test_the_month_with_one_reporter_is_partial(self, drafts: pl.DataFrame) -> None:
        partial = drafts.filter(pl.col("is_partial"))
        assert partial["period_start"].unique().to_list() == [date(2020, 8, 1)]
        assert partial["destination_iso3"].unique().to_list() == ["DEU"]

    def test_few_reporters_long_ago_are_no_tail(self, tmp_path: Path) -> None:
        rows = totals()
        for row in rows[1:]:
            if not row[0].endswith(",DE"):
                row[1:4] = [": "] * 3
        flows = SOURCE.flows(reading(SOURCE, tmp_path, tsv(rows)).tables)
        assert flows.filter(pl.col("is_partial"))["period_start"].min() == date(2020, 8, 1)


def test_every_code_of_a_citizenship_is_known(release: Parsed) -> None:
    known = dict(aliases(REFERENCE_DIR, "eurostat").select("label", "origin_iso3").rows())
    shown = set(SOURCE.flows(release.tables)["origin_label"])
    assert shown <= set(known)
    expected = {
        "UK": "GBR",
        "EL": "GRC",
        "XK": "XKX",
        "NA": "NAM",
        "NE": "NER",
        "NG": "NGA",
        "CD": "COD",
        "CG": "COG",
        "KP": "PRK",
        "KR": "KOR",
        "DM": "DMA",
        "DO": "DOM",
        "CN_X_HK": "CHN",
        "STLS": "stateless",
        "UNK": "unknown",
    }
    assert {code: known[code] for code in expected} == expected
    assert {known[code] for code in REPORTERS} == set(REPORTERS.values())
    assert len(MEMBERS) == 27


@pytest.mark.shared_data
class TestReal:
    def test_the_release_of_october_2020(self, shared_data: Path) -> None:
        name = "migr_asyappctzm__custom_39520_20201006_200227.tsv"
        parsed = read(SOURCE, shared_data / "eurostat" / name)
        core = parsed.tables[CORE]
        assert (core.height, parsed.marks) == (25_278, {":": 6_642})
        months = core["month_start_date"]
        assert (months.min(), months.max()) == (date(2008, 1, 1), date(2020, 8, 1))
        key = {"geo_code": "UK", "citizen_code": "TOTAL"}
        for month, code, persons in (
            (date(2020, 7, 1), "TOTAL", 2_825),
            (date(2020, 7, 1), "FRST", 2_795),
            (date(2020, 6, 1), "TOTAL", 1_060),
            (date(2020, 6, 1), "FRST", 2_265),
        ):
            row = {**key, "applicant_code": code, "month_start_date": month}
            assert figure(core, PERSONS, **row) == persons
        assert len(parsed.notes) == 2
        flags = core["observation_flag"].value_counts().rows()
        assert sorted(flags) == [("", 24_752), ("d", 502), ("p", 24)]
        partial = SOURCE.flows(parsed.tables).filter(pl.col("is_partial"))
        assert partial["period_start"].unique().to_list() == [date(2020, 8, 1)]

    def test_members_add_up_to_the_union_within_rounding(self, shared_data: Path) -> None:
        name = "migr_asyappctzm__custom_39520_20201006_200227.tsv"
        core = read(SOURCE, shared_data / "eurostat" / name).tables[CORE]
        whole = core.filter(pl.col("citizen_code") == "TOTAL")
        by = ["applicant_code", "month_start_date"]
        union = whole.filter(pl.col("geo_code") == "EU27_2020").select(*by, PERSONS)
        parts = (
            whole.filter(pl.col("geo_code").is_in(list(MEMBERS)))
            .group_by(by)
            .agg(pl.col(PERSONS).sum().alias("parts"))
        )
        gaps = union.join(parts, on=by).select((pl.col("parts") - pl.col(PERSONS)).abs())
        assert gaps.height == 304
        assert gaps.to_series().max() <= 70  # type: ignore[operator]

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            # January 2017 was not chosen when this table was saved.
            ("migr_asyappctzm_1_Data.csv", "periods are missing.*118 periods"),
            ("migr_asyctzm_1_Data.csv", "columns are missing"),
            ("annual_migr_asyappctza_allcitizenships_flags.csv", "no code for"),
            ("migr_asydcfstq__custom_42121_20201007_150410.tsv", "dimensions are not the known"),
        ],
    )
    def test_neighbouring_tables_are_refused(
        self, shared_data: Path, name: str, words: str
    ) -> None:
        with pytest.raises(LayoutError, match=words):
            read(SOURCE, shared_data / "eurostat" / name)

    def test_the_explorer_file_from_2008_to_2016(self, shared_data: Path, tmp_path: Path) -> None:
        lines = (shared_data / "eurostat" / "migr_asyappctzm_1_Data.csv").read_text().splitlines()
        text = "".join(f"{line}\n" for line in lines if not line.startswith('"2017M'))
        core = reading(SOURCE, tmp_path, text.encode(), suffix="csv").tables[CORE]
        key = {"geo_code": "BE", "month_start_date": date(2008, 1, 1)}
        assert figure(core, PERSONS, applicant_code="TOTAL", **key) == 1_460
        assert core["month_start_date"].n_unique() == 108
