"""The sentence of an effect: every figure with its unit, source, window and date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.trends.policies.events import shifted

Row = Mapping[str, object]
TITLES = {item.indicator: item.title for item in INDICATORS}
EACH = {"M": "a month", "Q": "a quarter"}


def explain_effect(row: Row, policy: str) -> str:
    """Say what followed a policy.

    Args:
        row: of ``trend.policy_effects``, without ``explanation``.
        policy: the measure, in words.
    """
    said = [f"{row['policy_date']}: {policy}", f"{series_words(row)}:"]
    if row["observed_mean"] is None:
        return " ".join([*said, f"not testable, {row['reasons']}.", as_of(row)])
    each, begin = EACH[str(row["frequency"])], row["effect_first_period"]
    before = shifted(begin, str(row["frequency"]), -1) if isinstance(begin, date) else None
    said.append(
        f"{count(row['observed_mean'])} {row['unit']} {each} from {month(begin)} to "
        f"{month(row['effect_last_period'])}, against {count(row['before_mean'])} {each} from "
        f"{month(row['before_first_period'])} to {month(before)}."
    )
    if row["control_factor"] is None:
        said.append(f"Expected, had nothing moved: {count(row['expected_mean'])};")
    else:
        moved = 100 * (number(row["control_factor"]) - 1)
        said.append(
            f"Over the same time {row['control_series']} other origins moved by {percent(moved)}, "
            f"which lets expect {count(row['expected_mean'])};"
        )
    said.append(f"the change is {percent(row['change_pct'])}")
    if row["p_value"] is None:
        said.append("and cannot be tested.")
    else:
        said.append(
            f"(95 % interval {percent(row['change_lower_pct'])} to "
            f"{percent(row['change_upper_pct'])}). As large a change, either way, on "
            f"{row['placebos_as_large']} of {row['placebos']} placebo dates of "
            f"{row['placebo_series']} series, {month(row['placebo_first_period'])} to "
            f"{month(row['placebo_last_period'])} (p {p_words(row['p_value'])})."
        )
    said.append(verdict(row))
    said.append(as_of(row))
    return " ".join(said)


def verdict(row: Row) -> str:
    """The verdict and what stands in its way."""
    reasons = f": {row['reasons']}" if row["reasons"] else ""
    return f"Verdict: {row['verdict']}{reasons}."


def as_of(row: Row) -> str:
    """Source and date of the figures."""
    return f"Source {row['source_id']}, as of {row['as_of_date']}."


def series_words(row: Row) -> str:
    """What a series counts, and of whom."""
    named = {"origin": row["origin_iso3"], "route": row["route"], "place": row["place"]}
    whole = ("all", "total")
    parts = [f"{name} {value}" for name, value in named.items() if value not in whole]
    title = TITLES[str(row["indicator"])]
    return ", ".join([f"{title}, {row['destination_iso3']}", *parts])


def number(value: object) -> float:
    """A figure of a row; TypeError where it is none."""
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"a number was expected, not {value!r}")


def count(value: object) -> str:
    """A count in whole units."""
    return f"{number(value):,.0f}"


def percent(value: object) -> str:
    """A change, with its sign."""
    return f"{number(value):+,.0f} %"


def p_words(value: object) -> str:
    """A p-value to three digits."""
    return "< 0.001" if number(value) < 0.0005 else f"= {number(value):.3f}"


def month(value: object) -> str:
    """Year and month of a period."""
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    raise TypeError(f"a date was expected, not {value!r}")
