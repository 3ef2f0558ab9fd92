"""The page of forecast pictures: what is drawn is what is published, of the series asked for."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fcm_migration.cli import main
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.errors import UsageError
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.charts import series_chart
from fcm_migration.reports.pictures.forecasts import forecast_picture
from fcm_migration.reports.pictures.gallery import MOST, published_series, write_pictures


def test_the_page_has_a_picture_of_each_series_chosen(published: Context, tmp_path: Path) -> None:
    page, *pictures = write_pictures(published.home.published, tmp_path / "page.md")
    text = page.read_text()
    names = re.findall(r"^`(.+)`$", text, re.MULTILINE)
    with Connection(published.home.published) as connection:
        shown = connection.sql("SELECT DISTINCT series_id FROM forecast.published").to_series()
        edition = connection.edition.edition_id
    assert names
    assert set(names) <= set(shown)
    assert len(names) == len(set(names)) <= MOST
    linked = [page.parent / name for name in re.findall(r"\]\((pictures/.+\.png)\)", text)]
    assert linked == pictures
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)
    assert f"`{edition}`" in text


def test_a_series_can_be_named_and_one_that_is_not_shown_is_refused(
    published: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = published.home.published
    with Connection(path) as connection:
        shown = connection.sql("SELECT max(series_id) FROM forecast.published").item()
    main(["--home", str(published.home.root), "pictures", shown, "--out", str(tmp_path / "p.md")])
    assert (tmp_path / "p.md").read_text().count("\n## ") == 1
    assert capsys.readouterr().out.count(" written\n") == 2
    with pytest.raises(UsageError, match="no such forecast is shown"):
        write_pictures(path, tmp_path / "q.md", ["it's not there"])
    assert not (tmp_path / "q.md").exists()


def test_the_picture_in_dagster_says_what_the_published_one_says(published: Context) -> None:
    drawn = forecast_picture(published)
    with Connection(published.home.published) as connection:
        ids = connection.sql(
            "SELECT DISTINCT series_id FROM forecast.published WHERE origin_iso3 = 'total'"
        ).to_series()
        words = {series_chart(published_series(connection, name)).words for name in ids}
    assert (drawn is None) == (not words)
    assert drawn is None or drawn.words in words


def test_the_page_in_docs_has_ten_pictures_and_the_readme_one_of_them() -> None:
    """Mend with: fcm refresh --offline into an empty home, then fcm pictures --out the page."""
    page = PROJECT_ROOT / "docs" / "forecast_pictures.md"
    pictures = re.findall(r"!\[([^\]]+)\]\((pictures/[^)]+)\)", page.read_text())
    assert len(pictures) == MOST
    assert all((page.parent / path).stat().st_size > 5_000 for _, path in pictures)
    shown = re.findall(r"\]\(docs/(pictures/[^)]+)\)", (PROJECT_ROOT / "README.md").read_text())
    assert shown
    assert set(shown) <= {path for _, path in pictures}
