"""The downloads: the figures of the file, only of sources that may be passed on."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.licences import LICENCES
from fcm_migration.marts.splices import SPLICES
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.site import write_site
from fcm_migration.reports.site.downloads import SHAREABLE, TABLES, _behind, made_downloads
from tests.reports.brief_html import parsed
from tests.reports.site.test_site import own_file, page

UNVERIFIED = "UPDATE meta.sources SET licence_id = 'au-unverified'"
# what an edition newer than this program may name
UNKNOWN = "UPDATE meta.sources SET licence_id = 'a licence nobody here has read'"


@pytest.fixture(scope="module")
def site(published: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("downloads") / "site"
    write_site(published.home.published, folder)
    return folder


@pytest.mark.parametrize(("name", "question"), [(row[0], row[3]) for row in TABLES])
def test_both_formats_open_and_hold_what_the_file_holds(
    site: Path, published: Context, name: str, question: str
) -> None:
    with Connection(published.home.published) as fcm:
        asked = fcm.sql(question)
    folder = site / "downloads"
    assert pl.read_parquet(folder / f"{name}.parquet").equals(asked)
    body = (folder / f"{name}.csv").read_bytes()
    assert body.startswith(b"\xef\xbb\xbf")
    # no text of the toy edition begins like a formula
    assert pl.read_csv(body, schema=asked.schema).equals(asked)


def test_the_page_states_rows_fingerprints_and_attribution(site: Path) -> None:
    root = parsed(page(site, "downloads.html"))
    sums = dict(
        reversed(line.split("  "))
        for line in (site / "downloads" / "SHA256SUMS").read_text().splitlines()
    )
    for name, sha256 in sums.items():
        body = (site / "downloads" / name).read_bytes()
        assert hashlib.sha256(body).hexdigest() == sha256
        assert sha256 in root.text
    rows = [one.cells() for one in root.every("table")[0].every("tr")][1:]
    assert [row[1] for row in rows] == [
        f"{pl.read_parquet(site / 'downloads' / f'{name}.parquet').height:,}" for name, *_ in TABLES
    ]
    assert "Open Government Licence v3.0" in root.every("table")[1].text
    assert "Contains public sector information" in root.every("table")[1].text


@pytest.mark.parametrize("change", [UNVERIFIED, UNKNOWN])
def test_figures_that_may_not_be_passed_on_are_left_out_and_named(
    published: Context, tmp_path: Path, change: str
) -> None:
    write_site(own_file(published, tmp_path, change), tmp_path / "site")
    folder = tmp_path / "site" / "downloads"
    for name in ("main_series", "newest_figures", "forecasts"):
        assert pl.read_parquet(folder / f"{name}.parquet").is_empty()
        assert (folder / f"{name}.csv").read_text().count("\n") == 1
    assert pl.read_parquet(folder / "sources.parquet").height == 1
    root = parsed(page(tmp_path / "site", "downloads.html"))
    (left_out,) = root.every("tr", data_left_out="toy")
    with Connection(published.home.published) as fcm:
        title = fcm.sql("SELECT title FROM meta.sources").item()
    assert title in left_out.text
    assert "No figure of this edition may be passed on." in root.text
    assert "48 rows are left out for their licence" in root.text


def test_a_spliced_series_is_free_only_where_both_its_sources_are() -> None:
    splice = SPLICES[0]
    frame = pl.DataFrame({"source_id": ["x"], "series_id": [splice.series_id()]})
    ((earlier, later),) = _behind(frame)
    assert {earlier, later} == {part.partition("/")[0] for part in (splice.earlier, splice.later)}


def test_what_does_not_ship_is_not_passed_on() -> None:
    assert {licence.licence_id for licence in LICENCES if licence.bundled} == SHAREABLE
    assert "frontex-none" not in SHAREABLE


def test_the_same_edition_gives_the_same_files(published: Context) -> None:
    with Connection(published.home.published) as fcm:
        assert made_downloads(fcm) == made_downloads(fcm)
