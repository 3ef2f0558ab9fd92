"""The sentence of a break: every figure with its unit, source and date."""

from __future__ import annotations

from collections.abc import Mapping


def explain_break(row: Mapping[str, object], frequency: str) -> str:
    """Return the sentence of a break.

    Args:
        row: of ``trend.breaks``, without ``explanation``.
        frequency: M or Q.
    """
    what = {"M": "month", "Q": "quarter"}[frequency]
    before, after, ratio = row["level_before"], row["level_after"], row["ratio"]
    times = "" if ratio is None else f", {ratio:.2f} times"
    close = {
        "definition": f"What is counted changes near this date ({row['break_ids']}), so "
        "this is no evidence of movement.",
        "known_event": f"On record near it: {row['break_ids']}, which need not be the cause.",
        "none_known": "Nothing is on record near it.",
    }[str(row["reading"])]
    compared = row["periods_compared"]
    still = f" Provisional: {compared} {what}s have followed." if row["is_provisional"] else ""
    return (
        f"From {row['period']}: {after:,.1f} {row['unit']} a {what} after {before:,.1f} a year "
        f"before{times}. Share of series without a break as extreme: {row['p_value']:.4f}. "
        f"{close}{still} Source {row['source_id']}, as of {row['as_of_date']}."
    )
