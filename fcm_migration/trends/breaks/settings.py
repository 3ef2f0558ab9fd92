"""The constants of breaks, with where each comes from (docs/decisions/trend_breaks.md)."""

from __future__ import annotations

from dataclasses import dataclass

FREQUENCIES = ("M", "Q")  # a year of a yearly series is one figure: no level, no noise
DEFINITION_KINDS = ("unit", "coverage", "definition", "method")  # of meta.breaks: not movement


@dataclass(frozen=True)
class BreakRules:
    """Thresholds of a break.

    Attributes:
        p_value: largest p-value, by convention.
        ratio: smallest ratio of the levels, up or down, as for a confirmed alert (CONFIRMED).
        least: smallest mean of a month of the larger level, as for the common factor of alerts
            (COMMON_FACTOR).
        years: fewest years of a series: two to compare and one more to estimate its noise.
        known: share of each side's periods that must be known.
    """

    p_value: float = 0.01
    ratio: float = 1.5
    least: float = 10.0
    years: int = 3
    known: float = 0.75


@dataclass(frozen=True)
class Noise:
    """How the noise of a series is estimated.

    Attributes:
        offset: added to a month's count before the logarithm, as where dispersion is estimated.
        persistence_bias: correction of the lag-one correlation, which removing the moving yearly
            mean lowers: on simulated series 0.3, 0.6 and 0.8 are estimated as 0.23, 0.43 and 0.56.
        persistence_most: largest lag-one correlation assumed; above it a series has no level.
    """

    offset: float = 5.0
    persistence_bias: float = 0.2
    persistence_most: float = 0.95


@dataclass(frozen=True)
class Simulation:
    """Simulated series without a break, which give the distribution of the largest statistic.

    Attributes:
        series: number simulated of each length.
        nearest: number a series is compared with: those closest in lag-one correlation.
        persistence: largest lag-one correlation; it is drawn uniformly from 0 to here.
        noise: largest share of the variance that is white noise, such as counting error; drawn
            uniformly. White noise hides persistence: without it too many breaks are found.
        tails: degrees of freedom of Student's t of the innovations; log counts have heavy tails.
        years: lengths simulated. A series is compared with the next longer length, whose extremes
            are larger.
        seed: seed of the random numbers, so that a refresh repeats itself.
    """

    series: int = 9000
    nearest: int = 900
    persistence: float = 0.98
    noise: float = 0.5
    tails: float = 5.0
    years: tuple[int, ...] = (3, 5, 8, 13, 24, 40)
    seed: int = 20240401


BREAK_RULES = BreakRules()
NOISE = Noise()
SIMULATION = Simulation()
