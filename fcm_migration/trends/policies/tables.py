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
    "Number of periods after the policy that are averaged, beginning with the first whole one.",
    unit="periods",
    minimum=1,
)
EXPLANATION = Column(
    "explanation", "string", "The finding in words, with its figures, unit, source and dates."
)
REASONS = Column("reasons", "string", "What weakens the verdict, in words; empty if nothing does.")

POLICY_EFFECTS = Table(
    "trend",
    "policy_effects",
    "What followed each policy, compared with changes on dates without a known policy.",
    "policy, series and periods after",
    (
        POLICY_ID,
        *SERIES_COLUMNS,
        POLICY_DATE,
        Column("policy_role", "string", "treated: the policy is aimed at this series; receiving: "
               "people who no longer come by a treated series may appear in this one.",
               allowed=ROLES),
        EXPECTED_DIRECTION,
        PERIODS_AFTER,
        _period("before_first_period", "First of the averaged periods before the policy."),
        _period("effect_first_period", "First of the averaged periods after the policy: the first "
                "whole one, or the period in which the policy began if it began in the first "
                "seven days of it."),
        _period("effect_last_period", "Last of the periods after."),
        _mean("before_mean", "Mean of the averaged periods before the policy."),
        _mean("observed_mean", "Mean of the averaged periods after the policy."),
        Column("control_factor", "number", "Change of the other active origins between the same "
               "periods, as the geometric mean of their ratios; null if there is no other origin "
               "to compare with.",
               unit="ratio", nullable=True, minimum=0),
        Column("control_series", "integer", "Number of other origins in control_factor.",
               unit="series",
               nullable=True, minimum=0),
        _mean("expected_mean", "Mean expected after the policy: before_mean multiplied by "
              "control_factor, or before_mean itself if there is no control."),
        _change("change_pct", "Change against what was expected: (observed_mean + 1) / "
                "(expected_mean + 1) - 1, in percent."),
        _change("change_lower_pct", "Lower end of the 95% interval, which is as wide as the "
                "changes measured on placebo dates."),
        _change("change_upper_pct", "Upper end of the 95% interval."),
        Column("placebo_factor", "number", "Smallest change, as a factor up or down, that counts "
               "as an effect at the 5% level; smaller changes are common on placebo dates, too.",
               unit="ratio", nullable=True, minimum=1),
        Column("placebos", "integer", "Number of placebo dates compared with: pairs of a series "
               "of the same source and a date without a known policy.", unit="placebo dates",
               nullable=True, minimum=0),
        Column("placebos_as_large", "integer", "Number of placebo dates with a change at least as "
               "large, in either direction.",
               unit="placebo dates", nullable=True, minimum=0),
        Column("placebo_series", "integer", "Number of series that the placebo dates belong to. "
               "Windows of one series overlap, so the placebo dates carry less information than "
               "their number suggests.", unit="series", nullable=True, minimum=0),
        _period("placebo_first_period", "Earliest placebo date."),
        _period("placebo_last_period", "Latest placebo date."),
        _share("p_value", "Two-sided p-value: (placebos_as_large + 1) / (placebos + 1)."),
        Column("verdict", "string", "identified: p_value is at most .05 and the change has the "
               "expected direction; moved the other way: p_value is at most .05 and the change "
               "has the opposite direction; not identified: changes as large are common on "
               "placebo dates, or an earlier measure lies in the periods before; none expected: "
               "the series is a check and should show no change; not testable: there are no "
               "figures, or too few figures or placebo dates.", allowed=VERDICTS),
        REASONS,
        AS_OF,
        EXPLANATION,
    ),
    ("policy_id", "series_id", "periods_after"),
    caveats=(
        "A change that follows a policy need not be caused by it: other measures and events of "
        "the same months contribute. Those that are declared are named in reasons.",
        "Each row is tested by itself at the 5% level: of twenty rows without an effect, about "
        "one looks as if it had one.",
        "Figures of different units (persons, events, cases) are never compared.",
    ),
)  # fmt: skip

PLACEBOS = Table(
    "trend",
    "placebos",
    "How often each design finds an effect on dates without a known policy; 5% of them is the "
    "nominal rate.",
    "pool, design, periods after and era",
    (
        Column("pool", "string", "Source, indicator, destination, route (* for every series of "
               "the source) and frequency of the series tested."),
        Column("design", "string", "Method that is tested. trend.policy_effects uses the ratio; "
               "its limits are estimated from the half of the series that is not tested.",
               allowed=DESIGNS),
        PERIODS_AFTER,
        Column("era", "string", "Which placebo dates are tested: all, those of the last three "
               "years of the record, or those before.", allowed=ERAS),
        Column("tested", "integer", "Number of placebo dates tested.", unit="placebo dates",
               minimum=1),
        Column("tested_series", "integer", "Number of series that these dates belong to.",
               unit="series", minimum=1),
        _period("tested_first_period", "Earliest date tested."),
        _period("tested_last_period", "Latest date tested."),
        _share("false_positive_share", "Share of the tested dates on which an effect is found at "
               "the nominal level of 5%.",
               nullable=False),
        _share("false_positive_lower", "Lower end of its 95% interval (bootstrap over series).",
               nullable=False),
        _share("false_positive_upper", "Upper end of its 95% interval.", nullable=False),
    ),
    ("pool", "design", "periods_after", "era"),
    caveats=("Windows of one series overlap. Therefore the interval is computed by drawing whole "
    "series, not single dates.",),
)  # fmt: skip

DISPLACEMENT = Table(
    "trend",
    "displacement",
    "How much of the fall that followed a policy on one route appeared as a rise on others, as a "
    "range.",
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
        Column("counted", "string", "identified: only receiving series whose own rise is larger "
               "than is common on placebo dates; possible: every series that could receive.",
               allowed=COUNTED),
        Column("receivers", "string", "The series counted as receiving, separated by |; "
               "empty where there is none."),
        _period("fit_first_period", "First period used to estimate what would have happened "
                "without the policy."),
        _period("effect_first_period", "First of the periods after the policy: the first whole "
                "one."),
        _period("effect_last_period", "Last of the periods after."),
        _sum("treated_observed", "Sum of the treated series over the periods after the policy."),
        _sum("receiving_observed", "Sum of the receiving series over the periods after the "
             "policy."),
        _sum("loss_level", "Loss of the treated series: what their level before the policy would "
             "have given, less what was observed (median)."),
        _sum("loss_trend", "Loss of the treated series: what their trend before the policy would "
             "have given, less what was observed (median)."),
        _sum("gain_level", "Gain of the receiving series: what was observed, less what their "
             "level before the policy would have given (median)."),
        _sum("gain_trend", "Gain of the receiving series: what was observed, less what their "
             "trend before the policy would have given (median)."),
        _displaced("displaced_level", "Gain divided by loss, both against the level before the "
                   "policy (median)."),
        _displaced("displaced_trend", "Gain divided by loss, both against the trend before the "
                   "policy (median)."),
        _displaced("displaced_lower_80", "Lower end of the range that covers both 80% intervals, "
                   "by level and by trend."),
        _displaced("displaced_upper_80", "Upper end of the range that covers both 80% intervals, "
                   "by level and by trend."),
        _displaced("displaced_lower_95", "Lower end of the range that covers both 95% intervals, "
                   "by level and by trend."),
        _displaced("displaced_upper_95", "Upper end of the range that covers both 95% intervals, "
                   "by level and by trend."),
        _change("pretrend_pct", "Growth of the receiving series per period, before the policy."),
        _share("pretrend_p_value", "p-value of the hypothesis that there was no such growth "
               "(regression of the logarithm on time, errors robust to autocorrelation)."),
        Column("verdict", "string", "Whether displacement could be identified; reasons says what "
               "weakens the finding.", allowed=(IDENTIFIED, PARTLY, NOT_IDENTIFIED, NOT_TESTABLE)),
        REASONS,
        AS_OF,
        EXPLANATION,
    ),
    ("policy_id", "series_id", "periods_after", "counted"),
    caveats=(
        "The finding is a range: the two estimates of what would have happened without the policy "
        "differ, and neither can be observed.",
        "Nothing is published beyond six months, because other causes then outweigh the policy.",
        "That figures rose where others fell does not show that the same people moved.",
    ),
)  # fmt: skip

TABLES = (POLICY_EFFECTS, PLACEBOS, DISPLACEMENT)
