"""Subclass 866's template: months one by one, withheld stays withheld, totals as printed."""

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
from fcm_migration.sources.au.protection_866 import SOURCE, TABLE, TEMPLATE
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed, ReleaseFile
from tests.sources.reading import ended, figure, read, same
from tests.wire.au_protection_866 import FIXTURE

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
    def test_published_figures_of_december_2023(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        assert frame.height == len(LINES) - 1 == 17
        december = {"month_start_date": date(2023, 12, 1)}
        lodged = {"measure": "lodgements", **december}
        assert figure(frame, "applicants_persons", citizenship="Total", **lodged) == 1_942
        assert figure(frame, "applicants_persons", citizenship="Vietnam", **lodged) == 371
        for measure, persons in {"grants": 271, "on_hand": 32_404, "determinations": 1_002}.items():
            assert figure(frame, "applicants_persons", measure=measure, **december) == persons

    def test_withheld_counts_are_null(self, release: Parsed) -> None:
        withheld = release.tables[TABLE.name].filter(pl.col("is_suppressed"))
        assert withheld["applicants_persons"].null_count() == withheld.height == 2
        assert release.marks == {"<5": 2}

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
            (lambda text: text.replace(",Total,", ",,"), "rows without a citizenship"),
            (lambda text: text.replace(",Total,", ",total,"), "do not fit their total"),
            (lambda text: text.replace("2024-01", "Jan 2024"), "no month"),
            (lambda text: text.replace("2024-01", "2024-13"), "no month"),
            (lambda text: text.replace("2024-01", "2024-01-31"), "no month"),
            (lambda text: text.replace("2024-01,grants", "2024-01,granted"), "measures"),
            (lambda text: text.replace("2024-01", "2024-02"), "months of lodgements are missing"),
            (lambda text: text.replace("2024-01,grants,Total,200\n", ""), "0 such rows"),
            (lambda text: text.replace("Iran,40", "Iran,400"), "200 against 400"),
            (lambda text: text.replace("grants,Total,200", "grants,Total,<5"), "4 against 40"),
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
            FIXTURE.name: date(2024, 2, 20),
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
            pl.when(citizenship="Total", measure="lodgements")
            .then(400)
            .otherwise("applicants_persons")
            .alias("applicants_persons")
        )
        assert failed(Parsed({TABLE.name: frame})) == [
            "citizenships against the printed total",
            "December 2023 as published",
        ]


class TestFlows:
    def test_months_flows_and_a_stock(self, release: Parsed) -> None:
        flows = SOURCE.flows(release.tables)
        assert flows.schema == DRAFT_FLOWS
        december = flows.filter(pl.col("origin_label") == TOTAL, period_start=date(2023, 12, 1))
        assert dict(december.select("indicator", "value").iter_rows()) == {
            "protection_applications": 1_942,
            "protection_grants": 271,
            "protection_on_hand": 32_404,
        }
        korea = flows.filter(origin_label="Korea, Republic of (South)")
        assert korea.select("value", "is_suppressed").rows() == [(None, True)]
        assert set(flows["frequency"]) == {"M"}
        assert set(flows["destination_iso3"]) == {"AUS"}
        key = ["indicator", "origin_label", "period_start"]
        assert flows.select(key).is_unique().all()
        assert not flows["is_derived"].any()
        assert not SOURCE.absent_is_zero

    def test_every_label_is_reviewed(self, release: Parsed) -> None:
        known = set(aliases(REFERENCE_DIR, SOURCE.country_scheme)["label"])
        assert set(release.tables[TABLE.name]["citizenship"]) - {"Total"} <= known
