"""What the forecasts' benchmark measured, as tables for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.table import Table

from benchmarks.forecast_outcome import Outcome
from benchmarks.forecast_scores import Ratio

MEGA = 1e6


def tables(outcome: Outcome) -> Iterator[Table]:
    """What was judged, accuracy, coverage, speed and growth."""
    yield _asked(outcome)
    yield _ratios(outcome, "wis", "weighted interval score: ours / theirs")
    yield _ratios(outcome, "ae", "absolute error of the median: ours / theirs")
    yield _coverage(outcome)
    yield _speed(outcome)
    yield _growth(outcome)


def _asked(outcome: Outcome) -> Table:
    heads = ("set", "source", "indicator", "frequency", "series", "first origin", "last origin")
    table = Table(*heads, "as of")
    for row in outcome.asked:
        table.add_row(
            row.set,
            row.source_id,
            row.indicator,
            row.frequency,
            str(row.series),
            row.first_origin,
            row.last_origin,
            row.as_of_date or "simulated",
        )
    return table


def _ratios(outcome: Outcome, score: str, title: str) -> Table:
    rows = [row for row in outcome.ratios if row.score == score]
    rivals = list(dict.fromkeys(row.against for row in rows))
    cells: dict[tuple[str, int], dict[str, Ratio]] = {}
    for row in rows:
        cells.setdefault((row.set, row.horizon), {})[row.against] = row
    counted = Counter((row.set, row.horizon) for row in outcome.worse)
    last = ["over 1.10"] if score == "wis" and outcome.peers_version else []
    note = "geometric mean over series, 90 % bootstrap interval over series; below 1 is better"
    if last:
        note += "; over 1.10: series beaten by the better of AutoETS and AutoTheta"
    table = Table("set", "h", "series", "origins", title=title, caption=note)
    for head in (*rivals, *last):
        table.add_column(head, no_wrap=True)
    for (name, horizon), by_rival in cells.items():
        one = next(iter(by_rival.values()))
        table.add_row(
            name,
            str(horizon),
            str(one.series + one.left_out),
            str(one.origins),
            *(_said(by_rival[rival]) for rival in rivals),
            *(str(counted[name, horizon]) for _ in last),
        )
    return table


def _said(row: Ratio) -> str:
    ends = "" if row.low is None else f" ({row.low:.2f}-{row.high:.2f})"
    return f"{row.ratio:.3f}{ends}"


def _coverage(outcome: Outcome) -> Table:
    rows = outcome.coverage
    models = list(dict.fromkeys(row.model for row in rows))
    title = "per cent of targets inside the 50, 80 and 95 % intervals"
    table = Table("set", "h", "cells", title=title)
    for head in models:
        table.add_column(head, no_wrap=True)
    for name, horizon in dict.fromkeys((row.set, row.horizon) for row in rows):
        here = {row.model: row for row in rows if (row.set, row.horizon) == (name, horizon)}
        shares = (
            " ".join(
                f"{100 * share:.1f}"
                for share in (here[one].covered_50, here[one].covered_80, here[one].covered_95)
            )
            for one in models
        )
        table.add_row(name, str(horizon), str(next(iter(here.values())).cells), *shares)
    return table


def _speed(outcome: Outcome) -> Table:
    peers = list(dict.fromkeys(name for row in outcome.speed for name in row.peers_ms))
    title = f"CPU ms per series-origin, one process (StatsForecast {outcome.peers_version})"
    heads = ("set", "series", "horizons", "ours", "ours, whole pool", *peers, "ours / trio")
    note = "trio: AutoETS, AutoTheta and CES together; milliseconds depend on the machine"
    table = Table(*heads, title=title, caption=note)
    for row in outcome.speed:
        table.add_row(
            row.set,
            str(row.series),
            str(row.horizon),
            f"{row.ours_ms:.1f}",
            f"{row.pool_ms:.1f} ({row.pool_series} series)",
            *(f"{row.peers_ms[name]:.1f}" if name in row.peers_ms else "" for name in peers),
            "" if row.share is None else f"{row.share:.2f}",
        )
    return table


def _growth(outcome: Outcome) -> Table:
    title = "the engine on simulated copies of the first set (every count times exp(N(0, 0.1)))"
    note = (
        f"cost grows with the number of series to the power {outcome.cost_exponent:.2f}; "
        f"{outcome.bytes_per_byte:.1f} bytes of peak memory for a byte of panel and result"
    )
    heads = ("set", "copies", "series", "CPU s", "ms / series-origin")
    memory = ("panel MB", "result MB", "MB before", "peak MB")
    table = Table(*heads, *memory, title=title, caption=note)
    for row in outcome.growth:
        sizes = (row.panel_bytes, row.result_bytes, row.bytes_before, row.bytes_peak)
        table.add_row(
            row.set,
            str(row.copies),
            str(row.series),
            f"{row.seconds:.2f}",
            f"{row.ms_per_series_origin:.1f}",
            *(f"{size / MEGA:.1f}" for size in sizes),
        )
    return table
