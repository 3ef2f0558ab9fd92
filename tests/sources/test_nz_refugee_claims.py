"""New Zealand's template: financial years one by one, withheld stays withheld, totals printed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import ConformError, LayoutError
from fcm_migration.expectations import check_table
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed, ReleaseFile
from fcm_migration.sources.nz.refugee_claims import SOURCE, TABLE, TEMPLATE
from tests.sources.reading import ended, figure, read, same
from tests.wire.nz_refugee_claims import FIXTURE

TEXT = FIXTURE.read_text(encoding="utf-8")
LINES = TEXT.splitlines()
Reading = Callable[[bytes | str], Parsed]


@pytest.fixture(scope="module")
def release() -> Parsed:
    return read(SOURCE, FIXTURE)


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    def read_text(content: bytes | str) -> Parsed:
        path = tmp_path / FIXTURE.name
        path.write_bytes(ended(content))
        return read(SOURCE, path)

    return read_text


def failed(answer: Parsed) -> list[str]:
    """The expectations of the suite that do not hold."""
    stamped = answer.tables[TABLE.name].with_columns(
        pl.lit(date(2024, 3, 1)).alias("as_of_date"),
        pl.lit("a release").alias("snapshot_id"),
        pl.lit("inbox").alias("obtained"),
    )
    frame = conform(stamped, latest_table(TABLE))
    day = date(2024, 3, 2)
    results = check_table(latest_table(TABLE), frame, suites_dir=SUITES_DIR, today=day)
    return [item.expectation for item in results if not item.success]


class TestParse:
    def test_figures_and_withheld_ones(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        assert frame.height == len(LINES) - 1 == 17
        year = {"financial_year_start_date": date(2019, 7, 1), "measure": "claims"}
        assert figure(frame, "claims_persons", nationality="Total", **year) == 300
        assert figure(frame, "claims_persons", nationality="Afghanistan", **year) == 7
        withheld = frame.filter(pl.col("is_suppressed"))
        assert withheld["claims_persons"].null_count() == withheld.height == 5
        zero = {"financial_year_start_date": date(2020, 7, 1), "measure": "approved"}
        assert figure(frame, "claims_persons", nationality="China", **zero) == 0
        assert release.marks == {"<5": 5}

    def test_years_may_be_written_out(self, reading: Reading, release: Parsed) -> None:
        text = TEXT.replace("2018/19", "2018/2019").replace("2020/21", "2020/2021")
        assert same(reading(text), release)

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace("\n", "\r\n"),
            lambda text: "Written down by hand,,,\n,,,\n" + text,
            lambda text: text.replace(",Total,", ",\u00a0Total ,"),
            lambda text: text + ",,,\n\n",
            lambda text: "\n".join([LINES[0], *sorted(text.splitlines()[1:])]),
        ],
        ids=["CRLF", "titles above", "NBSP", "blank rows below", "another order"],
    )
    def test_the_same_is_read_from(
        self, reading: Reading, release: Parsed, change: Callable[[str], str]
    ) -> None:
        assert same(reading(change(TEXT)), release)

    def test_a_further_column_is_told(self, reading: Reading, release: Parsed) -> None:
        answer = reading("\n".join([f"page,{LINES[0]}", *(f"3,{line}" for line in LINES[1:])]))
        assert same(answer, release)
        assert answer.notes == ("Columns not read: page.",)
        assert "column page" in answer.layout

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda text: text.replace("measure,", "kind,"), "header row"),
            (
                lambda text: text.replace(LINES[0], ";".join(TEMPLATE.columns)),
                "separated by semicolons",
            ),
            (lambda _: "\n".join(f"{x},{x.rsplit(',', 1)[1]}" for x in LINES[:2]), "stand twice"),
            (lambda text: text[: text.rindex(",")] + "\n", "another width"),
            (lambda _: "<!DOCTYPE html><html><p>x</p></html>", "header row"),
            (lambda _: "", "header row"),
            (lambda _: LINES[0] + "\n", "no rows"),
            (lambda text: text.replace("<5", "< 5"), "declared mark"),
            (lambda text: text.replace("<5", "-"), "declared mark"),
            (lambda text: text.replace("<5", ""), "declared mark"),
            (lambda text: text.replace(",Total,", ",,"), "rows without a nationality"),
            (lambda text: text.replace(",Total,", ",total,"), "do not fit their total"),
            (lambda text: text.replace("2020/21", "2020"), "no financial year"),
            (lambda text: text.replace("2020/21", "2012/23"), "no financial year"),
            (lambda text: text.replace("2020/21", "2012/13-2022/23"), "no financial year"),
            (lambda text: text.replace("2020/21", "2020/21 (to March)"), "no financial year"),
            (lambda text: text.replace("2019/20,claims", "2019/20,lodged"), "measures"),
            (
                lambda text: "\n".join(x for x in text.splitlines() if "2019/20,cl" not in x),
                "financial years of claims are missing",
            ),
            (lambda text: text.replace("2019/20,claims,Total,300\n", ""), "0 such rows"),
            (lambda text: text.replace("China,110", "China,1100"), "1102 against|300 against"),
            (
                lambda text: text.replace("2020/21,approved,China,0", "2020/21,approved,China,5"),
                "4",
            ),
        ],
    )
    def test_is_refused(self, reading: Reading, change: Callable[[str], str], words: str) -> None:
        with pytest.raises(LayoutError, match=words):
            reading(change(TEXT))

    def test_a_row_twice_and_two_files(self, reading: Reading) -> None:
        with pytest.raises(ConformError, match="more than once"):
            reading(TEXT + next(line for line in LINES if line.endswith(",<5")) + "\n")
        with pytest.raises(LayoutError, match="a release is one file"):
            SOURCE.parse([ReleaseFile(FIXTURE.name, FIXTURE)] * 2)

    def test_the_date_is_read_from_the_name(self, tmp_path: Path) -> None:
        for name, day in {
            FIXTURE.name: date(2021, 8, 31),
            "figures.csv": None,
            "x_2024-02-31.csv": None,
        }.items():
            assert SOURCE.release_date([ReleaseFile(name, tmp_path / name)]) == day

    def test_the_template_and_its_marks_are_explained(self) -> None:
        assert SOURCE.fetch is None
        assert f"\n    {','.join(TEMPLATE.columns)}\n" in SOURCE.by_hand
        assert "<5" in SOURCE.by_hand


class TestSuite:
    def test_it_holds_on_a_good_release(self, release: Parsed) -> None:
        assert failed(release) == []

    def test_a_total_that_does_not_fit_fails(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name].with_columns(
            pl.when(nationality="Total", measure="claims")
            .then(100)
            .otherwise("claims_persons")
            .alias("claims_persons")
        )
        assert failed(Parsed({TABLE.name: frame})) == ["nationalities against the printed total"]


class TestFlows:
    def test_years_begin_in_july_and_are_whole(self, release: Parsed) -> None:
        flows = SOURCE.flows(release.tables)
        assert flows.schema == DRAFT_FLOWS
        total = flows.filter(pl.col("origin_label") == TOTAL)
        claims = total.filter(pl.col("indicator") == "asylum_claims").sort("period_start")
        assert claims.select("period_start", "value").rows() == [
            (date(2018, 7, 1), 215),
            (date(2019, 7, 1), 300),
            (date(2020, 7, 1), 150),
        ]
        approved = total.filter(indicator="claims_approved", period_start=date(2020, 7, 1))
        assert approved.select("value", "is_suppressed").rows() == [(None, True)]
        assert set(flows["frequency"]) == {"A"}
        assert set(flows["destination_iso3"]) == {"NZL"}
        assert not flows.select(pl.col("is_partial", "is_derived")).to_numpy().any()
        key = ["indicator", "origin_label", "period_start"]
        assert flows.select(key).is_unique().all()
        assert not SOURCE.absent_is_zero

    def test_every_label_is_reviewed(self, release: Parsed) -> None:
        known = set(aliases(REFERENCE_DIR, SOURCE.country_scheme)["label"])
        assert set(release.tables[TABLE.name]["nationality"]) - {"Total"} <= known
