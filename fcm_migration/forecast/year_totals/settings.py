"""Settings of the totals of a year, with the origin of each."""

from __future__ import annotations

from dataclasses import dataclass

HORIZONS = 12  # months ahead that are published
DRAWS = 4_096  # a test compares them with random draws
FARTHEST = 3.5  # bound of normal scores: beyond it a published fan says nothing
# The correlation of months ahead, see joint.correlation; chosen on origins before September 2021
# (docs/decisions/year_totals.md). The share of a random walk in the variance of errors:
PERSISTENT = 0.85
SHARE_ORIGINS = 12.0  # origins at which a source's own share weighs as much as PERSISTENT
TRUSTED_ORIGINS = 48.0  # origins at which its own correlation weighs as much as the structured one
FEWEST_MEDIAN = 10  # smallest median of a past forecast from which the correlation is learnt
FEWEST_YEARS = 3  # past years from which the simple rule's errors are learnt

CALENDAR, FISCAL = "calendar", "us_fiscal"
# first month of a year; the US fiscal year is named by the calendar year in which it ends
FIRST_MONTH = {CALENDAR: 1, FISCAL: 10}


@dataclass(frozen=True)
class Asked:
    """A monthly total whose sum over a year people ask for.

    Attributes:
        source_id: the dataset.
        indicator: what is counted.
        route: the route that is the whole, or the border that people ask about.
        year_kinds: the years people ask for.
    """

    source_id: str
    indicator: str
    route: str
    year_kinds: tuple[str, ...] = (CALENDAR,)


US_YEARS = (FISCAL, CALENDAR)  # CBP and Congress count fiscal years, the press both
# Every origin, place and group together, of published sources alone (no spliced series).
ASKED = (
    Asked("uk_small_boats", "small_boat_arrivals", "english_channel"),
    Asked("uk_small_boats", "small_boats", "english_channel"),
    Asked("ca_ircc_asylum", "asylum_claims", "all"),
    Asked("us_cbp_sbo", "land_border_encounters", "southwest_land_border", US_YEARS),
    Asked("us_cbp_nationwide", "nationwide_encounters", "all", US_YEARS),
    Asked("us_cbp_nationwide", "nationwide_encounters", "southwest_land_border", US_YEARS),
    Asked("us_ohss_usbp", "border_encounters", "all", US_YEARS),
    Asked("us_ohss_usbp", "border_encounters", "southwest_land_border", US_YEARS),
)
