"""Constants of the rules of an alert, with where each comes from (docs/decisions/alerts.md)."""

from __future__ import annotations

from dataclasses import dataclass

# size bands of a month's mean, within which the dispersion of a source is estimated
BANDS = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
LEAST_PAIRS = 60  # periods of a band; below it the declared dispersion is used
ALPHA_FLOOR = 0.03
# dispersion by band, of US Border Patrol encounters by citizenship before 2012 (rounded to 10)
PRIOR_ALPHA = (0.03, 0.11, 0.20, 0.31, 0.11, 0.19, 0.18)
# deviance residual, and the share of quiet periods with at least as large a one; same figures
PRIOR_SURGES = (
    (-9.0, 1.0),
    (0.0, 0.45),
    (1.4, 0.10),
    (1.8, 0.05),
    (2.2, 0.025),
    (2.95, 0.01),
    (4.5, 0.001),
    (6.0, 0.0001),
)
# residual below zero by at least as much, and the share of quiet periods
PRIOR_DROPS = (
    (-9.0, 1.0),
    (0.0, 0.55),
    (1.0, 0.22),
    (1.8, 0.12),
    (2.2, 0.098),
    (2.95, 0.04),
    (3.9, 0.01),
    (4.7, 0.001),
    (6.0, 0.0001),
)
PRIOR_WEIGHT = 200  # quiet periods that the declared distribution counts for


@dataclass(frozen=True)
class Quiet:
    """A period is quiet where the year after it is like the year before it.

    Attributes:
        low, high: bounds of the mean of the year after over the mean of the year before.
        least: smallest mean of a month.
    """

    low: float
    high: float
    least: float


QUIET = Quiet(0.67, 1.5, 5.0)


@dataclass(frozen=True)
class Rules:
    """Thresholds of an alert; for drops every ratio is inverted.

    Attributes:
        growth: recent level over the year before it, beyond the season's own growth in each of the
            last ``seasons`` years.
        seasons: number of years of which the smallest growth at that time of year counts as the
            season's.
        season: figure over that of a year ago.
        quick, quick_discovery: a single figure this far above the year before is enough if its
            adjusted p-value is at most ``quick_discovery``.
        p_value: largest p-value of the lower tier.
        false_discovery: largest adjusted p-value of the upper tier.
        small, small_growth: below ``small`` a month the upper tier needs ``small_growth``.
        own, own_weak: growth over the common factor from which an alert is of kind own, or
            own_weak.
        common_factor: common factor, or growth of the total, from which a whole route moves.
        share, headlines: beside a common alert, growth of a series' share of the total from which
            its alert can be headlined, and how many are.
        new_sum: sum of the two years before the recent periods below which an origin is new.
    """

    growth: float = 2.0
    seasons: int = 3
    season: float = 1.25
    quick: float = 2.5
    quick_discovery: float = 0.05
    p_value: float = 0.05
    false_discovery: float = 0.10
    small: float = 60.0
    small_growth: float = 3.0
    own: float = 2.0
    own_weak: float = 1.5
    common_factor: float = 1.5
    share: float = 2.0
    headlines: int = 3
    new_sum: float = 120.0


@dataclass(frozen=True)
class BuildUp:
    """Rule for large series, per month: smallest level, growth, and share of it to be kept."""

    least: float = 3000.0
    growth: float = 1.75
    held: float = 0.9


@dataclass(frozen=True)
class CommonFactor:
    """Minimum size of series used for the common factor, and its shrinkage when they are few."""

    least: float = 10.0
    shrinkage: float = 8.0


RULES = Rules()
BUILD_UP = BuildUp()
COMMON_FACTOR = CommonFactor()
