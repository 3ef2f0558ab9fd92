"""Eurostat's two monthly stocks: no dimension of their own, so a file must name its dataset."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import SET_ASIDE, TOTAL, Parsed, ReleaseFile, Source
from fcm_migration.sources.eurostat import asylum_pending, temporary_protection
from fcm_migration.sources.eurostat.asylum import HOSTS
from tests.sources.eurostat_files import Grid, as_cube, dump, grid, reading, tsv
from tests.sources.fake_get import FakeGet
from tests.sources.reading import conformed, figure, same
from tests.wire import eurostat_asylum_pending as pending_wire
from tests.wire import eurostat_temporary_protection as protection_wire


@dataclass(frozen=True)
class Stock:
    """One dataset and what its fixture holds."""

    source: Source
    wire: ModuleType
    dataset: str
    value: str
    indicator: str
    first: date
    last: date  # has one reporter
    reporter: str
    destinations: set[str]
    absent: int  # cells ": " of both files

    @property
    def core(self) -> str:
        return self.source.tables[0].name

    def totals(self) -> Grid:
        return grid(self.source.source_id, f"{self.dataset}_citizen_TOTAL.tsv")

    def union(self) -> Grid:
        return grid(self.source.source_id, f"{self.dataset}_geo_EU27_2020.tsv")

    def read(self, folder: Path, *contents: bytes, suffix: str = "tsv") -> Parsed:
        return reading(self.source, folder, *contents, suffix=suffix, stem=self.dataset)


PENDING = Stock(
    asylum_pending.SOURCE,
    pending_wire,
    "migr_asypenctzm",
    "pending_persons",
    "asylum_applicants_pending",
    date(2013, 12, 1),
    date(2016, 3, 1),
    "DEU",
    {"AUT", "CHE", "DEU", "FRA", "GBR", "GRC", "eu"},
    15,
)
PROTECTION = Stock(
    temporary_protection.SOURCE,
    protection_wire,
    "migr_asytpsm",
    "beneficiaries_persons",
    "temporary_protection_beneficiaries",
    date(2022, 3, 1),
    date(2024, 4, 1),
    "DEU",
    {"CHE", "CZE", "DEU", "ESP", "NOR", "POL", "eu"},
    14,
)


@pytest.fixture(params=[PENDING, PROTECTION], ids=lambda stock: stock.source.source_id)
def stock(request: pytest.FixtureRequest) -> Stock:
    found: Stock = request.param
    return found


def release(stock: Stock, folder: Path) -> Parsed:
    paths = stock.wire.release(folder)
    files = [ReleaseFile(path.name, path) for path in paths]
    return conformed(stock.source, stock.source.parse(files))


class TestParse:
    def test_both_files_are_read_whole(self, stock: Stock, tmp_path: Path) -> None:
        parsed = release(stock, tmp_path)
        core = parsed.tables[stock.core]
        cells = [
            cell for rows in (stock.totals(), stock.union()) for row in rows[1:] for cell in row[1:]
        ]
        assert parsed.marks == {":": sum(cell == ": " for cell in cells)} == {":": stock.absent}
        months = len(stock.totals()[0]) - 1
        repeated = months - 1  # the total of the Union stands in both files, and not in the newest
        assert core.height == len(cells) - stock.absent - repeated
        month = core["month_start_date"]
        assert (month.min(), month.max()) == (stock.first, stock.last)
        assert "applicant_code" not in core.columns
        assert not [line for line in parsed.layout if line.startswith(":")]

    def test_every_figure_is_the_printed_one(self, stock: Stock, tmp_path: Path) -> None:
        core = release(stock, tmp_path).tables[stock.core]
        printed = {}
        for rows in (stock.totals(), stock.union()):
            for row in rows[1:]:
                _, _, citizen, _, _, geo = row[0].split(",")
                for month, cell in zip(rows[0][1:], row[1:], strict=True):
                    number, _, flag = cell.partition(" ")
                    if cell != ": ":
                        count = None if number == ":" else int(number)
                        printed[geo, citizen, month.strip()] = (count, flag.strip("@"))
        key = pl.col("month_start_date").dt.strftime("%Y-%m")
        columns = ("geo_code", "citizen_code", key, stock.value, "observation_flag")
        read = {row[:3]: row[3:] for row in core.select(*columns).iter_rows()}
        assert read == printed

    def test_three_figures_of_march_2024(self, tmp_path: Path) -> None:
        core = release(PROTECTION, tmp_path).tables[PROTECTION.core]
        for geo, people in (("DE", 1_301_790), ("PL", 955_520), ("CZ", 364_375)):
            row = {"geo_code": geo, "citizen_code": "TOTAL", "month_start_date": date(2024, 3, 1)}
            assert figure(core, PROTECTION.value, **row) == people

    def test_withheld_is_null_and_flagged(self, stock: Stock, tmp_path: Path) -> None:
        withheld = release(stock, tmp_path).tables[stock.core].filter(pl.col("is_suppressed"))
        assert withheld.select(stock.value, "observation_flag").rows() in (
            [(None, "c")],
            [(None, "C")],
        )

    def test_json_stat_says_the_same(self, stock: Stock, tmp_path: Path) -> None:
        cube = stock.read(tmp_path, dump(as_cube(stock.totals())), suffix="json")
        assert same(cube, stock.read(tmp_path, tsv(stock.totals())))

    def test_a_data_explorer_file(self, stock: Stock, tmp_path: Path) -> None:
        month = stock.first.strftime("%YM%m")
        header = '"TIME","GEO","CITIZEN","SEX","AGE","UNIT","Value","Flag and Footnotes"'
        line = f'"{month}","Czechia","Total","Total","Total","Person","1,460","p"'
        parsed = stock.read(tmp_path, "\r\n".join([header, line, ""]).encode(), suffix="csv")
        row = parsed.tables[stock.core].select("geo_code", stock.value, "observation_flag").rows()
        assert row == [("CZ", 1_460, "p")]
        other = f'{header},"ASYL_APP"\r\n{line},"Asylum applicant"\r\n'
        with pytest.raises(LayoutError, match=r"columns are not the known.*ASYL_APP"):
            stock.read(tmp_path, other.encode(), suffix="csv")

    @pytest.mark.parametrize("form", ["tsv", "json"])
    def test_a_new_reporting_country_is_set_aside(
        self, stock: Stock, tmp_path: Path, form: str
    ) -> None:
        rows = stock.totals()
        known = stock.read(tmp_path, tsv(rows))
        rows += [[row[0].replace(",CH", ",MD"), *row[1:]] for row in rows if row[0].endswith(",CH")]
        content = tsv(rows) if form == "tsv" else dump(as_cube(rows))
        answer = stock.read(tmp_path, content, suffix=form)
        assert same(answer, known)
        (note,) = answer.notes
        assert note.startswith(f"{SET_ASIDE}reporting country 'MD' of ")


def _key(old: str, new: str) -> Callable[[Grid], None]:
    def change(rows: Grid) -> None:
        for row in rows:
            row[0] = row[0].replace(old, new)

    return change


def _lose(place: int) -> Callable[[Grid], None]:
    def change(rows: Grid) -> None:
        for row in rows:
            del row[place]

    return change


def _cell(text: str) -> Callable[[Grid], None]:
    def change(rows: Grid) -> None:
        rows[2][3] = text

    return change


def _double_row(rows: Grid) -> None:
    rows.append([rows[3][0], *("5 " for _ in rows[3][1:])])


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (_key("sex,age", "sex,applicant,age"), "dimensions are not the known ones"),
            (_key("sex,age", "sex"), "dimensions are not the known ones"),
            (_key("geo\\", "land\\"), "dimensions are not the known ones"),
            (_key(",T,", ",F,"), "other values of dimension 'sex'"),
            (_key("TOTAL,T,TOTAL", "TOTAL,T,Y_LT18"), "other values of dimension 'age'"),
            (_key("M,PER", "M,NR"), "other values of dimension 'unit'"),
            (_key("M,PER", "Q,PER"), "other values of dimension 'freq'"),
            (_key("TOTAL,DE", "TOTAL,GB"), "unknown codes of dimension 'geo'"),
            (_cell("x "), "neither a whole number nor a declared mark"),
            (_lose(5), "out of order"),
            (_lose(1), "the first periods are missing, or this is another dataset"),
            (_double_row, "figures contradict one another"),
        ],
    )
    def test_a_changed_file(
        self, stock: Stock, tmp_path: Path, change: Callable[[Grid], None], words: str
    ) -> None:
        rows = stock.totals()
        change(rows)
        with pytest.raises(LayoutError, match=words):
            stock.read(tmp_path, tsv(rows))

    def test_the_other_stock_under_this_name(self, tmp_path: Path) -> None:
        with pytest.raises(LayoutError, match="or this is another dataset"):
            PENDING.read(tmp_path, tsv(PROTECTION.totals()))
        with pytest.raises(LayoutError, match="or this is another dataset"):
            PROTECTION.read(tmp_path, tsv(PENDING.totals()))

    @pytest.mark.parametrize("name", ["file", "migr_asytpfm", "migr_asyappctzm", "migr_asytpsmx"])
    def test_a_file_that_does_not_name_the_dataset(
        self, stock: Stock, tmp_path: Path, name: str
    ) -> None:
        with pytest.raises(LayoutError, match="does not say that it holds this dataset"):
            reading(stock.source, tmp_path, tsv(stock.totals()), stem=name)

    def test_json_names_the_dataset_itself(self, stock: Stock, tmp_path: Path) -> None:
        cube = as_cube(stock.totals())
        cube["extension"] = {"id": stock.dataset.upper(), "agencyId": "ESTAT"}
        assert reading(stock.source, tmp_path, dump(cube), suffix="json", stem="file").tables
        cube["extension"]["id"] = "MIGR_ASYTPFM"
        with pytest.raises(LayoutError, match=r"does not say.*MIGR_ASYTPFM"):
            stock.read(tmp_path, dump(cube), suffix="json")

    def test_the_names_eurostat_gives(self, stock: Stock, tmp_path: Path) -> None:
        for stem in (f"{stock.dataset}__custom_39520_20261006_200227", f"estat_{stock.dataset}"):
            assert reading(stock.source, tmp_path, tsv(stock.totals()), stem=stem).tables


class TestFetch:
    def test_two_small_requests(self, stock: Stock, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, stock.wire.answer)
        files = stock.source.fetch(get).files  # type: ignore[misc]
        assert [dict(r.params) for r in get.requests] == [
            {
                "c[sex]": "T",
                "c[age]": "TOTAL",
                "c[unit]": "PER",
                chosen: code,
                "format": "TSV",
                "compress": "false",
            }
            for chosen, code in (("c[citizen]", "TOTAL"), ("c[geo]", "EU27_2020"))
        ]
        assert {r.url.split("/")[2] for r in get.requests} == HOSTS
        parsed = stock.source.parse([ReleaseFile(f.name, f.response.path) for f in files])
        assert same(conformed(stock.source, parsed), release(stock, tmp_path))

    def test_a_refused_filter(self, stock: Stock, tmp_path: Path) -> None:
        with pytest.raises(FetchError):
            stock.source.fetch(FakeGet(tmp_path, lambda _: None))  # type: ignore[misc]


class TestFlows:
    def test_stocks_into_europe_and_nowhere_else(self, stock: Stock, tmp_path: Path) -> None:
        drafts = stock.source.flows(release(stock, tmp_path).tables)
        assert drafts["indicator"].unique().to_list() == [stock.indicator]
        assert set(drafts["destination_iso3"]) == stock.destinations
        assert drafts["frequency"].unique().to_list() == ["M"]
        assert drafts["rounding"].unique().to_list() == [5]
        assert not drafts["is_derived"].any()
        assert not set(drafts["origin_label"]) & {"EXT_EU27_2020", "TOTAL"}
        key = ["destination_iso3", "origin_label", "period_start"]
        assert not drafts.select(key).is_duplicated().any()
        known = set(aliases(REFERENCE_DIR, "eurostat")["label"])
        assert set(drafts["origin_label"]) - {TOTAL} <= known
        assert not stock.source.is_modelled

    def test_citizenships_add_up_to_the_union(self, stock: Stock, tmp_path: Path) -> None:
        drafts = stock.source.flows(release(stock, tmp_path).tables)
        union = drafts.filter(
            pl.col("destination_iso3") == "eu", pl.col("period_start") == stock.first
        )
        parts = union.filter(pl.col("origin_label") != TOTAL)
        assert parts["value"].sum() == figure(union, "value", origin_label=TOTAL)

    def test_the_month_with_one_reporter_is_partial(self, stock: Stock, tmp_path: Path) -> None:
        drafts = stock.source.flows(release(stock, tmp_path).tables)
        partial = drafts.filter(pl.col("is_partial"))
        assert partial.select("period_start", "destination_iso3").unique().rows() == [
            (stock.last, stock.reporter)
        ]
