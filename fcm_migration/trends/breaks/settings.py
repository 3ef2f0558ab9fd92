"""The constants of breaks, with where each comes from (docs/decisions/trend_breaks.md)."""

from __future__ import annotations

from dataclasses import dataclass

FREQUENCIES = ("M", "Q")  # a year of a yearly series is one figure: no level, no noise
DEFINITION_KINDS = ("unit", "coverage", "definition", "method")  # of meta.breaks: not movement


@dataclass(frozen=True)
class BreakRules:
    """What a break needs.

    Attributes:
        p_value: largest share of simulated series without a break as extreme. Convention.
        ratio: level after over before, or its inverse: that of a confirmed alert (CONFIRMED).
        least: larger of the two levels, of a month: that of series which tell the tide (COMMON).
        years: fewest years of a series: two to compare, one more to know its noise.
        known: share of each side's periods that must be known.
    """

    p_value: float = 0.01
    ratio: float = 1.5
    least: float = 10.0
    years: int = 3
    known: float = 0.75


@dataclass(frozen=True)
class Noise:
    """How noise is measured.

    Attributes:
        offset: added to a month's count before the logarithm, as where dispersion is estimated.
        persistence_bias: what taking the year's mean away hides of the lag-one correlation:
            measured on simulated series, where 0.3, 0.6 and 0.8 show as 0.23, 0.43 and 0.56.
        persistence_most: largest lag-one correlation assumed: above it a series has no level.
    """

    offset: float = 5.0
    persistence_bias: float = 0.2
    persistence_most: float = 0.95


@dataclass(frozen=True)
class Simulation:
    """The series without a break that say how extreme a statistic is.

    Attributes:
        series: simulated of each length.
        nearest: of them compared: those whose noise looks most alike in persistence.
        persistence: largest lag-one correlation; all up to it are as likely.
        noise: largest share of the variance that has no memory at all, as counting has none; all
            up to it are as likely. It hides persistence, so leaving it out finds too much.
        tails: degrees of freedom of Student's t of the innovations; log counts have heavy tails.
        years: lengths simulated; a series is held against the next longer one, which has the
            larger extremes.
        seed: of the random numbers, so that a refresh repeats itself.
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
