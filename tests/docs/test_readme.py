"""README and the page on the record state figures that the generated pages and the file hold."""

from __future__ import annotations

import re
import shlex
import subprocess

import polars as pl
import pytest

from fcm_migration.config import PROJECT_ROOT
from fcm_migration.publish.query import Connection

DOCS = PROJECT_ROOT / "docs"
README = (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
RECORD = (DOCS / "record.md").read_text(encoding="utf-8")
PUBLISHED_FILE = (DOCS / "published_file.md").read_text(encoding="utf-8")
ALERTS = (DOCS / "alert_skill.md").read_text(encoding="utf-8")
FORECASTS = (DOCS / "forecast_skill.md").read_text(encoding="utf-8")
# the headings of two pools on the page of the forecasts' skill
SOUTHWEST = "### `us_cbp_sbo/land_border_encounters/M`"
SMALL_BOATS = "### `uk_small_boats/small_boat_arrivals/M`"


def rows(text: str, start: str) -> list[list[str]]:
    """Return the cells of the first table after a text."""
    _, _, after = text.partition(start)
    lines = after.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("|"))
    table = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def percent(cell: str) -> int:
    """Return a share of a generated table in per cent: 91 of ``0.91 [0.83, 0.97]``."""
    return round(100 * float(cell.split()[0]))


def asked(page: str) -> list[tuple[str, list[str]]]:
    """Yield each ``fcm query`` of a page with the lines it is said to print."""
    found = re.findall(r'^    \$ (\S*fcm query "[^"]+")\n((?:    .+\n)+)', page, re.MULTILINE)
    return [(shlex.split(command)[-1], answer.splitlines()) for command, answer in found]


def test_the_alerts_of_both_periods_are_those_of_the_page() -> None:
    shown = rows(RECORD, "95 % intervals over")
    assert len(shown) > 4
    assert shown == rows(ALERTS, "## In short")


def test_the_forecasts_after_the_surges_are_those_of_the_page() -> None:
    known = {row[0]: row for row in rows(FORECASTS, SOUTHWEST)}
    shown = rows(RECORD, "How the forecasts did")[2:]
    assert len(shown) == 3
    for ahead, origins, wis, inside in shown:
        row = known[ahead]
        assert origins == row[3]
        assert wis.lstrip("0") == row[4].split()[0].lstrip("0")
        assert inside == f"{row[5].split()[1]} of 100"


def test_what_the_readme_says_of_good_and_bad_years_is_on_the_generated_pages() -> None:
    boats = {row[0]: row for row in rows(FORECASTS, SMALL_BOATS)}
    border = {row[0]: row for row in rows(FORECASTS, SOUTHWEST)}
    smaller = round(100 * (1 - float(boats["6"][4].split()[0])))
    larger = round(100 * (float(border["1"][4].split()[0]) - 1))
    during, after = {}, {}
    for period, alerts, *cells in rows(ALERTS, "## In short")[2:]:
        (during if period.startswith("2019-01 to 2023-03") else after)[alerts] = cells
    found, right = (percent(cell) for cell in (during["ALERT"][0], during["ALERT"][2]))
    later, hits = (percent(cell) for cell in (after["ALERT"][2], after["ALERT"][1]))
    assert percent(after["ALERT"][0]) == 100
    for said in (
        f"error {smaller}% smaller",
        f"error {larger}% larger",
        f"only {border['6'][5].split()[1]} of 100 figures",
        f"found {found}% of them",
        f"{right}% of the alerts proved right ({percent(during['chance'][2])}% at random)",
        f"{later}% of the alerts proved right ({percent(after['chance'][2])}% at random)",
        f"{hits}% found a surge ({percent(after['chance'][1])}% at random)",
        f"alone they found {percent(during['ALERT, headlined'][0])}% of the surges",
    ):
        assert said in " ".join(README.split()), said


@pytest.mark.slow
@pytest.mark.parametrize("page", [README, PUBLISHED_FILE], ids=["README", "published_file"])
def test_the_answers_a_page_shows_are_those_of_the_bundled_edition(
    bundled: Connection, page: str
) -> None:
    questions = asked(page)
    assert len(questions) >= 2
    for sql, (header, *lines) in questions:
        answer = bundled.sql(sql)
        assert answer.columns == header.split()
        texts = answer.select(pl.all().cast(pl.String)).rows()
        assert len(texts) == len(lines)
        for row, line in zip(texts, lines, strict=True):
            shown = "".join(line.split()).lower()
            assert shown == "".join("".join(row).split()).lower()


@pytest.mark.slow
def test_the_sentence_the_readme_traces_is_the_first_of_the_brief(bundled: Connection) -> None:
    (sentence,) = bundled.sql(
        "SELECT sentence FROM brief.sentences WHERE destination = 'Canada' ORDER BY place LIMIT 1"
    ).to_series()
    assert f'"{sentence}"' in " ".join(README.split())


def test_the_workbook_the_readme_traces_a_figure_to_is_that_of_the_bundled_edition() -> None:
    """The command is run as a reader would, in the checkout's folder."""
    (command, said) = re.findall(r"^    \$ (grep .+)\n((?:    .+\n)+)", README, re.MULTILINE)[0]
    ran = subprocess.run(  # noqa: S602 - our own text, with a wildcard
        command, shell=True, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    shown = [line.removeprefix("    ").strip() for line in said.splitlines()]
    assert shown == [line.strip() for line in ran.stdout.splitlines()]


def test_the_readme_can_be_read_in_three_minutes() -> None:
    assert len(README.split()) <= 900


@pytest.mark.parametrize(
    "name",
    ["README.md", "CONTRIBUTING.md"]
    + [str(p.relative_to(PROJECT_ROOT)) for p in sorted(DOCS.rglob("*.md"))],
)
def test_links_lead_to_files_of_the_project(name: str) -> None:
    page = PROJECT_ROOT / name
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        linked = page if not path else page.parent / path
        assert linked.exists(), target
        if anchor and linked.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {
                re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings
            }, target


def test_every_page_can_be_found_from_the_readme() -> None:
    linked, new = set(), {PROJECT_ROOT / "README.md"}
    while new:
        page = new.pop()
        linked.add(page)
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
            path = (page.parent / target).resolve()
            pages = path.rglob("*.md") if path.is_dir() else [path]
            new |= {p for p in pages if p.suffix == ".md" and p.is_file()} - linked
    assert set(DOCS.rglob("*.md")) <= linked
