"""The sentence of a displacement: a range, with what stands in the way of a point."""

from __future__ import annotations

from collections.abc import Mapping

from fcm_migration.trends.policies.explanation import (
    TITLES,
    as_of,
    count,
    month,
    number,
    p_words,
    verdict,
)

EACH = {"M": "months", "Q": "quarters"}
COUNTED = {
    "identified": "series whose own rise is told from placebo dates",
    "possible": "all series that could receive",
}


def explain_displacement(row: Mapping[str, object], frequency: str) -> str:
    """Say what was lost, what appeared elsewhere, and how far that can be trusted.

    Args:
        row: of ``trend.displacement``, without ``explanation``.
        frequency: M or Q.
    """
    title = f"{TITLES[str(row['indicator'])]}, {row['destination_iso3']}"
    head = f"{row['policy_id']} ({row['policy_date']}), {title}, {row['unit']}"
    head += f", {row['periods_after']} {EACH[frequency]} after"
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
        f"the loss; both 80 % intervals together {share(row['displaced_lower_80'])} to "
        f"{share(row['displaced_upper_80'])}, 95 % {share(row['displaced_lower_95'])} to "
        f"{share(row['displaced_upper_95'])}.",
        f"The receiving series grew by {number(row['pretrend_pct']):+.1f} % a period before "
        f"(p {p_words(row['pretrend_p_value'])}).",
        *(
            ["More may have appeared than was lost: other causes are in it."]
            if exceeds(row)
            else []
        ),
        verdict(row),
        as_of(row),
    ]
    return " ".join(said)


def share(value: object) -> str:
    """A share of the loss; without a bound where paths without a loss leave none."""
    return "without bound" if value is None else f"{number(value):.2f}"


def exceeds(row: Mapping[str, object]) -> bool:
    """Whether the 80 % intervals reach beyond the whole loss."""
    upper = row["displaced_upper_80"]
    return upper is None or number(upper) > 1
