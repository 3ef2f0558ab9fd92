"""The benchmark's record: this engine against others, as ``benchmarks.forecast --out`` wrote it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fcm_migration.errors import UsageError
from fcm_migration.reports.skill.markdown import NONE, ratio, table

Record = Mapping[str, Any]
OURS, CALIBRATED, NAIVE = "published", "calibrated naive", "Naive"
PEERS = ("AutoETS", "AutoTheta")
TRIO = (*PEERS, "CES")
NEEDED = ("ratios", "coverage", "worse", "speed")
ABSENT = "No comparison has been recorded; `make bench-forecast` makes one."


def read_record(path: Path) -> Record | None:
    """The figures, or none where there is no file.

    Raises:
        UsageError: the file is not what the benchmark writes.
    """
    if not path.exists():
        return None
    try:
        record: Record = json.loads(path.read_text(encoding="utf-8"))
        missing = [name for name in NEEDED if name not in record]
    except (ValueError, TypeError) as error:
        raise UsageError(
            "the benchmark's record cannot be read", where=str(path), got=str(error)
        ) from error
    if missing:
        raise UsageError(
            "the benchmark's record lacks figures", where=str(path), got=f"missing: {missing}",
            remedy="write it with `python -m benchmarks.forecast --out`",
        )  # fmt: skip
    return record


def rivals(record: Record | None) -> list[str]:
    """The section's lines under its heading."""
    if record is None:
        return [ABSENT, ""]
    return [*_about(record), *_accuracy(record), *_speed(record)]


def _about(record: Record) -> Iterator[str]:
    code, day = record.get("code"), record.get("measured_date")
    yield (
        f"Measured {f'on {day}' if day else 'on a day not recorded'}, "
        f"{f'code at {code}' if code else 'code not recorded'}, Python {record.get('python')}, "
        f"StatsForecast {record.get('peers_version') or 'left out'}. Same series, origins and "
        "cores in one run (`python -m benchmarks.forecast`). The peers are fitted on log1p and not "
        "rounded; ours stand on the publisher's grid, as published. `calibrated naive` is ours, "
        "`Naive` is StatsForecast's with its own intervals. Series are those with a mean of at "
        "least 20 at the first origin."
    )
    yield ""
    if asked := record.get("asked"):
        heads = ("set", "source", "indicator", "frequency", "series", "origins", "as of")
        yield from table(
            heads,
            (
                (
                    one["set"], f"`{one['source_id']}`", one["indicator"], one["frequency"],
                    one["series"], f"{one['first_origin']} to {one['last_origin']}",
                    one["as_of_date"] or "simulated",
                )
                for one in asked
            ),
        )  # fmt: skip


def _said(row: Record | None) -> str:
    if row is None:
        return NONE
    ends = "" if row["low"] is None else f" ({ratio(row['low'])}-{ratio(row['high'])})"
    return ratio(row["ratio"]) + ends


def _accuracy(record: Record) -> Iterator[str]:
    yield (
        "WIS of `published` divided by that of others: geometric mean over series, 90 % bootstrap "
        "interval over series (none over a single one; months are shocks that all share, so the "
        "true uncertainty is wider). MAE alike, of the median. Over 1.10: series whose WIS is more "
        "than 1.10 times that of the better of AutoETS and AutoTheta, with 12 origins or more."
    )
    yield ""
    found: dict[tuple[str, int], dict[tuple[str, str], Record]] = {}
    for row in record["ratios"]:
        found.setdefault((row["set"], row["horizon"]), {})[row["score"], row["against"]] = row
    covers = {
        (row["set"], row["horizon"]): row for row in record["coverage"] if row["model"] == OURS
    }
    over = Counter((row["set"], row["horizon"]) for row in record["worse"])
    heads = (
        "set", "ahead", "series", "origins", "WIS / AutoETS", "WIS / AutoTheta",
        "WIS / calibrated naive", "MAE / Naive", "MAE / calibrated naive", "over 1.10",
        "coverage 50 80 95 %",
    )  # fmt: skip
    rows: list[Sequence[object]] = []
    for cell, by in found.items():
        one = next(iter(by.values()))
        asked = [("wis", name) for name in (*PEERS, CALIBRATED)]
        asked += [("ae", name) for name in (NAIVE, CALIBRATED)]
        rows.append(
            (
                *cell, one["series"] + one["left_out"], one["origins"],
                *(_said(by.get(key)) for key in asked),
                over[cell] if ("wis", PEERS[0]) in by else NONE, _covered(covers.get(cell)),
            )
        )  # fmt: skip
    yield from table(heads, rows)


def _covered(row: Record | None) -> str:
    if row is None:
        return NONE
    return " ".join(f"{100 * row[f'covered_{level}']:.0f}" for level in (50, 80, 95))


def _speed(record: Record) -> Iterator[str]:
    yield (
        "Cost: CPU milliseconds for a series and origin, all periods ahead, one process. `whole "
        "pool`: the engine given all series of the pool, for each of them. The trio is AutoETS, "
        "AutoTheta and CES together. Milliseconds depend on the machine, shares hardly."
    )
    yield ""
    rows = (
        (
            one["set"], one["horizon"], one["series"], f"{one['ours_ms']:.1f}",
            f"{one['pool_ms']:.1f} ({one['pool_series']} series)",
            f"{sum(one['peers_ms'][name] for name in TRIO):.1f}" if one["peers_ms"] else NONE,
            ratio(one["share"]),
        )
        for one in record["speed"]
    )  # fmt: skip
    heads = ("set", "periods ahead", "series", "ours", "ours, whole pool", "trio", "ours / trio")
    yield from table(heads, rows)
    exponent = record.get("cost_exponent")
    if exponent is not None:
        yield f"Cost grows with the number of series to the power {exponent:.2f}."
        yield ""
