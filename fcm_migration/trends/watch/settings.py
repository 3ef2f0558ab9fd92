"""Which series are watched, how each frequency is handled, and how near a known cause must be.

Where each constant comes from: docs/decisions/alerts.md.
"""

from __future__ import annotations

from dataclasses import dataclass

# People who arrive, are met at a border or turned back there, or claim protection. Decisions,
# stocks, boats and deaths are shown beside alerts, never watched.
WATCHED = (
    "border_encounters",
    "land_border_encounters",
    "nationwide_encounters",
    "small_boat_arrivals",
    "irregular_arrivals",
    "irregular_maritime_arrivals",
    "maritime_returns",
    "asylum_claims",
    "claims_referred",
    "protection_applications",
    "asylum_applications_monthly",
    "asylum_applications_new",
    "asylum_applicants_first_time",
    "eu_border_detections",
    "transit_entries",
)

# Mean of a month in the year before, from which a row left out is unknown instead of zero: a
# handful may fall to nobody without a remark by the publisher, hundreds do not.
ABSENT_IS_ZERO = 10.0
ACTIVE_SUM = 50  # smallest sum of two years of a series that is tested


@dataclass(frozen=True)
class Causes:
    """How near a known cause must be.

    Attributes:
        policy_months: most months from a policy to the period of an alert.
    """

    policy_months: int = 3


CAUSES = Causes()


@dataclass(frozen=True)
class Revised:
    """When a figure counts as likely to be revised.

    Attributes:
        share: of the figures of one age that differ later, from which a revision is likely.
        fewest: figures of one age, below which nothing is measured.
        declared_months: months after publication for sources of which no two releases can be
            compared, where a reviewed entry says that the publisher revises them.
    """

    share: float = 0.5
    fewest: int = 20
    declared_months: int = 3


REVISED = Revised()


@dataclass(frozen=True)
class FrequencySpec:
    """Constants that depend on how often a series is published.

    Attributes:
        frequency: M, Q or A.
        year: periods of a year.
        recent: periods averaged for growth.
        held: periods whose sum must reach ``least_held``.
        least: smallest count of the period itself.
        least_held: smallest sum of the ``held`` periods.
        months: months of a period (dispersion is by the mean of a month).
        active: periods over which a series' activity is summed.
        kept: share of the highest of the ``held`` periods before it that a figure must keep.
        gap: periods without an alert that an episode may contain.
        cut: periods after which an episode that lasts counts again in evaluations.
        counts_common_moves: whether alerts of kind tide (series that only move with the others)
            count in evaluations. They do not where a season moves whole routes every year.
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
    counts_common_moves: bool


FREQUENCY_SPECS = {
    "M": FrequencySpec("M", 12, 2, 3, 20, 60, 1, 24, 0.65, 2, 6, counts_common_moves=True),
    "Q": FrequencySpec("Q", 4, 1, 1, 50, 50, 3, 8, 0.0, 0, 2, counts_common_moves=False),
    "A": FrequencySpec("A", 1, 1, 1, 200, 200, 12, 2, 0.0, 0, 1, counts_common_moves=True),
}
