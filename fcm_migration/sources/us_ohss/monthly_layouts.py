"""OHSS monthly tables: which sheets are read, what their columns count, and which are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fcm_migration.sources.us_ohss.monthly_tables import (
    ADMINISTRATIVE_RETURNS,
    AGENCIES,
    ALL,
    COMPLETED,
    ENFORCEMENT,
    ENFORCEMENT_RETURNS,
    EXPULSIONS,
    NATIONWIDE,
    REFERRED,
    REMOVALS,
    REPATRIATIONS_TOTAL,
    RESULTS,
    SOUTHWEST,
    TITLE_8,
    TYPES,
)

# A column and those it is the sum of, apart from rounding.
SUMS: Mapping[str, tuple[str, ...]] = {
    REPATRIATIONS_TOTAL: (TITLE_8, EXPULSIONS),
    TITLE_8: (ENFORCEMENT, ADMINISTRATIVE_RETURNS),
    ENFORCEMENT: (REMOVALS, ENFORCEMENT_RETURNS),
    REMOVALS: ("Expedited Removals", "Reinstatements of Removal Orders", "Other Removals"),
    ENFORCEMENT_RETURNS: (
        "Enforcement Withdrawals",
        "Voluntary Returns",
        "Voluntary Departures",
        "Other Enforcement Returns",
    ),
    ADMINISTRATIVE_RETURNS: ("Administrative Withdrawals", "Crew Members Detained"),
}


@dataclass(frozen=True)
class Layout:
    """One sheet: its title, what its columns are, and what all of its rows share.

    Attributes:
        title: as printed above the header, up to ": Fiscal Years".
        table: name of the core table its rows go to.
        dimension: the column of the core table that the sheet's columns fill.
        constants: values of other columns of the core table, the same in every row.
        columns: heading and label of every column, and its value in ``dimension``; None where the
            columns are citizenships, which change from release to release.
        rest: label of the last citizenship column, "Other" or "All Other".
        has_total: whether there is a column Total. Without one, nothing but the number of
            citizenships, :data:`NAMED`, tells that a column was lost.
        sums: a value of ``dimension`` and those that add up to it, apart from rounding.
        not_applicable: values of ``dimension`` whose figure may be "X".
    """

    title: str
    table: str
    dimension: str
    constants: Mapping[str, str]
    columns: Mapping[tuple[str, str], str] | None = None
    rest: str = "Other"
    has_total: bool = True
    sums: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    not_applicable: tuple[str, ...] = ()


def _by_citizenship(what: str, repatriation_type: str) -> Layout:
    return Layout(
        f"DHS {what} by Selected Citizenship",
        "us_ohss_monthly_repatriations",
        "citizenship",
        {"breakdown": "citizenship", "repatriation_type": repatriation_type},
    )


def _referred(where: str, region: str, *, has_total: bool) -> Layout:
    return Layout(
        f"{where} Credible Fear Screenings Referred to USCIS by Selected Citizenship",
        "us_ohss_monthly_credible_fear",
        "citizenship",
        {"breakdown": "citizenship", "region": region, "stage": REFERRED, "result": ALL},
        rest="All Other",
        has_total=has_total,
    )


def _completed(where: str, region: str) -> Layout:
    return Layout(
        f"{where} Credible Fear Screenings Completed by Result",
        "us_ohss_monthly_credible_fear",
        "result",
        {"breakdown": "result", "region": region, "stage": COMPLETED, "citizenship": ALL},
        columns={("", "Total"): ALL, **{("", name): name for name in RESULTS}},
        sums={ALL: RESULTS},
    )


TYPES_SHEET = "DHS Repats by Type"
SHEETS: Mapping[str, Layout] = {
    TYPES_SHEET: Layout(
        "DHS Repatriations by Type",
        "us_ohss_monthly_repatriations",
        "repatriation_type",
        {"breakdown": "type"},
        columns=TYPES,
        sums=SUMS,
        not_applicable=(EXPULSIONS, "Administrative Withdrawals"),
    ),
    "DHS Removals by Arrest Agcy": Layout(
        "DHS Removals by Initial Arresting Agency",
        "us_ohss_monthly_repatriations",
        "arresting_agency",
        {"breakdown": "arresting_agency", "repatriation_type": REMOVALS},
        # No sum: removals whose arresting agency is another or unknown have no column.
        columns={("", "Total"): ALL, **{("", name): name for name in AGENCIES}},
    ),
    "DHS Removals by Citizenship": _by_citizenship("Removals", REMOVALS),
    "DHS Enf Returns by Citizenship": _by_citizenship("Enforcement Returns", ENFORCEMENT_RETURNS),
    "DHS Adm Returns by Citizens": _by_citizenship(
        "Administrative Returns", ADMINISTRATIVE_RETURNS
    ),
    "SWB CF Filed by Citp": _referred("SW Border", SOUTHWEST, has_total=False),
    "SWB CF Completed by Result": _completed("SW Border", SOUTHWEST),
    "Nationwide CF Filed by Citp": _referred("Nationwide", NATIONWIDE, has_total=True),
    "Nationwide CF by Result": _completed("Nationwide", NATIONWIDE),
}
# Sheets of the releases of July and August 2024 that are left out; the reasons stand in monthly.py.
LEFT_OUT = frozenset(
    {
        "TOC",
        "CBP Encounter by Type + Region",
        "SWB Encounters by Citizenship",
        "SWB Encounters by Family Status",
        "SWB Enc by Sector+Field Ofc",
        "Nationwide USBP",
        "Nationwide OFO",
        "SWB USBP",
        "CBP One Appointments",
        "CBP SWB Book-Outs by Agency",
        "CBP SWB Book-Outs by Family",
        "CBP SWB Book-Outs by Citp",
        "ERO Arrests by Citizenship",
        "ERO Arrests by Criminality",
        "ICE Book-Ins by Citizenship",
        "ICE Book-Ins by Criminality",
        "ICE Book-Ins by Arrest Agency",
        "ICE Book-Outs by Criminality",
        "ICE Book-Outs by Arrest Agency",
        "ICE ERO R&R by Citizenship",
        "ICE ERO R&R by Criminality",
        "ICE ERO R&R by Arrest Agcy",
        "DHS Removals by Criminality",
        "CHNV I-134",
        "CHNV Travel Authorization",
        "CHNV Paroles",
    }
)
