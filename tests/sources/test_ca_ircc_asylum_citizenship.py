"""IRCC by citizenship: tabs, withheld stays withheld, and no country is zero by absence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import ConformError, FetchError, LayoutError, SourceError
from fcm_migration.expectations import check_table
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed
from fcm_migration.sources.ca.ircc_asylum_citizenship import FILE, SOURCE, TABLE, URL
from tests.fault_server import FaultServer
from tests.sources.fake_get import FakeGet, through
from tests.sources.reading import ended, figure, quick_client, read, same
from tests.wire.ca_ircc_asylum_citizenship import FIXTURE, answer

TEXT = FIXTURE.read_bytes().decode()
FIRST = TEXT.splitlines()[1]
CHINA = "China, People's Republic of"
JANUARY = date(2025, 1, 1)
Reading = Callable[[bytes | str], Parsed]


@pytest.fixture(scope="module")
def release() -> Parsed:
    return read(SOURCE, FIXTURE)


@pytest.fixture(scope="module")
def flows(release: Parsed) -> pl.DataFrame:
    return SOURCE.flows(release.tables)


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    def read_text(content: bytes | str) -> Parsed:
        path = tmp_path / FILE
        path.write_bytes(ended(content))
        return read(SOURCE, path)

    return read_text


def edited(line: str, **cells: str) -> str:
    """The line with these cells put in; columns by their place in the header."""
    header = TEXT.splitlines()[0].split("\t")
    values = line.split("\t")
    for name, cell in cells.items():
        values[header.index(name)] = cell
    return "\t".join(values)


class TestFetch:
    def test_the_one_address_is_asked_for(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, answer)
        (file,) = SOURCE.fetch(get).files  # type: ignore[misc]
        (request,) = get.requests
        assert (file.name, request.url, request.expect) == (FILE, URL, "csv")
        assert request.csv_anchor == "EN_COUNTRY_OF_CITIZENSHIP"

    def test_through_the_real_client(self, tmp_path: Path, release: Parsed) -> None:
        path = "/" + URL.split("/", 3)[3]
        with (
            FaultServer(routes={path: FIXTURE.read_bytes()}) as server,
            quick_client(tmp_path) as client,
        ):
            (file,) = SOURCE.fetch(through(client, server)).files  # type: ignore[misc]
            assert same(read(SOURCE, file.response.path), release)

    def test_another_file_under_the_address_is_refused(self, tmp_path: Path) -> None:
        other = FIXTURE.read_bytes().replace(b"EN_COUNTRY_OF_CITIZENSHIP", b"EN_CLAIM_OFFICE_TYPE")
        path = "/" + URL.split("/", 3)[3]
        with (
            FaultServer(routes={path: other}) as server,
            quick_client(tmp_path) as client,
            pytest.raises(FetchError) as caught,
        ):
            SOURCE.fetch(through(client, server))  # type: ignore[misc]
        assert caught.value.outcome == "wrong_type"


class TestParse:
    def test_figures_labels_and_marks(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        assert frame.height == len(TEXT.splitlines()) - 1 == 64
        key = {"month_start_date": JANUARY, "province": "Ontario"}
        assert figure(frame, "claimants_persons", citizenship="India", **key) == 1_210
        assert figure(frame, "claimants_persons", citizenship="Côte d'Ivoire", **key) == 0
        assert figure(frame, "country_rank", citizenship=CHINA, **key) == "3"
        withheld = frame.filter(pl.col("is_suppressed"))
        assert withheld["claimants_persons"].null_count() == withheld.height == 8
        assert frame.filter(~pl.col("is_suppressed"))["claimants_persons"].null_count() == 0
        assert release.marks == {"--": 8}

    def test_the_country_set_is_told_and_is_no_part_of_the_fingerprint(
        self, release: Parsed, reading: Reading
    ) -> None:
        assert release.notes[0].startswith("6 countries named: China, People's Republic of, Congo")
        renamed = reading(TEXT.replace("\tIndia\t", "\tHaiti\t"))
        assert renamed.layout == release.layout
        assert renamed.notes != release.notes
        assert "province: Ontario" in release.layout

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace("\r\n", "\n"),
            lambda text: text.replace("\tOntario\t", "\t\u00a0Ontario \t"),
            lambda text: text.replace("1,200", "1200"),
            lambda text: "Asylum claimants" + "\t" * 12 + "\r\n" + text,
        ],
        ids=["LF", "NBSP", "no thousands", "title above"],
    )
    def test_the_same_is_read_from(
        self, reading: Reading, release: Parsed, change: Callable[[str], str]
    ) -> None:
        assert same(reading(change(TEXT)), release)

    def test_french_columns_may_go_and_new_ones_are_told(
        self, reading: Reading, release: Parsed
    ) -> None:
        rows = [line.split("\t") for line in TEXT.splitlines()]
        rows = [[*row[:3], *row[4:], "EN_GENDER" if n == 0 else "x"] for n, row in enumerate(rows)]
        answer = reading("\r\n".join("\t".join(row) for row in rows))
        assert same(answer, release)
        assert answer.notes[1] == "Columns not read: EN_GENDER."
        assert "column EN_GENDER" in answer.layout

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda text: text.replace("EN_MONTH", "EN_MOIS"), "header row"),
            (lambda text: text.replace("FR_MOIS", "EN_MONTH"), "stand twice"),
            (lambda text: text.replace("\t", ","), "separated by commas"),
            (lambda text: text.replace("\t--", "\t*", 1), r"'\*' x1"),
            (lambda text: text.replace("\t--", "\t", 1), "declared mark"),
            (lambda text: text.replace("\t1,200", "\t1,203"), "no longer rounded to 5"),
            (lambda text: text.replace("\tQ1\tJan", "\tQ2\tJan"), "contradict each other"),
            (lambda text: text.replace("\tJan\t", "\tJanv\t"), "no month"),
            (lambda text: text.replace("2025\tQ1\tJan", "205\tQ1\tJan"), "no years"),
            (lambda text: text.replace("2025\tQ1\tJan", "2025 Total\tQ1\tJan"), "declared mark"),
            (lambda text: text.replace("\tOntario\t", "\t\t", 1), "without province"),
            (lambda text: text[:-9], "another width"),
            (lambda _: "<!DOCTYPE html>\r\n<html>busy</html>", "header row"),
            (lambda _: "", "header row"),
            (
                lambda text: "\n".join(x for x in text.splitlines() if "Q4\tDec" not in x),
                "months are missing",
            ),
        ],
    )
    def test_is_refused(self, reading: Reading, change: Callable[[str], str], words: str) -> None:
        with pytest.raises(LayoutError, match=words):
            reading(change(TEXT))

    def test_a_row_that_stands_twice_and_another_encoding(self, reading: Reading) -> None:
        with pytest.raises(ConformError, match="more than once"):
            reading(TEXT + edited(FIRST, TOTAL="5") + "\r\n")
        with pytest.raises(SourceError):
            reading(TEXT.encode("latin-1"))


class TestFlows:
    def test_schema_key_and_provinces_as_printed(self, flows: pl.DataFrame) -> None:
        assert flows.schema == DRAFT_FLOWS
        key = ["origin_label", "place", "period_start"]
        assert flows.select(key).is_unique().all()
        ontario = {"place": "Ontario", "period_start": JANUARY}
        assert figure(flows, "value", origin_label="India", **ontario) == 1_210
        assert not flows.filter(pl.col("place") != "all")["is_derived"].any()
        assert set(flows["rounding"]) == {5}

    def test_a_sum_is_known_only_where_no_part_is_withheld(self, flows: pl.DataFrame) -> None:
        whole = flows.filter(pl.col("place") == "all", pl.col("period_start") == JANUARY)
        assert whole["is_derived"].all()
        assert figure(whole, "value", origin_label="India") == 1_210 + 410 + 160
        assert figure(whole, "value", origin_label="Côte d'Ivoire") == 95
        for origin in ("Mexico", CHINA):
            assert figure(whole, "value", origin_label=origin) is None
            assert figure(whole, "is_suppressed", origin_label=origin) is True
        assert TOTAL not in set(flows["origin_label"])

    def test_a_rank_in_one_row_that_is_not_the_countrys_is_refused(self, reading: Reading) -> None:
        with pytest.raises(LayoutError, match=r"countries with several ranks.*India.*'1', 'x'"):
            reading(TEXT.replace("\t1\t1\tIndia", "\tx\t1\tIndia", 1))

    def test_a_printed_total_is_taken_as_printed(self, reading: Reading) -> None:
        mexico = edited(
            FIRST,
            EN_PROVINCE_TERRITORY="Total",
            EN_COUNTRY_RANK="2",
            EN_COUNTRY_OF_CITIZENSHIP="Mexico",
            TOTAL="805",
        )
        grand = edited(FIRST, EN_PROVINCE_TERRITORY="Total", EN_COUNTRY_OF_CITIZENSHIP="Total")
        flows = SOURCE.flows(reading(TEXT + mexico + "\r\n" + grand + "\r\n").tables)
        november = flows.filter(pl.col("place") == "all", period_start=date(2024, 11, 1))
        assert figure(november, "value", origin_label="Mexico") == 805
        assert figure(november, "is_derived", origin_label="Mexico") is False
        assert figure(november, "value", origin_label=TOTAL) == 1_200
        assert figure(november, "is_derived", origin_label="India") is True

    def test_a_vanished_country_is_not_zero(self, reading: Reading) -> None:
        without = "\n".join(x for x in TEXT.splitlines() if "\tIndia\t" not in x)
        flows = SOURCE.flows(reading(without).tables)
        assert "India" not in set(flows["origin_label"])
        assert not SOURCE.absent_is_zero

    def test_every_label_is_reviewed(self, release: Parsed) -> None:
        known = aliases(REFERENCE_DIR, SOURCE.country_scheme)
        codes = dict(known.select("label", "origin_iso3").iter_rows())
        assert {codes[label] for label in release.tables[TABLE.name]["citizenship"]} == {
            "IND",
            "MEX",
            "CHN",
            "COD",
            "CIV",
            "other",
        }
        spelt = {
            "Congo, Republic of the": "COG",
            "Korea, Republic of": "KOR",
            "Korea, Democratic People's Republic of": "PRK",
            "Guinea": "GIN",
            "Guinea, Equatorial": "GNQ",
            "Guinea-Bissau": "GNB",
            "Niger": "NER",
            "Nigeria": "NGA",
            "Dominica": "DMA",
            "Dominican Republic": "DOM",
            "Kosovo, Republic of": "XKX",
            "Stateless": "stateless",
            "Country not stated": "unknown",
        }
        assert {label: codes[label] for label in spelt} == spelt


class TestSuite:
    def failed(self, release: Parsed, percent: int) -> list[str]:
        """What does not hold beside national totals that are this share of the rows' sum."""
        stamped = release.tables[TABLE.name].with_columns(
            pl.lit(date(2025, 5, 1)).alias("as_of_date"),
            pl.lit("a release").alias("snapshot_id"),
            pl.lit("download").alias("obtained"),
        )
        totals = stamped.group_by("month_start_date").agg(
            (pl.col("claimants_persons").sum() * percent // 100).alias("claimants_persons"),
            pl.lit("All").alias("office_type"),
            pl.lit("All").alias("province"),
        )
        table = latest_table(TABLE)
        results = check_table(
            table,
            conform(stamped, table),
            context={"core.ca_ircc_asylum_monthly": totals},
            suites_dir=SUITES_DIR,
            today=date(2025, 5, 2),
        )
        return [item.expectation for item in results if not item.success]

    def test_rows_are_held_against_the_national_totals(self, release: Parsed) -> None:
        assert self.failed(release, 100) == []
        assert self.failed(release, 101) == []
        for percent in (90, 110):
            assert self.failed(release, percent) == [
                "countries and provinces against the national total"
            ]
