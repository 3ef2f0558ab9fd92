"""The page on skill: every figure is in the tables it is made from, every picture is there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from jinja2 import UndefinedError

from fcm_migration.cli import main
from fcm_migration.config import BUNDLED_DIR, PROJECT_ROOT
from fcm_migration.errors import UsageError
from fcm_migration.forecast.coherence.tables import COHERENT
from fcm_migration.forecast.drivers import DRIVERS
from fcm_migration.forecast.nowcast.tables import NOWCAST_SCORES
from fcm_migration.forecast.tables import POOL_SCORES, UNFITTED_SCORES
from fcm_migration.publish.query import Connection
from fcm_migration.reports.skill import skill_page, write_skill
from fcm_migration.reports.skill.advice import advice, verdict
from fcm_migration.reports.skill.benchmark import baselines, read_record
from fcm_migration.reports.skill.facts import ROLLED, Facts, gathered
from fcm_migration.reports.skill.figures import ahead
from fcm_migration.reports.skill.rendering import render
from tests.skill_home import AS_OF, MONTHLY, SMALL, SPARSE, Scored, scored_home

PAGE = PROJECT_ROOT / "docs" / "forecast_skill.md"
LARGEST_PICTURE = 80_000  # bytes
ABSENT = "No comparison has been recorded; `make bench-forecast` makes one."
PICTURE = re.compile(r"!\[([^\]]+)\]\(([^)]+)\)")
FIGURE = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")
RECORD: dict[str, Any] = {
    "measured_date": "2024-06-14", "code": "abc1234", "python": "3.11.7", "peers_version": "2.1.1",
    "ratios": [
        {"set": "us", "horizon": 1, "score": score, "against": other, "ratio": ratio,
         "low": ratio - 0.05, "high": ratio + 0.05, "series": 28, "left_out": 1, "origins": 24}
        for score, other, ratio in (
            ("wis", "AutoETS", 0.876), ("wis", "AutoTheta", 0.902),
            ("wis", "calibrated naive", 0.951), ("ae", "Naive", 0.967),
            ("ae", "calibrated naive", 0.972),
        )
    ],
    "coverage": [
        {"set": "us", "horizon": 1, "model": model, "covered_50": 0.5 + shift,
         "covered_80": 0.8 + shift, "covered_95": 0.95 + shift}
        for model, shift in (("published", 0.011), ("AutoETS", -0.1))
    ],
    "worse": [{"set": "us", "horizon": 1, "series_id": "s", "origins": 24, "ratio": 1.2}],
    "speed": [
        {"set": "us", "series": 29, "horizon": 6, "ours_ms": 21.34, "pool_series": 136,
         "pool_ms": 7.77, "share": 0.0281,
         "peers_ms": {"AutoETS": 270.0, "AutoTheta": 50.0, "CES": 440.2, "Naive": 4.0}}
    ],
    "cost_exponent": 1.013,
}  # fmt: skip


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Scored:
    return scored_home(tmp_path_factory.mktemp("scored"))


@pytest.fixture(scope="module")
def facts(scored: Scored) -> Facts:
    with Connection(scored.published) as connection:
        return gathered(connection)


@pytest.fixture(scope="module")
def written(scored: Scored, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    record = folder / "record.json"
    record.write_text(json.dumps(RECORD))
    write_skill(scored.published, folder / "page.md", record=record)
    return folder / "page.md"


@pytest.fixture(scope="module")
def sections(written: Path) -> dict[str, str]:
    parts = written.read_text().split("\n## ")[1:]
    return dict(part.split("\n", 1) for part in parts)


def cells(text: str) -> Iterator[str]:
    """Every cell of every table but the heads and rules, names in backquotes left out."""
    lines = text.split("\n")
    for before, line, after in zip(["", *lines], lines, [*lines[1:], ""], strict=False):
        if line.startswith("| ") and not after.startswith("|---") and before:
            yield from re.sub(r"`[^`]*`", "", line).strip("| ").split(" | ")


def renderings(frames: dict[str, pl.DataFrame]) -> set[str]:
    """Every figure of the frames as the page may print it."""
    made: set[str] = set()
    for frame in frames.values():
        for column in frame.get_columns():
            for value in column.drop_nulls().unique():
                if isinstance(value, float):
                    made |= {f"{value:.2f}", f"{100 * value:.0f}", f"{value:,.0f}", f"{value:.3f}"}
                    made |= {f"{100 * value - nominal:+.1f}" for nominal in (50, 80, 95)}
                elif isinstance(value, int):
                    made.add(str(value))
                elif isinstance(value, date):
                    made |= set(FIGURE.findall(f"{value} {value:%Y-%m} {value:%Y}"))
    return made


def row_of(text: str, start: str, after: str = "") -> list[str]:
    """The cells of the first row that starts so, after a heading."""
    part = text.partition(after)[2] if after else text
    line = next(line for line in part.split("\n") if line.startswith(f"| {start}"))
    return line.strip("| ").split(" | ")


@pytest.mark.parametrize(
    ("origins", "wis", "held", "words"),
    [
        (24, 0.95, 0.75, "yes"),
        (24, 0.949, 0.74, "yes, but expect more misses than the interval says"),
        (24, 0.96, 0.80, "no better than the last figure repeated"),
        (24, 1.02, 0.60, "no better than the last figure repeated; expect more misses than the "
                         "interval says"),
        (24, 1.03, 0.80, "no: repeating the last figure did better"),
        (11, 0.50, 0.80, "not judged yet"),
        (None, 0.50, 0.80, "not judged yet"),
    ],
)  # fmt: skip
def test_whether_a_forecast_is_of_use(
    origins: int | None, wis: float, held: float, words: str
) -> None:
    row = {"origins": origins, "relative_wis_mean": wis, "coverage_80": held}
    assert verdict({**row, "frequency": "M"}) == words
    if origins == 11:
        assert verdict({**row, "frequency": "Q"}) == "yes"


def test_the_first_table_says_of_every_pool_and_horizon_whether_to_use_it(
    facts: Facts, sections: dict[str, str]
) -> None:
    text = sections["Should I use this forecast?"]
    rows = [line.strip("| ").split(" | ") for line in text.split("\n") if line.startswith("| `")]
    assert [(row[0], row[1]) for row in rows] == [
        (f"`{row['pool']}`", ahead(row["horizon"], row["frequency"]))
        for row in advice(facts)["rows"]
    ]
    assert {row[0] for row in rows} == {f"`{pool}`" for pool in (*facts.main, *facts.annual)}
    assert {row[2] for row in rows} == {row["verdict"] for row in advice(facts)["rows"]}


@pytest.mark.parametrize(
    "title",
    ["Should I use this forecast?", "By pool and period ahead", "Where it fails", "Nowcasts"],
)
def test_every_figure_of_a_table_is_in_the_tables_it_is_made_from(
    scored: Scored, sections: dict[str, str], title: str
) -> None:
    text = sections[title].partition("**Destinations.**")[0]  # that one is counted, see below
    found = {figure for cell in cells(text) for figure in FIGURE.findall(cell)}
    assert len(found) > 5
    assert found <= renderings(scored.frames)


def test_figures_of_other_tables_would_not_pass(sections: dict[str, str], tmp_path: Path) -> None:
    other = scored_home(tmp_path, seed=5)
    text = sections["By pool and period ahead"]
    found = {figure for cell in cells(text) for figure in FIGURE.findall(cell)}
    assert not found <= renderings(other.frames)


def test_a_row_says_what_its_pool_and_period_scored(
    scored: Scored, sections: dict[str, str]
) -> None:
    whole = scored.frames["pool_scores"].filter(pool=MONTHLY, horizon=4, window="all")
    own, season = (whole.row(by_predicate=pl.col("scored_model") == name, named=True)
                   for name in ("published", "seasonal_naive"))  # fmt: skip
    row = row_of(sections["By pool and period ahead"], "4 ", f"### `{MONTHLY}`")
    assert row[1:4] == ["2", str(own["targets"]), "2021-01 to 2021-09"]
    assert row[4].split()[0] == f"{own['relative_wis_mean']:.2f}"
    assert row[5].split()[1] == f"{100 * own['coverage_80']:.0f}"
    assert row[6].split()[2] == f"{season['relative_tail_mean']:.2f}"


def test_new_and_sparse_series_have_rows_of_their_own(
    scored: Scored, sections: dict[str, str]
) -> None:
    text = sections["By pool and period ahead"].partition("### New and sparse series")[2]
    for kind, word, far in (("too_short", "new", "1 year"), ("sparse", "sparse", "1 month")):
        own = scored.frames["unfitted_scores"].filter(series_class=kind, horizon=1)
        row = own.row(0, named=True)
        cells_of = row_of(text, f"`{row['pool']}` | persons | {word}")
        assert cells_of[3:6] == [far, str(row["series"]), str(row["targets"])]
        covered = [f"{100 * row[f'coverage_{level}']:.0f}" for level in (50, 80, 95)]
        assert cells_of[6].split() == covered
        assert cells_of[7] == f"{row['wis']:.2f}"


def test_calm_and_shock_targets_stand_apart(scored: Scored, sections: dict[str, str]) -> None:
    own = scored.frames["pool_scores"].filter(pool=MONTHLY, horizon=5, scored_model="published")
    calm, shock = (own.filter(window=name).row(0, named=True) for name in ("calm", "shock"))
    row = row_of(sections["By pool and period ahead"], "5 ", "calm targets")
    assert [row[1], row[4]] == [str(calm["targets"]), str(shock["targets"])]
    assert [row[2], row[5]] == [f"{one['relative_wis_mean']:.2f}" for one in (calm, shock)]


def test_units_publishers_and_dates_stand_by_the_figures(sections: dict[str, str]) -> None:
    text = sections["By pool and period ahead"]
    assert f"Publisher of toy_later, as of {AS_OF}; persons; 2 of 3 series" in text
    assert "Publisher of toy and Publisher of toy_earlier" in text  # a splice names its parts
    assert f"Publisher of toy_years, as of {AS_OF}." in text


def test_the_worst_series_are_dense_and_long_enough(
    scored: Scored, facts: Facts, sections: dict[str, str]
) -> None:
    kept = scored.frames["scores"].filter(
        pl.col("series_id") != SPARSE, pl.col("origins") >= 12, scored_model="published"
    )
    kept = kept.drop_nulls("relative_wis").sort("relative_wis", descending=True)
    assert facts.series["relative_wis"].to_list() == kept["relative_wis"].to_list()
    assert (SMALL, 2) not in set(facts.series.select("series_id", "horizon").iter_rows())
    first = kept.row(0, named=True)
    row = row_of(sections["Where it fails"], "`toy")
    assert row[0] == f"`{first['series_id']}`"
    assert row[1] == f"{first['horizon']} months"
    assert row[4] == f"{first['relative_wis']:.2f}"


def test_only_misses_beyond_the_bar_are_listed(scored: Scored, sections: dict[str, str]) -> None:
    own = scored.frames["pool_scores"].filter(
        pl.col("window") != "all", pl.col("targets") >= 20, scored_model="published"
    )
    missed = sum(
        abs(100 * row[f"coverage_{level}"] - level) > {"calm": 3, "shock": 7}[row["window"]]
        for row in own.iter_rows(named=True)
        for level in (50, 80, 95)
    )
    said = sections["Where it fails"].partition("**Intervals.** ")[2]
    assert said.startswith(f"{missed} of {3 * own.height} coverages")
    assert said.partition("**Destinations.**")[0].count("(+") + said.count("(-") == missed


def test_destinations_count_backtests_of_dense_series(sections: dict[str, str]) -> None:
    """Observed 50, 35, 68, 28 and 90 against 38-62, 30-70 and 27-73."""
    row = row_of(sections["Where it fails"], "GBR", "**Destinations.**")
    assert row == ["GBR", "months", "calm", "1", "5", "20 60 80"]


def test_shares_are_averaged_by_pool_and_period_ahead(sections: dict[str, str]) -> None:
    """Of two series with .1 and .4 of naive near, and naive alone from four periods on."""
    text = sections["What is published where"]
    assert "over all origins: 8." in text
    assert row_of(text, f"`{MONTHLY}` | 1")[2:6] == ["3", "2", "25", "75"]
    assert row_of(text, f"`{MONTHLY}` | 6")[2:6] == ["3", "2", "100", "0"]
    assert row_of(text, f"`{MONTHLY}` | 1")[-1] == "1"


def test_rolling_means_weigh_origins_by_their_series(scored: Scored, facts: Facts) -> None:
    near = scored.frames["origin_scores"].filter(pl.col("horizon") <= 3, pool=MONTHLY)
    last = near.sort("origin_date").tail(3 * ROLLED)
    weights = last["series"].to_numpy()
    logs = np.average(np.log(last["relative_wis_mean"].to_numpy()), weights=weights)
    inside = np.average(last["coverage_80"].to_numpy(), weights=weights)
    rolled = facts.origins.filter(pool=MONTHLY)
    assert rolled.height == 9 - ROLLED + 1
    assert rolled["relative_wis"].log()[-1] == pytest.approx(logs)
    assert rolled["coverage_80"][-1] == pytest.approx(inside)
    assert rolled["is_shock"].to_list() == [True, False, False, False]


def test_adding_up_says_the_widest_gap_and_what_moved(sections: dict[str, str]) -> None:
    """The whole is 104, parts and remainder 105; 8 of 200 moved."""
    assert row_of(sections["Adding up"], "`toy")[1:] == ["1", "3", "1", "4.0 %"]
    assert "was moved in" not in sections["Adding up"]


def test_a_hierarchy_torn_apart_is_named(facts: Facts) -> None:
    torn = facts.coherent.with_columns(pl.lit(0.4).alias("moved"))
    page = skill_page(replace(facts, coherent=torn), None, "pictures")
    assert f"More than 10 % was moved in `{MONTHLY}`" in page


def test_nowcasts_are_those_that_would_have_been_published(sections: dict[str, str]) -> None:
    rows = [line for line in sections["Nowcasts"].split("\n") if "small_boat" in line]
    assert ["published" in rows[0], "pro_rata" in rows[1]] == [True, True]
    assert len(rows) == 2


def test_drivers_say_how_many_could_be_judged(sections: dict[str, str]) -> None:
    assert (
        "1 driver, pool and horizon could be judged, 1 could not, 0 earned a place"
        in (sections["Drivers"])
    )
    assert row_of(sections["Drivers"], "conflict")[2:] == [
        "1", "17", "23", "0.983 (0.961-1.012)", "no",
    ]  # fmt: skip


def test_the_benchmarks_record_is_shown_with_its_day_and_code(sections: dict[str, str]) -> None:
    text = sections["Against other engines"]
    assert "Measured on 2024-06-14, code at abc1234, Python 3.11.7, StatsForecast 2.1.1." in text
    assert row_of(text, "us | 1 | 29") == [
        "us", "1", "29", "24", "0.88 (0.83-0.93)", "0.90 (0.85-0.95)", "0.95 (0.90-1.00)",
        "0.97 (0.92-1.02)", "0.97 (0.92-1.02)", "1", "51 81 96",
    ]  # fmt: skip
    assert row_of(text, "us | 6 | 29") == [
        "us", "6", "29", "21.3", "7.8 (136 series)", "760.2", "0.03",
    ]  # fmt: skip
    assert "to the power 1.01." in text


def test_without_a_record_the_page_says_so(tmp_path: Path) -> None:
    assert baselines(read_record(tmp_path / "none.json")) is None


@pytest.mark.parametrize("text", ["{", '{"ratios": []}', "[1]", "7"])
def test_a_file_that_is_no_record_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "record.json").write_text(text)
    with pytest.raises(UsageError, match="benchmark's record"):
        read_record(tmp_path / "record.json")


def test_every_picture_is_there_with_its_figures_in_words(written: Path, scored: Scored) -> None:
    pictures = PICTURE.findall(written.read_text())
    assert [Path(path).name for _, path in pictures] == ["skill_toy_asylum_claims_M.png"]
    words, path = pictures[0]
    png = (written.parent / path).read_bytes()
    assert png.startswith(b"\x89PNG")
    assert len(png) < LARGEST_PICTURE
    whole = scored.frames["pool_scores"].filter(
        pool=MONTHLY, window="all", scored_model="published", horizon=1
    )
    assert f"1 ahead {whole['relative_wis_mean'][0]:.2f} of naive's WIS" in words


def test_the_command_writes_page_and_pictures_twice_the_same(
    scored: Scored,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fcm_migration.reports.skill.RECORD", tmp_path / "none.json")
    home = scored.published.parents[1]
    page, folder = tmp_path / "page.md", tmp_path / "drawn"
    given = ["--home", str(home), "skill", "--out", str(page), "--pictures", str(folder)]
    seen = []
    for _ in range(2):
        main(given)
        seen.append([page.read_bytes(), *(path.read_bytes() for path in folder.iterdir())])
    assert f"{page} written" in capsys.readouterr().out
    assert seen[0] == seen[1]
    assert "](drawn/skill_toy" in page.read_text()
    assert ABSENT in page.read_text()


def test_an_edition_without_scores_is_refused(tmp_path: Path) -> None:
    bare = scored_home(tmp_path, leave_out=(POOL_SCORES,))
    with pytest.raises(UsageError, match="missing: pool_scores"):
        write_skill(bare.published, tmp_path / "page.md")


def test_what_an_edition_lacks_is_said(tmp_path: Path) -> None:
    bare = scored_home(tmp_path, leave_out=(NOWCAST_SCORES, COHERENT, DRIVERS, UNFITTED_SCORES))
    write_skill(bare.published, tmp_path / "page.md", record=tmp_path / "none.json")
    page = (tmp_path / "page.md").read_text()
    for words in (
        "no scored nowcasts", "no coherent forecasts", "tried no drivers",
        "no scores of new and sparse series",
    ):  # fmt: skip
        assert f"This edition has {words}." in page


def test_the_page_in_docs_names_its_edition_and_its_releases() -> None:
    """Mend with: fcm refresh --offline into an empty home, then fcm skill --out the page."""
    text = PAGE.read_text(encoding="utf-8")
    assert re.search(r"published edition `[0-9a-f]{12}` of \d+ \w+ \d{4};", text)
    said = re.findall(r"^### `(\w+)/\S+`\n\n.*, as of ([\d-]{10});", text, re.MULTILINE)
    bundled = {
        path.parent.parent.name: json.loads(path.read_text())["as_of"]
        for path in sorted(BUNDLED_DIR.glob("*/*/edition.json"))
    }
    assert len(said) >= 5
    assert [(one, day) for one, day in said if bundled.get(one, day) != day] == []


def test_the_pages_in_docs_has_its_pictures_and_links() -> None:
    text = PAGE.read_text(encoding="utf-8")
    pictures = PICTURE.findall(text)
    assert len(pictures) == text.count("\n### `")
    for words, path in pictures:
        assert len(words) > 100
        assert 0 < (PAGE.parent / path).stat().st_size < LARGEST_PICTURE
    links = re.findall(r"\]\((decisions/[^)]+)\)", text)
    assert links
    assert [link for link in links if not (PAGE.parent / link).exists()] == []


def test_a_figure_the_context_lacks_is_an_error(facts: Facts) -> None:
    with pytest.raises(UndefinedError, match="record"):
        render("baselines.md.j2")


def test_a_bar_in_a_name_does_not_end_its_cell(facts: Facts) -> None:
    named = facts.series.with_columns(pl.lit("a|b").alias("series_id"))
    page = skill_page(replace(facts, series=named), None, "pictures")
    assert "| `a/b` |" in page
    assert "a|b" not in page
