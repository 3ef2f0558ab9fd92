"""The drivers that are tried, and the pools of series they are tried on."""

from __future__ import annotations

from dataclasses import dataclass

HORIZONS = {"M": (1, 2, 3, 6), "Q": (1, 2, 4), "A": (1, 2)}
# months from the end of a period to its release by the pool's publisher: a forecast is made then,
# from the figures released by then
POOL_LAGS = {
    "us_ohss_usbp/border_encounters/M": 1,
    "uk_asylum_claims/asylum_claims/Q": 2,
    "unhcr_asylum_applications/asylum_applications_new/A": 6,
}


@dataclass(frozen=True)
class Driver:
    """An upstream figure of another publisher, by country of origin or one for all.

    Attributes:
        driver: name.
        title: what it is, for people.
        source_id: dataset.
        indicator: measure.
        frequency: M, Q or A.
        lag: months after the end of a period until it is published.
        pools: pools it is tried on, names of POOL_LAGS.
        by_origin: True for one series per origin, False for one series for all.
        is_same_unit: it counts people as the pool does, so that its size relative to the forecast
            tells what share of a series passes through it.
        least: added to the counts before taking logarithms, so that small counts do not dominate.
        place: label of the place (route) in the source.
        is_elsewhere: the destination's own figure is subtracted from that of all destinations.
    """

    driver: str
    title: str
    source_id: str
    indicator: str
    frequency: str
    lag: int
    pools: tuple[str, ...]
    by_origin: bool = True
    is_same_unit: bool = True
    least: float = 10.0
    place: str = "all"
    is_elsewhere: bool = False


US, UK, UNHCR = tuple(POOL_LAGS)
DECLARED = (
    Driver(
        "unhcr_elsewhere",
        "New asylum applications of the same origin in all other countries (UNHCR)",
        "unhcr_asylum_applications",
        "asylum_applications_new",
        "A",
        lag=6,
        pools=(US, UK, UNHCR),
        is_elsewhere=True,
    ),
    Driver(
        "uk_irregular_arrivals",
        "Irregular arrivals of the same nationality in the United Kingdom",
        "uk_irregular_migration",
        "irregular_arrivals",
        "Q",
        lag=2,
        pools=(UK,),
    ),
    Driver(
        "eurostat_first_time",
        "First-time asylum applicants in the European Union, all citizenships together",
        "eurostat_asylum_monthly",
        "asylum_applicants_first_time",
        "M",
        lag=3,
        pools=(UK,),
        by_origin=False,
        is_same_unit=False,
    ),
    Driver(
        "iom_deaths_us_border",
        "Dead and missing on the border of Mexico and the United States",
        "iom_missing_migrants",
        "migrant_deaths",
        "M",
        lag=1,
        pools=(US,),
        by_origin=False,
        is_same_unit=False,
        place="US-Mexico border crossing",
    ),
    Driver(
        "iom_deaths_channel",
        "Dead and missing in the English Channel",
        "iom_missing_migrants",
        "migrant_deaths",
        "M",
        lag=1,
        pools=(UK,),
        by_origin=False,
        is_same_unit=False,
        place="English Channel to the UK",
    ),
    Driver(
        "frontex_detections",
        "Detections of the same nationality at the Union's external border (Frontex)",
        "frontex_ibc",
        "eu_border_detections",
        "M",
        lag=2,
        pools=(UK, US, UNHCR),
    ),
    Driver(
        "ucdp_deaths",
        "Deaths in organised violence in the country of origin (UCDP)",
        "ucdp_ged",
        "conflict_deaths",
        "M",
        lag=1,
        pools=(US, UK, UNHCR),
        is_same_unit=False,
        least=25.0,
    ),
)
