"""The site says what the published file says, and nothing that a label smuggles in."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from fcm_migration.cli import main
from fcm_migration.config import Home
from fcm_migration.errors import EditionError, UsageError
from fcm_migration.outfolder import NOTE
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.brief import brief_page
from fcm_migration.reports.charts.labels import day_words, figure
from fcm_migration.reports.site import write_home_site, write_site
from fcm_migration.reports.site.definitions import glossary
from fcm_migration.reports.site.pages import PAGES
from tests.reports.brief_html import Element, assert_well_made, parsed
from tests.reports.site.crawling import assert_links_resolve

MARKUP = "<script>alert(1)</script>"
TURNED = "\u202eevil\u202c"
FORMULA = '=HYPERLINK("https://x.example")'
QUOTED = "\" onload='alert(1)' x=\""
# the pages of templates; those with a script have a policy, and tests, of their own
WITH_SCRIPT = ("explorer.html",)
PLAIN = [one.file for one in PAGES if one.file not in WITH_SCRIPT]


@pytest.fixture(scope="module")
def site(published: Context, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "site"
    write_site(published.home.published, folder)
    return folder


def own_file(published: Context, folder: Path, *changes: str | tuple[str, ...]) -> Path:
    """A copy of the published file, changed by SQL, or by SQL with its values."""
    file = folder / "fcm_migration.duckdb"
    shutil.copyfile(published.home.published, file)
    file.chmod(0o600)
    with duckdb.connect(str(file)) as connection:
        for change in changes:
            sql, *values = (change,) if isinstance(change, str) else change
            connection.execute(sql, values)
    return file


def page(site: Path, name: str) -> str:
    return (site / name).read_text(encoding="utf-8")


def policy(html: str) -> str:
    """The policy that lets a page use its own style and nothing else."""
    (style,) = re.findall("<style>(.*?)</style>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize("name", PLAIN)
def test_each_page_is_harmless_and_says_which_edition_and_whose_forecasts(
    site: Path, published: Context, name: str
) -> None:
    html = page(site, name)
    assert_well_made(html, policy(html), links=r"[\w/.#-]+")
    root = parsed(html)
    with Connection(published.home.published) as fcm:
        edition = fcm.edition
        newest = fcm.sql("SELECT max(as_of_date) FROM meta.sources").item()
    said = root.every("header")[0].text
    assert edition.edition_id in said
    assert day_words(edition.published_at.date()) in said
    assert day_words(newest) in said
    assert "project's own, computed from them, and not official" in said
    (here,) = [a.attributes for a in root.every("a") if "aria-current" in a.attributes]
    assert here == {"href": name, "aria-current": "page"}
    (links,) = root.every("nav")
    assert [a.attributes["href"] for a in links.every("a")] == [one.file for one in PAGES]


def test_every_link_leads_somewhere(site: Path) -> None:
    assert assert_links_resolve(site) >= len(PAGES) + 2


def test_the_folder_holds_what_its_note_names_and_the_briefs_as_they_are(
    site: Path, published: Context
) -> None:
    note = json.loads((site / NOTE).read_text(encoding="utf-8"))
    there = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert set(note["files"]) | {NOTE} == there
    assert note["made"] == "site"
    with Connection(published.home.published) as fcm:
        assert fcm.edition.edition_id in page(site, "index.html")
        assert page(site, "briefs/brief_GBR.html") == brief_page(fcm, ("GBR",), is_all=False)


def test_figures_sources_and_definitions_are_those_of_the_file(
    site: Path, published: Context
) -> None:
    with Connection(published.home.published) as fcm:
        main = fcm.sql("FROM brief.main_series").row(0, named=True)
        newest = fcm.sql("FROM main.newest_figures").row(0, named=True)
        source = fcm.sql("FROM meta.sources").row(0, named=True)
        indicators = fcm.sql("FROM meta.indicators").rows(named=True)
        first = fcm.sql("SELECT sentence FROM brief.sentences ORDER BY place LIMIT 1").item()
    start = parsed(page(site, "index.html"))
    (row,) = [one.cells() for one in start.every("tr", data_view="main_series")]
    assert row[0] == f"{main['destination']} {main['what']}"
    assert row[1] == f"{figure(main['value'])} {main['period']}"
    assert row[2] == f"{main['unit_words']} a month"
    assert row[5] == day_words(main["as_of_date"])
    assert row[6].startswith(main["age_words"])
    assert first in start.text
    (row,) = [one.cells() for one in start.every("tr", data_view="newest_figures")]
    assert row[:2] == [newest["what_is_counted"], figure(newest["value"])]
    assert row[5] == str(newest["age_months"])
    (row,) = [one.cells() for one in parsed(page(site, "sources.html")).every(data_view="sources")]
    assert source["title"] in row[0]
    assert row[1] == f"{day_words(source['as_of_date'])} brought by hand"
    assert row[2] == day_words(source["newest_period_end"])
    assert row[4] == source["cadence"]
    assert row[5] == f"{source['licence_title']} {source['attribution']}"
    defined = parsed(page(site, "definitions.html"))
    shown = {one.every("code")[0].text for one in defined.every("tr", data_view="indicators")}
    assert shown == {row["indicator"] for row in indicators}
    assert [one.text for one in defined.every("dl")[0].every("dt")] == [
        term.replace("`", "").replace("*", "") for term, _ in glossary()
    ]


def test_without_a_record_the_page_says_so_and_shows_no_figure(site: Path) -> None:
    record = parsed(page(site, "record.html"))
    assert record.every("svg") == []
    said = [one.text for one in record.every("p") if one.attributes.get("class") == "empty"]
    assert "No past forecast of the five countries has been judged in this edition." in said
    assert "No alert of this edition is old enough to be judged." in said


CHANGES = """
CREATE OR REPLACE VIEW main.changes AS
SELECT *, row_number() OVER () AS line, DATE '2024-01-15' AS as_of_date,
       'abcdef012345' AS old_edition_id, TIMESTAMP '2024-05-01' AS old_published_at
FROM (VALUES {rows}) t(kind, source_id, sentence)
"""


def changes_of(published: Context, folder: Path, *changes: str) -> Element:
    target = folder / "site"
    write_site(own_file(published, folder, *changes), target)
    return parsed(page(target, "changes.html"))


def test_changes_are_those_of_the_view_in_its_order(published: Context, tmp_path: Path) -> None:
    rows = (
        "('new_period', 'toy', 'Claims now end in June (Nobody, uk_toy).'), "
        "('revised', 'toy', 'Claims of May are 3, not 2.'), "
        "('new_period', NULL, 'Another.')"
    )
    root = changes_of(published, tmp_path, CHANGES.format(rows=rows))
    assert [one.text for one in root.every("h2")] == [
        "Compared with", "New figures", "Revisions",
    ]  # fmt: skip
    assert "Edition abcdef012345 of 1 May 2024" in root.every("main")[0].text
    said = [one.text for one in root.every("li", data_view="changes")]
    assert [one.split(".")[0] for one in said] == [
        "Claims now end in June (Nobody)", "Another", "Claims of May are 3, not 2",
    ]  # fmt: skip
    assert "as of 15 January 2024" in said[0]
    assert said[1] == "Another."


def test_an_edition_with_no_change_and_one_that_keeps_none_say_so(
    published: Context, tmp_path: Path
) -> None:
    none = CHANGES.format(rows="('nothing', NULL, 'Nothing changed.')")
    (tmp_path / "none").mkdir()
    root = changes_of(published, tmp_path / "none", none)
    assert [one.text for one in root.every("p") if one.attributes.get("class") == "empty"] == [
        "Nothing changed."
    ]
    root = changes_of(published, tmp_path, "DROP VIEW IF EXISTS main.changes")
    assert "it keeps no comparison with the edition before" in root.every("main")[0].text


def hostile_file(published: Context, folder: Path) -> Path:
    """A copy of the published file whose labels are markup, formulas and turned text."""
    return own_file(
        published,
        folder,
        ("UPDATE meta.countries SET country_name = ? || country_code", MARKUP),
        (
            "UPDATE meta.sources SET title = ?, publisher = ?, attribution = ?, cadence = ?, "
            "landing_url = 'javascript:alert(1)', licence_url = 'javascript:alert(1)'",
            TURNED,
            QUOTED,
            FORMULA,
            MARKUP,
        ),
        ("UPDATE meta.indicators SET title = ?, counting_rule = ?", MARKUP, QUOTED),
        (
            "UPDATE computed.main_newest_figures SET destination = ?, what_is_counted = ?",
            FORMULA,
            MARKUP,
        ),
        ("UPDATE computed.brief_main_series SET what = ?", FORMULA + TURNED),
        ("UPDATE computed.brief_sentences SET sentence = ?", MARKUP),
        CHANGES.format(rows=f"('{MARKUP}', 'toy', '\"', '{TURNED}')"),
    )


def test_hostile_labels_stay_text_on_every_page(published: Context, tmp_path: Path) -> None:
    file = hostile_file(published, tmp_path)
    write_site(file, tmp_path / "site")
    for name in PLAIN:
        html = page(tmp_path / "site", name)
        assert_well_made(html, policy(html), links=r"[\w/.#-]+")
        assert "<script" not in html
        assert "javascript:" not in html
        assert "\u202e" not in html
    assert "&lt;script&gt;" in page(tmp_path / "site", "sources.html")
    assert QUOTED.split()[0] in parsed(page(tmp_path / "site", "definitions.html")).text
    csv = (tmp_path / "site" / "downloads" / "newest_figures.csv").read_text(encoding="utf-8-sig")
    assert csv.splitlines()[1].startswith("\"'=HYPERLINK")


def test_the_site_of_a_home_is_replaced_and_nothing_of_an_old_one_stays(
    published: Context, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    shutil.copytree(published.home.published_dir, home.published_dir)
    made = write_home_site(home)
    assert made.folder == home.reports / "site"
    note = json.loads((made.folder / NOTE).read_text())
    old = made.folder / "briefs" / "brief_NZL.html"  # of an edition that had figures of it
    old.write_text("old")
    (made.folder / NOTE).write_text(
        json.dumps(note | {"files": [*note["files"], "briefs/brief_NZL.html"]})
    )
    again = write_home_site(home)
    assert again == made
    assert not old.exists()
    assert [path.name for path in home.reports.iterdir()] == ["site"]


def test_an_edition_from_before_there_were_briefs_leaves_the_site_there_is(
    site: Path, published: Context, tmp_path: Path
) -> None:
    target = tmp_path / "site"
    shutil.copytree(site, target)
    file = own_file(published, tmp_path, "DROP SCHEMA brief CASCADE")
    with pytest.raises(EditionError, match="older than briefs"):
        write_site(file, target)
    assert page(target, "index.html") == page(site, "index.html")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[object, str, str]]:
    """Run the command line in this process; return exit code, output and errors."""

    def run(*arguments: object) -> tuple[object, str, str]:
        code: object = 0
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = ended.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_the_command_says_what_it_wrote_and_refuses_what_is_not_its_own(
    run: Callable[..., tuple[object, str, str]], published: Context, tmp_path: Path
) -> None:
    home = published.home.root
    code, out, _ = run("--home", home, "site", "--out", tmp_path / "site")
    assert code == 0
    lines = out.splitlines()
    assert lines[: len(PAGES)] == [f"{tmp_path / 'site' / one.file} written" for one in PAGES]
    assert [line.split(",")[0] for line in lines[len(PAGES) :]] == [
        f"{tmp_path / 'site' / 'briefs'}: 2 files",
        f"{tmp_path / 'site' / 'downloads'}: 11 files",
    ]
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "one.txt").write_text("dear")
    code, _, err = run("--home", home, "site", "--out", tmp_path / "letters")
    assert (code, "it is not replaced" in err) == (UsageError.exit_code, True)
    code, _, err = run("--home", home, "site", "--out", home / "reports" / "mine")
    assert code == UsageError.exit_code
    assert "never written to by this command" in err
