"""Commands on alerts: recompute past ones from the releases of their time, and evaluate them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fcm_migration.cli.app import OutFile, cli, make_context, progress
from fcm_migration.config import Home
from fcm_migration.console import say
from fcm_migration.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table as Grid

SHOWN = (
    ("recall", "recall"),
    ("by_onset_and_one", "by T0+1"),
    ("two_before_peak", "2 before peak"),
    ("two_before_peak_published", "published"),
    ("recall_large", "large"),
    ("surge_precision", "surge prec."),
    ("confirmed_precision", "confirmed"),
    ("false_per_100", "false/100"),
    ("alerts_per_100", "alerts/100"),
)
FIRST = click.option("--from", "first", required=True, metavar="YYYY-MM", help="First month.")
LAST = click.option("--to", "last", required=True, metavar="YYYY-MM", help="Last month.")


@cli.group()
def alerts() -> None:
    """Emerging trends: replay alerts, and judge them beside chance and simple rules.

    \b
    Example:
      fcm alerts evaluate --from 2019-01 --to 2023-03 --source us_ohss_usbp --out skill.json
    """


@alerts.command()
@FIRST
@LAST
@click.option("--out", required=True, type=OutFile(), help="Parquet file.")
@click.pass_obj
def replay(home: Home, first: str, last: str, out: Path) -> None:
    """Write the alerts of a stretch as they are detected period by period.

    Each period is judged by itself and earlier ones alone, from the earliest release of it that
    this home holds. A refresh publishes the same alerts in trend.alerts.

    \b
    Example:
      fcm alerts replay --from 2019-01 --to 2023-03 --out alerts.parquet
    """
    from fcm_migration.studies.alerts.files import month
    from fcm_migration.studies.alerts.skill import replay_to

    with progress("alerts") as (_, report):
        context = make_context(home, report=report)
        rows = replay_to(context, month(first), month(last), out)
    say(f"{rows} alerts written to {out}")


@alerts.command()
@FIRST
@LAST
@click.option(
    "--events",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV of labelled events (default: data/reference/labelled_events.csv).",
)
@click.option(
    "--alerts",
    "given",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Alerts to judge instead (Parquet or CSV: series_id, period, direction, tier).",
)
@click.option("--source", "source_id", help="Only this source.")
@click.option(
    "--surge-size",
    type=click.FloatRange(1),
    default=500,
    show_default=True,
    help="Smallest sum of a surge's first year.",
)
@click.option(
    "--no-baselines", "--no-rivals", "no_baselines", is_flag=True, help="Leave the baselines out."
)
@click.option("--out", required=True, type=OutFile(), help="JSON file.")
@click.pass_obj
def evaluate(
    home: Home,
    first: str,
    last: str,
    events: Path | None,
    given: Path | None,
    source_id: str | None,
    surge_size: float,
    no_baselines: bool,
    out: Path,
) -> None:
    """Judge alerts by what was observed later: recall, lead, precision, false alarms, intervals.

    Surges are found by rule in every series; labelled events are judged apart. Beside the two
    tiers stand chance and the simple rules, all at the same size floor.

    \b
    Example:
      fcm alerts evaluate --from 2019-01 --to 2023-03 --source us_ohss_usbp --out skill.json
    """
    from fcm_migration.outfile import write_json
    from fcm_migration.studies.alerts.files import month
    from fcm_migration.studies.alerts.skill import evaluate_home

    with progress("judge") as (_, report):
        made = evaluate_home(
            make_context(home, report=report),
            month(first),
            month(last),
            events=events,
            alerts=given,
            source_id=source_id,
            size=surge_size,
            baselines=not no_baselines,
        )
    write_json(out, made)
    _show(made)
    say(f"written to {out}")


@alerts.command()
@click.option("--out", required=True, type=OutFile(), help="Markdown file.")
@click.option(
    "--record",
    type=OutFile(),
    help="JSON file with every figure (default: benchmarks/results/alerts.json).",
)
@click.option("--rewrite", is_flag=True, help="Write the page from the record as it is.")
@click.pass_obj
def skill(home: Home, out: Path, record: Path | None, rewrite: bool) -> None:
    """Judge the alerts over every stretch the home has figures of, and write the page on it.

    Takes some minutes: the simple rules are judged too, and rises of known size put into quiet
    series.

    \b
    Example:
      fcm alerts skill --out docs/alert_skill.md
    """
    from fcm_migration.config import SHIPPED, in_checkout, shipped
    from fcm_migration.outfile import write_json, write_text
    from fcm_migration.reports.skill import alert_page
    from fcm_migration.store import read_json
    from fcm_migration.studies.alerts.skill import skill_record

    if rewrite:
        path = record or shipped("records") / "alerts.json"
        if not path.is_file():
            raise UsageError("no record to write the page from", where=str(path))
    else:
        path = record or in_checkout(SHIPPED["records"], option="--record") / "alerts.json"
        with progress("judge") as (_, report):
            write_json(path, skill_record(make_context(home, report=report)))
        say(f"{path} written")
    write_text(out, alert_page(read_json(path)))
    say(f"{out} written")


def _show(made: dict[str, Any]) -> None:
    """Print a grid for each set of series."""
    from fcm_migration.console import console as new_console

    console = new_console(pipe_width=170)
    for own in made["sets"]:
        console.print(_grid(own))
    if made["events_without_series"]:
        say(f"events without a series here: {', '.join(made['events_without_series'])}")


def _grid(own: dict[str, Any]) -> Grid:
    from rich.table import Table as Grid

    title = (
        f"{own['set']}: {own['series']} series, {own['active_periods']:,} active periods, "
        f"{own['surges']} surges"
    )
    grid = Grid(title=title, title_justify="left")
    grid.add_column("rule")
    grid.add_column("span")
    for _, label in SHOWN:
        grid.add_column(label, justify="right")
    grid.add_column("area", justify="right")
    areas = {curve["rule"]: curve["area"][0] for curve in own["ranking"]}
    for entry in own["rules"]:
        figures = [_figure(entry["figures"][name]) for name, _ in SHOWN]
        area = areas.get(entry["rule"]) if entry["span"] == "all" else None
        grid.add_row(
            entry["rule"], entry["span"], *figures, "" if area is None else f"{area:.2f}"
        )  # fmt: skip
    return grid


def _figure(triple: list[float | None]) -> str:
    value, low, high = triple
    if value is None:
        return ""
    text = f"{value:.2f}"
    return text if low is None or high is None else f"{text} [{low:.2f},{high:.2f}]"
