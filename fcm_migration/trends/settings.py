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
)


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
        gap: periods without a flag that an episode may have inside.
        cut: periods after which an episode is issued again.
    """

    frequency: str
    year: int
    recent: int
    held: int
    least: int
    least_held: int
    months: int
    active: int
    gap: int
    cut: int


RHYTHMS = {
    "M": Rhythm("M", 12, 2, 3, 20, 60, 1, 24, 2, 6),
    "Q": Rhythm("Q", 4, 1, 1, 50, 50, 3, 8, 0, 2),
    "A": Rhythm("A", 1, 1, 1, 200, 200, 12, 2, 0, 1),
}
