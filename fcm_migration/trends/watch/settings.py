"""The constants of the alerts, with where each comes from (docs/decisions/alerts.md)."""

from __future__ import annotations

from dataclasses import dataclass

# What is watched: people arriving, met at a border, or claiming protection. Decisions, stocks,
# boats and deaths are read beside them.
WATCHED = (
    "border_encounters",
    "land_border_encounters",
    "nationwide_encounters",
    "small_boat_arrivals",
    "irregular_arrivals",
    "irregular_maritime_arrivals",
    "asylum_claims",
    "claims_referred",
    "protection_applications",
    "asylum_applications_monthly",
    "asylum_applications_new",
    "asylum_applicants_first_time",
    "eu_border_detections",
    "transit_entries",
)


# mean of a month in the year before from which a row left out is unknown, not zero: hundreds do not
# become none by leaving out a row, a handful does
ABSENT_IS_ZERO = 10.0
ACTIVE_SUM = 50  # of two years: fewer are not tested
# size bands of a month's mean, within which the dispersion of a source is estimated
BANDS = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
LEAST_PAIRS = 60  # of a band; under it the declared dispersion stands in
ALPHA_FLOOR = 0.03
# dispersion by band, of US Border Patrol encounters by citizenship before 2012 (rounded to 10)
PRIOR_ALPHA = (0.03, 0.11, 0.20, 0.31, 0.11, 0.19, 0.18)
# surprise, and the share of quiet periods at least as surprising; the same figures before 2012
PRIOR_NULL = (
    (-9.0, 1.0),
    (0.0, 0.45),
    (1.4, 0.10),
    (1.8, 0.05),
    (2.2, 0.025),
    (2.95, 0.01),
    (4.5, 0.001),
    (6.0, 0.0001),
)
# how many quiet periods are at least that far below what was expected
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
PRIOR_WEIGHT = 200  # quiet periods for which the declared ones count


@dataclass(frozen=True)
class Quiet:
    """A period is quiet where the year after it is like the year before it.

    Attributes:
        low, high: mean of the year after over the mean of the year before.
        least: smallest mean of a month.
    """

    low: float
    high: float
    least: float


QUIET = Quiet(0.67, 1.5, 5.0)


@dataclass(frozen=True)
class Rules:
    """What an alert needs; for drops the inverse of every ratio.

    Attributes:
        growth: recent level over the year before it, beyond what the season did in each of the
            last ``seasons`` years.
        seasons: years of which the least growth at that time of year counts as the season's.
        season: figure over that of a year ago.
        quick, quick_discovery: a figure alone this far above the year before it is enough if its
            adjusted p-value is that small.
        p_value: largest share of quiet periods as surprising, for the lower tier.
        false_discovery: largest adjusted p-value, for the upper tier.
        small, small_growth: under this many a month the upper tier needs that growth.
        own, own_weak: growth beyond the tide from which an alert is its own, or weakly so.
        tide: common factor, or growth of the total, from which the whole route moves.
        share, headlines: beside a common alert, growth of a series' share of the total from which
            its alert is headlined, and how many are.
        new_sum: sum of the two years before the recent periods under which an origin is new.
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
    tide: float = 1.5
    share: float = 2.0
    headlines: int = 3
    new_sum: float = 120.0


@dataclass(frozen=True)
class BuildUp:
    """The rule for large series, per month: level, growth, and how much of it must be held."""

    least: float = 3000.0
    growth: float = 1.75
    held: float = 0.9


@dataclass(frozen=True)
class Common:
    """Which series tell the tide, and how few of them are trusted."""

    least: float = 10.0
    shrinkage: float = 8.0


@dataclass(frozen=True)
class SurgeRule:
    """What a surge is afterwards: growth of a year, its sum, and the smallest base of a month."""

    growth: float = 3.0
    size: float = 500.0
    base: float = 10.0


@dataclass(frozen=True)
class Window:
    """Months around an onset in which an episode must open to have found the surge."""

    before: int = 6
    after: int = 3


@dataclass(frozen=True)
class Confirmed:
    """Growth of the half-year after an alert over the year before it, and its smallest sum."""

    growth: float = 1.5
    size: float = 60.0


WINDOW = Window()
CONFIRMED = Confirmed()


@dataclass(frozen=True)
class Score:
    """Points of the parts of the score, and what earns all of a part's points."""

    points_surprise: float = 40.0
    points_growth: float = 30.0
    points_persistence: float = 20.0
    points_own: float = 10.0
    surprise: float = 6.0
    growth: float = 3.0
    lasting: float = 1.8


@dataclass(frozen=True)
class Precedent:
    """How alike two episodes are: one unit of distance in each feature; how many are shown.

    Attributes:
        growth: doublings of growth, and of growth beyond the tide.
        level: doublings of the level before.
        surprise: points of the score's part.
        days_before: days an episode must have opened earlier, so that its outcome was known.
        shown: episodes shown for each alert.
    """

    growth: float = 1.0
    level: float = 2.0
    surprise: float = 10.0
    days_before: int = 365
    shown: int = 3


@dataclass(frozen=True)
class Causes:
    """How near a known cause is: months from a policy to a period, newest months still revised."""

    policy_months: int = 3
    provisional_months: int = 3


CAUSES = Causes()
# a year with at least this many surges begun in 100 active series-periods is a boom
BOOM = 1.0
PRECEDENT = Precedent()
SCORE = Score()
RULES = Rules()
SURGE = SurgeRule()
BUILD_UP = BuildUp()
COMMON = Common()


@dataclass(frozen=True)
class Rhythm:
    """What depends on how often a series is published.

    Attributes:
        frequency: M, Q or A.
        year: periods of a year: the baseline.
        recent: periods averaged for growth.
        held: periods whose sum must reach a size.
        least: smallest count of the period itself.
        least_held: smallest sum of the ``held`` periods.
        months: months of a period (dispersion is by size of a month).
        active: periods that say whether a series is active.
        kept: share of the highest of the ``held`` periods before it that a figure must keep.
        gap: periods without a flag that an episode may have inside.
        cut: periods after which an episode is issued again.
        tide_counts: whether alerts that only move with the others count where alerts are judged
            (where a season moves a whole route every year they do not).
    """

    frequency: str
    year: int
    recent: int
    held: int
    least: int
    least_held: int
    months: int
    active: int
    kept: float
    gap: int
    cut: int
    tide_counts: bool


RHYTHMS = {
    "M": Rhythm("M", 12, 2, 3, 20, 60, 1, 24, 0.65, 2, 6, tide_counts=True),
    "Q": Rhythm("Q", 4, 1, 1, 50, 50, 3, 8, 0.0, 0, 2, tide_counts=False),
    "A": Rhythm("A", 1, 1, 1, 200, 200, 12, 2, 0.0, 0, 1, tide_counts=True),
}
