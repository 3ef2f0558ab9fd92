"""The tables of policies: effects, false positives on placebo dates, and displacement.

The policies themselves are declared in ``meta.policy_events``.
"""

from __future__ import annotations

from fcm_migration.catalog.columns import (
    AS_OF,
    DESTINATION,
    INDICATOR,
    SERIES_COLUMNS,
    SERIES_ID,
    SOURCE_ID,
    UNIT,
)
from fcm_migration.catalog.model import Column, Table
from fcm_migration.marts.policies import EXPECTED_DIRECTION, POLICY_DATE, POLICY_ID

IDENTIFIED, NOT_IDENTIFIED, NOT_TESTABLE = "identified", "not identified", "not testable"
OTHER_WAY = "moved the other way"
NONE_FOUND, CHANGE_FOUND = "none expected, none found", "none expected, change found"
VERDICTS = (IDENTIFIED, NOT_IDENTIFIED, OTHER_WAY, NONE_FOUND, CHANGE_FOUND, NOT_TESTABLE)
PARTLY = "partly identified"
ROLES = ("treated", "receiving")
COUNTED = ("identified", "possible")
DESIGNS = ("ratio, placebos near the date", "ratio, placebos of the whole record")
ERAS = ("all", "last three years", "before")


def _mean(name: str, description: str) -> Column:
    return Column(name, "number", description, unit="see unit", nullable=True, minimum=0)


def _sum(name: str, description: str) -> Column:
    return Column(name, "number", description, unit="see unit", nullable=True)


def _change(name: str, description: str) -> Column:
    return Column(name, "number", description, unit="percent", nullable=True, minimum=-100)


def _period(name: str, description: str) -> Column:
    return Column(name, "date", description, nullable=True)


def _share(name: str, description: str, *, nullable: bool = True) -> Column:
    return Column(name, "number", description, nullable=nullable, minimum=0, maximum=1)


def _displaced(name: str, description: str) -> Column:
    return Column(name, "number", description, unit="share of the loss", nullable=True)


PERIODS_AFTER = Column(
    "periods_after",
    "integer",
    "Periods after the policy that are averaged, the first whole one included.",
    unit="periods",
    minimum=1,
)
EXPLANATION = Column(
    "explanation", "string", "The finding in words, with its figures, unit, source and dates."
)
REASONS = Column("reasons", "string", "Why the verdict is not better; empty where nothing is.")

POLICY_EFFECTS = Table(
    "trend",
    "policy_effects",
    "What followed each policy, against dates on which nothing happened.",
    "policy, series and periods after",
    (
        POLICY_ID,
        *SERIES_COLUMNS,
        POLICY_DATE,
        Column("policy_role", "string", "treated: named by the policy; receiving: where what is "
               "lost could appear.", allowed=ROLES),
        EXPECTED_DIRECTION,
        PERIODS_AFTER,
        _period("before_first_period", "First of the periods before that are averaged."),
        _period("effect_first_period", "First period after: the first whole one under the policy, "
                "or that of its date where it began in the first seven days."),
        _period("effect_last_period", "Last of the periods after."),
        _mean("before_mean", "Mean of a period before."),
        _mean("observed_mean", "Mean of a period after."),
        Column("control_factor", "number", "Change of the other active origins over the same "
               "periods (geometric mean); null where there is no control.",
               unit="ratio", nullable=True, minimum=0),
        Column("control_series", "integer", "Other origins in that mean.", unit="series",
               nullable=True, minimum=0),
        _mean("expected_mean", "Mean of a period after, had it moved as the control did; without "
              "a control, as before."),
        _change("change_pct", "Observed over expected, both plus 1, less 1."),
        _change("change_lower_pct", "Lower end of the 95 % interval: as wide as placebo dates "
                "move by themselves."),
        _change("change_upper_pct", "Upper end of the 95 % interval."),
        Column("placebo_factor", "number", "Factor, up or down, that a change must exceed to be "
               "told from placebo dates at 5 %.", unit="ratio", nullable=True, minimum=1),
        Column("placebos", "integer", "Placebo dates: pairs of a series of the same source and a "
               "date without a known policy.", unit="placebo dates", nullable=True, minimum=0),
        Column("placebos_as_large", "integer", "Of them, changes at least as large, either way.",
               unit="placebo dates", nullable=True, minimum=0),
        Column("placebo_series", "integer", "Series they come from; their windows overlap, so they "
               "are fewer than they look.", unit="series", nullable=True, minimum=0),
        _period("placebo_first_period", "First placebo date."),
        _period("placebo_last_period", "Last placebo date."),
        _share("p_value", "(placebos_as_large + 1) / (placebos + 1); two-sided."),
        Column("verdict", "string", "identified: p at most .05 in the expected direction; moved "
               "the other way: so, but against it; not identified: not told from placebo dates, or "
               "an earlier measure lies in the periods before; none expected: a check; not "
               "testable: no figures, too few, or too few placebo dates.", allowed=VERDICTS),
        REASONS,
        AS_OF,
        EXPLANATION,
    ),
    ("policy_id", "series_id", "periods_after"),
    caveats=(
        "What followed is not what was caused: other measures and events of the same months are "
        "in it; those declared are named in reasons.",
        "Each row is tested alone at 5 %: of twenty without an effect one looks like one.",
        "Figures of different units (persons, events, cases) are never compared.",
    ),
)  # fmt: skip

PLACEBOS = Table(
    "trend",
    "placebos",
    "How often each design finds an effect on dates on which nothing happened; 5 % is promised.",
    "pool, design, periods after and era",
    (
        Column("pool", "string", "Source, indicator, destination, route (* is every series of the "
               "source) and frequency."),
        Column("design", "string", "The ratio is used for trend.policy_effects, its limits from "
               "the half of the series that is not tested.", allowed=DESIGNS),
        PERIODS_AFTER,
        Column("era", "string", "Which of the placebo dates: all, those of the last three years "
               "of the record, those before.", allowed=ERAS),
        Column("tested", "integer", "Placebo dates tested.", unit="placebo dates", minimum=1),
        Column("tested_series", "integer", "Series they come from.", unit="series", minimum=1),
        _period("tested_first_period", "First of the dates."),
        _period("tested_last_period", "Last of the dates."),
        _share("false_positive_share", "Share of them called an effect at nominal 5 %.",
               nullable=False),
        _share("false_positive_lower", "Lower end of its 95 % interval (bootstrap over series).",
               nullable=False),
        _share("false_positive_upper", "Upper end of its 95 % interval.", nullable=False),
    ),
    ("pool", "design", "periods_after", "era"),
    caveats=("Windows of a series overlap: the interval draws whole series, not dates.",),
)  # fmt: skip

DISPLACEMENT = Table(
    "trend",
    "displacement",
    "Whether what a policy took from one route appeared on others, as a range.",
    "policy, series, periods after and what is counted",
    (
        POLICY_ID,
        SERIES_ID,
        SOURCE_ID,
        INDICATOR,
        UNIT,
        DESTINATION,
        POLICY_DATE,
        PERIODS_AFTER,
        Column("counted", "string", "identified: series whose own rise is told from placebo dates; "
               "possible: all that could receive.", allowed=COUNTED),
        Column("receivers", "string", "The series counted as receiving, separated by |; "
               "empty where there is none."),
        _period("fit_first_period", "First period the counterfactuals are fitted on."),
        _period("effect_first_period", "First whole period under the policy."),
        _period("effect_last_period", "Last of the periods after."),
        _sum("treated_observed", "Sum of the periods after, treated series."),
        _sum("receiving_observed", "Sum of the periods after, receiving series."),
        _sum("loss_level", "Treated: expected at the level before, less observed (median)."),
        _sum("loss_trend", "Treated: expected on the trend before, less observed (median)."),
        _sum("gain_level", "Receiving: observed less expected at the level before (median)."),
        _sum("gain_trend", "Receiving: observed less expected on the trend before (median)."),
        _displaced("displaced_level", "Gain over loss at the level before (median)."),
        _displaced("displaced_trend", "Gain over loss on the trend before (median)."),
        _displaced("displaced_lower_80", "Lower end of both 80 % intervals together."),
        _displaced("displaced_upper_80", "Upper end of both 80 % intervals together."),
        _displaced("displaced_lower_95", "Lower end of both 95 % intervals together."),
        _displaced("displaced_upper_95", "Upper end of both 95 % intervals together."),
        _change("pretrend_pct", "Growth of the receiving series a period before the policy."),
        _share("pretrend_p_value", "p of no such growth (regression of the logarithm on time, "
               "errors robust to autocorrelation)."),
        Column("verdict", "string", "identified; partly identified: see reasons; not identified; "
               "not testable.", allowed=(IDENTIFIED, PARTLY, NOT_IDENTIFIED, NOT_TESTABLE)),
        REASONS,
        AS_OF,
        EXPLANATION,
    ),
    ("policy_id", "series_id", "periods_after", "counted"),
    caveats=(
        "A range, not a point: the two counterfactuals differ, and neither was observed.",
        "Beyond six months other causes outgrow the policy and nothing is published.",
        "That figures rose where others fell does not show that the same people moved.",
    ),
)  # fmt: skip

TABLES = (POLICY_EFFECTS, PLACEBOS, DISPLACEMENT)
