"""``fcm alerts`` on a simulated home of two releases: replay, judging, the page, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import click
import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.cli import cli, main
from fcm_migration.config import PROJECT_ROOT, Home
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import obtain
from fcm_migration.refresh.settling import settle_source
from fcm_migration.refresh.steps.alerts import past_releases
from fcm_migration.reports.skill import alert_page
from fcm_migration.reports.skill.alerts import SHOWN
from fcm_migration.studies.alerts.skill import _last_periods, replay_home
from fcm_migration.trends.alerts.tables import ALERTS
from tests import toy
from tests.forecast import simulated
from tests.making import inputs, make

Run = Callable[..., tuple[object, str, str]]
MONTHS, EARLIER, RISE = 60, 52, 50
LABELS = {"Aland": "ALA", "Borduria": "AFG", "Cordinia": "COD", "Dawsbergen": "DZA"}


def simulated_rows(months: int, *, revised: bool) -> list[tuple[str, str, str]]:
    """Four simulated origins near 40 a month; Aland at 400 from month RISE on.

    In the later release Borduria's last month of the earlier one is 400, in that itself 40.
    """
    rows = []
    for i, day in enumerate(simulated.months(months)):
        for n, origin in enumerate(LABELS):
            value = 36 + (5 * i + 3 * n) % 9
            if origin == "Aland" and i >= RISE:
                value *= 10
            if origin == "Borduria" and i == EARLIER - 1 and revised:
                value = 400
            rows.append((day.strftime("%Y-%m"), origin, str(value)))
    return rows


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("rising")
    context = Context(
        Home(folder / "home"),
        datetime(2026, 1, 1, tzinfo=UTC),
        (toy.TOY,),
        offline=True,
        reference_dir=toy.write_aliases(folder / "reference", LABELS),
        bundled_dir=folder / "none",
        workers=1,
    )
    last = simulated.months(MONTHS)[-1]
    for months, revised in ((EARLIER, False), (MONTHS, True)):
        day = f"{last.year + 1}-0{1 if not revised else 6}-15"
        rows = simulated_rows(months, revised=revised)
        toy.write_release(context.home.inbox / "toy", day, rows)
        obtain(context, toy.TOY)
    settle_source(context, toy.TOY)
    make(context, "harmonise")
    make(context, "panel")
    make(context, "alerts")
    return context


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Context) -> Run:
    """Run the command line in this process on the simulated home."""

    def run(*arguments: object) -> tuple[object, str, str]:
        code: object = 0
        try:
            main([str(argument) for argument in arguments], given=home)
        except SystemExit as ended:
            code = ended.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_both_releases_are_read(home: Context) -> None:
    alerts = inputs(home, "alerts")
    past = past_releases(alerts)
    assert [release.day.month for release in past["toy"]] == [1]
    held = past["toy"][0].panel.get_column("period_start").max()
    assert held == simulated.months(EARLIER)[-1]


def test_alerts_are_those_of_the_day(home: Context) -> None:
    made = store.read(home.home.table("trend", "alerts"), ALERTS)
    surges = made.filter((pl.col("direction") == "surge") & (pl.col("origin_iso3") == "ALA"))
    months = simulated.months(MONTHS)
    assert surges.get_column("period").min() in months[RISE : RISE + 2]
    # published at 40, and 400 only since the second release
    revised = made.filter(
        (pl.col("origin_iso3") == "AFG") & (pl.col("period") == months[EARLIER - 1])
    )
    assert revised.is_empty()
    first = surges.filter(pl.col("period") <= months[EARLIER - 1])
    assert first.get_column("is_lag_usual").all()
    late = surges.filter(pl.col("period") > months[EARLIER - 1])
    assert late.height > 0
    assert not late.get_column("is_lag_usual").any()
    assert set(late.get_column("public_from")) == {date(months[-1].year + 1, 6, 15)}


def test_replay_writes_a_stretch(run: Run, home: Context, tmp_path: Path) -> None:
    out = tmp_path / "alerts.parquet"
    months = simulated.months(MONTHS)
    first, last = f"{months[RISE]:%Y-%m}", f"{months[RISE + 3]:%Y-%m}"
    code, said, _ = run("alerts", "replay", "--from", first, "--to", last, "--out", out)
    assert code == 0
    rows = pl.read_parquet(out)
    assert f"{rows.height} alerts written" in said
    whole = store.read(home.home.table("trend", "alerts"), ALERTS)
    within = pl.col("period").is_between(months[RISE], months[RISE + 3])
    key = "alert_id"
    assert rows.sort(key).equals(whole.filter(within).sort(key))
    assert rows.height > 0


def test_evaluate_prints_and_writes(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "skill.json"
    months = simulated.months(MONTHS)
    stretch = ("--from", f"{months[24]:%Y-%m}", "--to", f"{months[-1]:%Y-%m}")
    code, said, _ = run("alerts", "evaluate", *stretch, "--no-baselines", "--out", out)
    assert code == 0
    made = json.loads(out.read_text())
    (own,) = made["sets"]
    assert own["set"] == "toy/asylum_claims/M/all"
    assert own["surges"] == 1
    alert = next(e for e in own["rules"] if (e["rule"], e["span"]) == ("ALERT", "all"))
    assert alert["figures"]["recall"][0] == 1.0
    assert "1.00" in said
    assert "chance" in said


def test_alerts_of_others_are_judged_the_same(run: Run, tmp_path: Path) -> None:
    months = simulated.months(MONTHS)
    given, out = tmp_path / "theirs.csv", tmp_path / "skill.json"
    series = "toy/asylum_claims/GBR/ALA/all/all/all/M"
    given.write_text(f"series_id,period,direction,tier\n{series},{months[20]},surge,strong\n")
    stretch = ("--from", f"{months[12]:%Y-%m}", "--to", f"{months[-1]:%Y-%m}")
    code, _, _ = run(
        "alerts", "evaluate", *stretch, "--no-baselines", "--alerts", given, "--out", out
    )  # fmt: skip
    assert code == 0
    (own,) = json.loads(out.read_text())["sets"]
    entry = next(e for e in own["rules"] if (e["rule"], e["span"]) == ("ALERT", "all"))
    assert entry["figures"]["recall"][0] == 0.0
    assert entry["figures"]["confirmed_precision"][0] == 0.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "2019-13", "--to", "2020-01"), "YYYY-MM"),
        (("--from", "2020-02", "--to", "2020-01"), "earlier month first"),
        (("--from", "2019-01", "--to", "2020-01", "--source", "none"), "no watched series"),
        (("--from", "2019-01", "--to", "2020-01", "--events", "none.csv"), "missing"),
        (("--from", "2019-01", "--to", "2020-01", "--alerts", "none.csv"), "cannot be read"),
    ],
)
def test_what_cannot_be_judged_is_2(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    out = tmp_path / "skill.json"
    code, _, errors = run("alerts", "evaluate", *arguments, "--no-baselines", "--out", out)
    assert code == 2
    assert said in errors
    assert not out.exists()


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("elsewhere,2020-01-01,surge,strong", "no alert of the file is of a watched series"),
        ("x,2020-01-01,up,strong", "unknown direction"),
        ("x,2020-01-01,surge,red", "unknown tier"),
    ],
)
def test_alerts_that_would_count_for_nothing_are_refused(
    run: Run, tmp_path: Path, row: str, said: str
) -> None:
    given = tmp_path / "theirs.csv"
    given.write_text(f"series_id,period,direction,tier\n{row}\n")
    code, _, errors = run(
        "alerts", "evaluate", "--from", "2019-01", "--to", "2020-01", "--alerts", given,
        "--no-baselines", "--out", tmp_path / "skill.json",
    )  # fmt: skip
    assert code == 2
    assert said in errors


def test_a_file_of_alerts_without_its_columns_is_refused(run: Run, tmp_path: Path) -> None:
    given = tmp_path / "theirs.csv"
    given.write_text("series_id,when\nx,2020-01-01\n")
    code, _, errors = run(
        "alerts", "evaluate", "--from", "2019-01", "--to", "2020-01", "--alerts", given,
        "--out", tmp_path / "skill.json",
    )  # fmt: skip
    assert code == 2
    assert "lacks columns" in errors


@pytest.mark.parametrize("name", ["replay", "evaluate", "skill"])
def test_help_has_an_example(run: Run, name: str) -> None:
    code, said, _ = run("alerts", name, "--help")
    assert code == 0
    assert f"fcm alerts {name} " in said
    group = cli.commands["alerts"]
    assert isinstance(group, click.Group)
    options = [p for p in group.commands[name].params if isinstance(p, click.Option)]
    assert all(option.help for option in options)


def test_the_page_is_made_of_its_record() -> None:
    """docs/alert_skill.md is what the record gives: nothing is typed by hand."""
    record = store.read_json(PROJECT_ROOT / "benchmarks" / "results" / "alerts.json")
    page = (PROJECT_ROOT / "docs" / "alert_skill.md").read_text(encoding="utf-8")
    assert page == alert_page(record)
    assert "chance" in page


def _entry(rule: str, recall: list[float]) -> dict[str, object]:
    names = ("surge_precision", "confirmed_precision", "false_per_100")
    others = {name: [0.5, 0.4, 0.6] for name, _ in SHOWN} | {
        name: [0.5, 0.4, 0.6] for name in names
    }
    return {
        "rule": rule, "span": "all", "counts": {"surges": 5.0},
        "figures": {**others, "recall": recall},
        "periods_to_peak": None, "periods_from_onset": None,
    }  # fmt: skip


def _stretch(era: str, headlined: float, own_chance: list[float]) -> dict[str, object]:
    rules = [
        _entry("ALERT", [0.9, 0.8, 1.0]), _entry("STRONG", [0.8, 0.7, 0.9]),
        _entry("ALERT, headlined", [headlined, 0.4, 0.7]), _entry("chance", [0.55, 0.45, 0.67]),
        _entry("chance, as many as headlined", own_chance),
    ]  # fmt: skip
    own = {
        "set": "us/all", "series": 9, "active_periods": 90, "surges": 5, "rules": rules,
        "ranking": [], "labelled": [], "missed": [], "false_alarms": [],
    }  # fmt: skip
    return {
        "words": f"Years {era}", "era": era, "first_period": f"{era}-01-01",
        "last_period": f"{era}-12-01", "surge_size": 500, "events_without_series": [],
        "sets": [own],
    }  # fmt: skip


def test_the_page_compares_both_periods_and_headlines_with_as_many_at_random() -> None:
    """Boom years alone flatter: when everything rises, so do most alerts at random."""
    record = store.read_json(PROJECT_ROOT / "benchmarks" / "results" / "alerts.json")
    both = [_stretch("surges", 0.58, [0.4, 0.3, 0.5]), _stretch("after", 0.2, [0.4, 0.3, 0.5])]
    text = alert_page({**record, "stretches": [{**both[0]}, {**both[1]}]})
    short = text.partition("## In short")[2].partition("\n## ")[0]
    assert "Headlined alerts alone found 58 % of the surges, all alerts 90 %." in short
    assert "would have found 40 %: headlines found more than chance explains." in short
    assert "at random, would have found 55 %, about as many as headlines alone." in short
    assert "would have found 40 %: headlines found no more than chance explains." in short
    assert short.count("| chance, as many as headlined | 0.40 [0.30, 0.50] |") == 2
    assert "## In short" not in alert_page({**record, "stretches": both[:1]})


def test_a_stretch_without_a_surge_says_so_and_shows_no_empty_curve() -> None:
    record = store.read_json(PROJECT_ROOT / "benchmarks" / "results" / "alerts.json")
    whole = next(s for s in record["stretches"] if s["sets"][0]["surges"])["sets"][0]
    stretch = _stretch("", 0.58, [0.4, 0.3, 0.5])
    pages = []
    for surges in (5, 0):
        own = {**stretch["sets"][0], "surges": surges, "ranking": whole["ranking"]}
        pages.append(alert_page({**record, "stretches": [{**stretch, "sets": [own]}]}))
    assert ["none began" in page for page in pages] == [False, True]
    assert ["| score of the alerts |" in page for page in pages] == [True, False]


def test_a_stretch_the_figures_do_not_reach_is_left_out(home: Context) -> None:
    ends = _last_periods(replay_home(home))
    assert set(ends) == {"toy"}
    assert ends["toy"] == simulated.months(MONTHS)[-1]


def test_a_home_without_earlier_releases_is_replayed(home: Context) -> None:
    assert replay_home(home).alerts.height > 0
