"""Record of the benchmark against other engines, as ``benchmarks.forecast --out`` wrote it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fcm_migration.errors import UsageError

Record = Mapping[str, Any]
OURS, CALIBRATED, NAIVE = "published", "calibrated naive", "Naive"
PEERS = ("AutoETS", "AutoTheta")
TRIO = (*PEERS, "CES")
COMPARED = (
    *(("wis", name) for name in (*PEERS, CALIBRATED)),
    *(("ae", name) for name in (NAIVE, CALIBRATED)),
)
NEEDED = ("ratios", "coverage", "worse", "speed")


def read_record(path: Path) -> Record | None:
    """Return the figures, or None where there is no file.

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


def baselines(record: Record | None) -> dict[str, Any] | None:
    """Return the section's figures: what was compared, accuracy and cost; None without a record."""
    if record is None:
        return None
    return {
        "day": record.get("measured_date"),
        "code": record.get("code"),
        "python": str(record.get("python")),
        "peers_version": record.get("peers_version"),
        "asked": record.get("asked") or [],
        "accuracy": _accuracy(record),
        "speed": [
            {**one, "trio_ms": sum(one["peers_ms"][name] for name in TRIO)
             if one["peers_ms"] else None}
            for one in record["speed"]
        ],
        "cost_exponent": record.get("cost_exponent"),
    }  # fmt: skip


def _accuracy(record: Record) -> list[dict[str, Any]]:
    """Return a row for each set and period ahead, its ratios in the order of COMPARED."""
    found: dict[tuple[str, int], dict[tuple[str, str], Record]] = {}
    for row in record["ratios"]:
        found.setdefault((row["set"], row["horizon"]), {})[row["score"], row["against"]] = row
    coverage = {
        (row["set"], row["horizon"]): row for row in record["coverage"] if row["model"] == OURS
    }
    worse = Counter((row["set"], row["horizon"]) for row in record["worse"])
    made = []
    for (name, horizon), by in found.items():
        one = next(iter(by.values()))
        made.append(
            {
                "set": name,
                "horizon": horizon,
                "series": one["series"] + one["left_out"],
                "origins": one["origins"],
                "ratios": [by.get(key) for key in COMPARED],
                "worse": worse[name, horizon] if COMPARED[0] in by else None,
                "coverage": coverage.get((name, horizon)),
            }
        )
    return made
