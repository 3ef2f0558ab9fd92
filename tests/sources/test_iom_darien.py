"""Panama's template: whole years stay years, unknown months stay unknown, codes stay texts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform, empty
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import ConformError, LayoutError
from fcm_migration.expectations import check_table
from fcm_migration.marts.countries import aliases
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.marts.series import absent_is_zero, build_series
from fcm_migration.marts.tables import HELD_BACK
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed, ReleaseFile
from fcm_migration.sources.iom.darien import COLUMNS, SOURCE, TABLE
from tests.sources.reading import conformed, ended, figure, read, same
from tests.wire.iom_darien import FIXTURE

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


def stamped(release: Parsed, as_of: date = date(2020, 10, 5)) -> pl.DataFrame:
    """The core table as the store holds it."""
    frame = release.tables[TABLE.name].with_columns(
        pl.lit(as_of).alias("as_of_date"),
        pl.lit("a release").alias("snapshot_id"),
        pl.lit("inbox").alias("obtained"),
    )
    return conform(frame, latest_table(TABLE))


def failed(frame: pl.DataFrame) -> list[str]:
    """The expectations of the suite that do not hold."""
    day = date(2020, 10, 6)
    results = check_table(latest_table(TABLE), frame, suites_dir=SUITES_DIR, today=day)
    return [item.expectation for item in results if not item.success]


class TestParse:
    def test_years_and_months(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        assert frame.height == len(LINES) - 1 == 17
        lengths = frame.group_by("period_length").agg(pl.col("period_start_date").n_unique())
        assert dict(lengths.iter_rows()) == {"year": 2, "month": 6}
        assert (
            figure(frame, "entries", period_start_date=date(2019, 1, 1), nationality="HTI") == 900
        )
        assert (
            figure(frame, "entries", period_start_date=date(2020, 6, 1), nationality="HTI") == 1330
        )
        assert release.notes == (
            "Months without a row, of which nothing is known: 2020-04, 2020-05, 2020-07.",
        )

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace("\n", "\r\n"),
            lambda text: "Written down by hand,,,\n" + text,
            lambda text: text.replace(",HTI,", ",\u00a0HTI ,"),
            lambda text: text + ",,,\n\n",
            lambda text: "\n".join([LINES[0], *sorted(text.splitlines()[1:])]),
        ],
        ids=["CRLF", "title above", "NBSP", "blank rows below", "another order"],
    )
    def test_the_same_is_read_from(
        self, reading: Reading, release: Parsed, change: Callable[[str], str]
    ) -> None:
        assert same(reading(change(TEXT)), release)

    def test_a_literal_na_is_a_code_and_a_further_column_is_told(self, reading: Reading) -> None:
        answer = reading("\n".join(["page," + LINES[0], "3,2020-06-01,2020-04-01,NA,7"]))
        assert answer.tables[TABLE.name].get_column("nationality").to_list() == ["NA"]
        assert answer.notes == ("Columns not read: page.",)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda text: text.replace("t,q,nat,n", "t,q,nat,count"), "header row"),
            (lambda text: text.replace(LINES[0], ";".join(COLUMNS)), "separated by semicolons"),
            (lambda _: LINES[0] + "\n", "no rows"),
            (lambda _: "<!DOCTYPE html><html><p>x</p></html>", "header row"),
            (lambda text: text.replace("2019-01-01,2019-01-01", "2019-02-01,2019-01-01"), "whole"),
            (lambda text: text.replace("2020-06-01", "2020-13-01"), "no month"),
            (lambda text: text.replace("2020-06-01", "2020-06-02"), "no month"),
            (lambda text: text.replace("2020-06-01,2020-04-01", "2020-06-01,2020-06-01"), "quart"),
            (lambda text: text.replace("TIB", "Tibet"), "nationalities"),
            (lambda text: text.replace("TIB", ""), "nationalities"),
            (lambda text: text.replace("VEN,44", "VEN,"), "declared mark"),
            (lambda text: text.replace("VEN,44", "VEN,<5"), "declared mark"),
            (lambda text: text.replace("VEN,44", "VEN,4.5"), "declared mark"),
        ],
    )
    def test_is_refused(self, reading: Reading, change: Callable[[str], str], words: str) -> None:
        with pytest.raises(LayoutError, match=words):
            reading(change(TEXT))

    @pytest.mark.parametrize("lost", ["2019-01", "2020-02", "2020-03", "2020-06", "2020-08"])
    def test_a_lost_period_is_refused(self, reading: Reading, lost: str) -> None:
        kept = [line for line in LINES if not line.startswith(lost)]
        with pytest.raises(LayoutError, match="missing"):
            reading("\n".join(kept))

    def test_months_alone_may_begin_anywhere_and_unprinted_ones_be_left_out(
        self, reading: Reading
    ) -> None:
        late = [LINES[0], *(line for line in LINES if line.startswith("2020-0"))]
        early = ("2020-01", "2020-02")
        answer = reading("\n".join(line for line in late if not line.startswith(early)))
        assert set(answer.tables[TABLE.name]["period_length"]) == {"month"}
        assert "2020-04, 2020-05, 2020-07" in answer.notes[0]
        years = reading("\n".join(line for line in LINES if not line.startswith("2020")))
        assert set(years.tables[TABLE.name]["period_length"]) == {"year"}
        assert years.notes == ()

    def test_a_row_twice_a_negative_one_and_two_files(self, reading: Reading) -> None:
        with pytest.raises(ConformError, match="more than once"):
            reading(TEXT + LINES[-1] + "\n")
        with pytest.raises(ConformError):
            reading(TEXT.replace("VEN,44", "VEN,-44"))
        with pytest.raises(LayoutError, match="a release is one file"):
            SOURCE.parse([ReleaseFile(FIXTURE.name, FIXTURE)] * 2)

    def test_the_template_is_explained_and_dated_by_name(self, tmp_path: Path) -> None:
        assert SOURCE.fetch is None
        assert f"\n    {','.join(COLUMNS)}\n" in SOURCE.by_hand
        for name, day in {FIXTURE.name: date(2020, 10, 5), "figures.csv": None}.items():
            assert SOURCE.release_date([ReleaseFile(name, tmp_path / name)]) == day


class TestSuite:
    def test_a_lost_month_is_a_warning_and_nothing_else(self, release: Parsed) -> None:
        assert failed(stamped(release)) == ["months without a gap"]

    def test_a_year_among_months_fails(self, release: Parsed) -> None:
        odd = stamped(release).with_columns(
            pl.when(nationality="VEN")
            .then(pl.lit("year"))
            .otherwise("period_length")
            .alias("period_length")
        )
        assert "one length for a period" in failed(odd)


class TestFlows:
    def test_years_are_never_months(self, release: Parsed) -> None:
        flows = SOURCE.flows(release.tables)
        assert flows.schema == DRAFT_FLOWS
        total = flows.filter(pl.col("origin_label") == TOTAL).sort("period_start")
        assert total.select("frequency", "period_start", "value").rows() == [
            ("A", date(2018, 1, 1), 722),
            ("A", date(2019, 1, 1), 1150),
            ("M", date(2020, 1, 1), 74),
            ("M", date(2020, 2, 1), 125),
            ("M", date(2020, 3, 1), 0),
            ("M", date(2020, 6, 1), 1374),
            ("M", date(2020, 8, 1), 8),
            ("M", date(2020, 9, 1), 39),
        ]
        assert total.get_column("is_derived").all()
        assert not flows.filter(pl.col("origin_label") != TOTAL).get_column("is_derived").any()
        assert set(flows["destination_iso3"]) == {"none"}
        assert set(flows["route"]) == {"darien"}

    def test_the_month_a_file_was_written_in_is_partial(self, release: Parsed) -> None:
        early = SOURCE.flows({TABLE.name: stamped(release, date(2020, 9, 20))})
        partial = early.filter("is_partial").get_column("period_start").unique()
        assert partial.to_list() == [date(2020, 9, 1)]
        later = SOURCE.flows({TABLE.name: stamped(release)})
        assert not later.get_column("is_partial").any()

    def test_an_unknown_month_stays_unknown_in_the_panel(self, release: Parsed) -> None:
        made = harmonise(
            SOURCE, {TABLE.name: stamped(release)}, aliases(REFERENCE_DIR, SOURCE.country_scheme)
        )
        assert made.held.is_empty()
        series, index = build_series(made.flows, absent_is_zero([SOURCE]), empty(HELD_BACK))
        haiti = series.filter(origin_iso3="HTI", frequency="M").sort("period_start")
        assert haiti.get_column("value").to_list() == [
            *(70, 120, None, None, None, 1330, None, 8, 30)
        ]
        assert set(index.get_column("unit")) == {"events"}
        assert not SOURCE.is_modelled

    def test_a_code_nobody_reviewed_is_quarantined(self, reading: Reading) -> None:
        core = {TABLE.name: stamped(reading(TEXT.replace("TIB", "NA")))}
        assert harmonise(
            SOURCE, core, aliases(REFERENCE_DIR, SOURCE.country_scheme)
        ).held.get_column("label").to_list() == ["NA"]


@pytest.mark.shared_data
def test_the_real_file(shared_data: Path) -> None:
    """Panama's yearly totals, as press and IOM give them, are the sums of the file's rows."""
    path = shared_data / "iom_darien" / "darien_monthly_by_nationality.csv"
    parsed = conformed(SOURCE, SOURCE.parse([ReleaseFile(path.name, path)]))
    frame = parsed.tables[TABLE.name]
    year = pl.col("period_start_date").dt.year()
    sums = dict(frame.group_by(year).agg(pl.col("entries").sum()).iter_rows())
    assert {y: sums[y] for y in (2016, 2019, 2022, 2023)} == {
        2016: 30_055,
        2019: 22_102,
        2022: 248_284,
        2023: 520_085,
    }
    assert parsed.notes == (
        "Months without a row, of which nothing is known: 2020-04, 2020-05, 2020-07.",
    )
    assert harmonise(
        SOURCE, {TABLE.name: stamped(parsed)}, aliases(REFERENCE_DIR, SOURCE.country_scheme)
    ).held.is_empty()
