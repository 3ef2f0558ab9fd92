"""The sentences of an effect and of a displacement: every figure with unit, source and dates."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.trends.policies.events import shifted

Row = Mapping[str, object]
TITLES = {item.indicator: item.title for item in INDICATORS}
EACH = {"M": "a month", "Q": "a quarter"}
PERIODS = {"M": "months", "Q": "quarters"}
COUNTED = {
    "identified": "series whose own rise is larger than on placebo dates",
    "possible": "all series that could receive",
}


def explain_effect(row: Row, policy: str) -> str:
    """Return the sentence on what followed a policy.

    Args:
        row: of ``trend.policy_effects``, without ``explanation``.
        policy: what the measure is.
    """
    said = [f"{row['policy_date']}: {policy}", f"{series_title(row)}:"]
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
        said.append(f"Had the level stayed, about {count(row['expected_mean'])} would be expected;")
    else:
        moved = 100 * (number(row["control_factor"]) - 1)
        said.append(
            f"Over the same time {row['control_series']} other origins moved by {percent(moved)}, "
            f"so about {count(row['expected_mean'])} would be expected;"
        )
    said.append(f"the change is {percent(row['change_pct'])}")
    if row["p_value"] is None:
        said.append("and cannot be tested.")
    else:
        said.append(
            f"(95% interval {percent(row['change_lower_pct'])} to "
            f"{percent(row['change_upper_pct'])}). A change as large, up or down, on "
            f"{row['placebos_as_large']} of {row['placebos']} placebo dates of "
            f"{row['placebo_series']} series, {month(row['placebo_first_period'])} to "
            f"{month(row['placebo_last_period'])} (p {p_value_text(row['p_value'])})."
        )
    said.append(verdict(row))
    said.append(as_of(row))
    return " ".join(said)


def explain_displacement(row: Row, frequency: str) -> str:
    """Return the sentence on what was lost, what appeared elsewhere, and how certain that is.

    Args:
        row: of ``trend.displacement``, without ``explanation``.
        frequency: M or Q.
    """
    title = f"{TITLES[str(row['indicator'])]}, {row['destination_iso3']}"
    head = f"{row['policy_id']} ({row['policy_date']}), {title}, {row['unit']}"
    head += f", {row['periods_after']} {PERIODS[frequency]} after"
    if row["treated_observed"] is None:
        return f"{head}: {row['verdict']}, {row['reasons']}. {as_of(row)}"
    loss = " to ".join(count(row[f"loss_{model}"]) for model in ("level", "trend"))
    gain = " to ".join(count(row[f"gain_{model}"]) for model in ("level", "trend"))
    span = f"{month(row['effect_first_period'])} to {month(row['effect_last_period'])}"
    said = [
        f"{head}, {span}: {row['series_id']} {count(row['treated_observed'])}, a loss of {loss} "
        f"(at the level before, on the trend before; fitted from {month(row['fit_first_period'])});"
        f" {str(row['receivers']).replace('|', ' and ')} "
        f"{count(row['receiving_observed'])}, a gain of {gain}.",
        f"Counting {COUNTED[str(row['counted'])]}, the gain is "
        f"{share(row['displaced_level'])} (level) and {share(row['displaced_trend'])} (trend) of "
        f"the loss; both 80% intervals together {share(row['displaced_lower_80'])} to "
        f"{share(row['displaced_upper_80'])}, 95% {share(row['displaced_lower_95'])} to "
        f"{share(row['displaced_upper_95'])}.",
        f"The receiving series grew by {number(row['pretrend_pct']):+.1f}% a period before "
        f"(p {p_value_text(row['pretrend_p_value'])}).",
        *(
            ["More may have appeared than was lost, so there must be other causes."]
            if exceeds(row)
            else []
        ),
        verdict(row),
        as_of(row),
    ]
    return " ".join(said)


def share(value: object) -> str:
    """Return a share of the loss as text; "without bound" where the interval has no end."""
    return "without bound" if value is None else f"{number(value):.2f}"


def exceeds(row: Row) -> bool:
    """Return whether the 80% intervals reach beyond the whole loss."""
    upper = row["displaced_upper_80"]
    return upper is None or number(upper) > 1


def verdict(row: Row) -> str:
    """Return the verdict with its reasons."""
    reasons = f": {row['reasons']}" if row["reasons"] else ""
    return f"Verdict: {row['verdict']}{reasons}."


def as_of(row: Row) -> str:
    """Return source and date of the figures."""
    return f"Source {row['source_id']}, as of {row['as_of_date']}."


def series_title(row: Row) -> str:
    """Return what a series counts, and whom."""
    named = {"origin": row["origin_iso3"], "route": row["route"], "place": row["place"]}
    whole = ("all", "total")
    parts = [f"{name} {value}" for name, value in named.items() if value not in whole]
    title = TITLES[str(row["indicator"])]
    return ", ".join([f"{title}, {row['destination_iso3']}", *parts])


def number(value: object) -> float:
    """Return a figure of a row as float; TypeError if it is no number."""
    if isinstance(value, int | float):
        return float(value)
    raise TypeError(f"a number was expected, not {value!r}")


def count(value: object) -> str:
    """Return a count in whole units."""
    return f"{number(value):,.0f}"


def percent(value: object) -> str:
    """Return a change in percent, with its sign."""
    return f"{number(value):+,.0f}%"


def p_value_text(value: object) -> str:
    """Return a p-value with three digits."""
    return "< 0.001" if number(value) < 0.0005 else f"= {number(value):.3f}"


def month(value: object) -> str:
    """Return year and month of a period."""
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    raise TypeError(f"a date was expected, not {value!r}")
