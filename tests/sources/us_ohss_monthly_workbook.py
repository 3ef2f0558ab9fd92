"""The OHSS monthly tables, laid out as the publisher does. Every figure is simulated.

Exact counts follow a rule; each sheet then prints sums of them, rounded to 10, so that parts and
totals agree as the publisher's do. Title 42 expulsions and administrative withdrawals have figures
in some months only, and "X" in the others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from tests.workbook.writers import Cell, write_xlsx

FIXTURES = Path(__file__).parents[1] / "fixtures" / "us_ohss_monthly"
NAME = "2016_0506_ohss_immigration-enforcement-and-legal-processes-tables-february-2016.xlsx"
FISCAL = (
    *("October", "November", "December", "January", "February", "March"),
    *("April", "May", "June", "July", "August", "September"),
)
MONTHS = 29  # October 2013 to February 2016
# The ten named citizenships of each sheet; Guatemala and Haiti are of two.
NAMED = (
    *("Mexico", "Guatemala", "Honduras", "El Salvador", "Colombia"),
    *("China, People's Republic", "India", "Korea, South", "Venezuela", "Haiti"),
)
BACK = "Return to Table of Contents."
PLUS = '* Please click on the "plus" sign to the left of the years to expand to see monthly data.'
NOTES = (
    "Notes: To protect privacy, table cells are rounded to the nearest ten.",
    "Source: Office of Homeland Security Statistics Persist Dataset.",
)
EXPELLED = range(6, 20)  # months in which people were expelled under Title 42

Sheets = dict[str, list[list[Cell]]]
Exact = Callable[[int], int | None]


def count(kind: int, number: int, month: int) -> int:
    """Return an exact count: of a kind of table, a citizenship and a month, by a rule."""
    size = 4_000 // (number + 1) ** 2
    return size + (kind * 577 + number * 311 + month * 97 + month * month * 13) % (size // 2 + 7)


def _of(kind: int, number: int) -> Exact:
    return lambda month: count(kind, number, month)


def _all_of(kind: int) -> Exact:
    return lambda month: sum(count(kind, number, month) for number in range(len(NAMED) + 1))


def _share(whole: Exact, numerator: int, denominator: int) -> Exact:
    return lambda month: (whole(month) or 0) * numerator // denominator


def _rest(whole: Exact, *parts: Exact) -> Exact:
    return lambda month: (whole(month) or 0) - sum(part(month) or 0 for part in parts)


def _sum(*parts: Exact) -> Exact:
    return lambda month: sum(part(month) or 0 for part in parts)


def _rounded(exact: int) -> int:
    return (exact + 5) // 10 * 10


def _printed(column: Exact, months: Sequence[int]) -> Cell:
    known = [value for month in months if (value := column(month)) is not None]
    return _rounded(sum(known)) if known else "X"


def grid(
    title: str, header: Sequence[Cell], columns: Sequence[Exact], months: int, *above: list[Cell]
) -> list[list[Cell]]:
    """Lay out one sheet: back link, title, headings, header, years with months, notes."""
    last = months - 1
    year = 2014 + last // 12
    running = " YTD" if months % 12 else ""
    calendar = year - (FISCAL[last % 12] in FISCAL[:3])
    span = f"Fiscal Years 2014 to {year}{running} ({FISCAL[last % 12]} {calendar})"
    rows: list[list[Cell]] = [[BACK, None, PLUS], [f"{title}: {span}"], *above, list(header)]
    for first in range(0, months, 12):
        of_year = range(first, min(first + 12, months))
        label: Cell = 2014 + first // 12
        if len(of_year) < 12:
            label = f"{label} YTD"
        rows.append([label, "Total", *(_printed(column, of_year) for column in columns)])
        rows += [
            [None, FISCAL[month % 12], *(_printed(column, [month]) for column in columns)]
            for month in of_year
        ]
    return [*rows, *([note] for note in NOTES)]


def _citizenships(
    what: str, kind: int, months: int, named: Sequence[str], rest: str = "Other"
) -> list[list[Cell]]:
    header = ["Fiscal Year", "Month", "Total", *named, rest]
    columns = [_all_of(kind), *(_of(kind, number) for number in range(len(named) + 1))]
    return grid(what, header, columns, months)


def _types(months: int) -> list[list[Cell]]:
    removals, returns, administrative = _all_of(1), _all_of(2), _all_of(3)
    expedited, reinstated = _share(removals, 1, 2), _share(removals, 1, 3)
    withdrawn, voluntary = _share(returns, 2, 5), _share(returns, 2, 7)
    departed = _share(returns, 1, 9)
    turned = _share(administrative, 1, 4)

    def withdrawals(month: int) -> int | None:
        return turned(month) if 12 <= month < 24 else None

    def expulsions(month: int) -> int | None:
        return count(4, 0, month) if month in EXPELLED else None

    enforcement = _sum(removals, returns)
    columns: list[Exact] = [
        _sum(enforcement, administrative, expulsions),
        _sum(enforcement, administrative),
        enforcement,
        expulsions,
        *(removals, expedited, reinstated, _rest(removals, expedited, reinstated)),
        *(returns, withdrawn, voluntary, departed, _rest(returns, withdrawn, voluntary, departed)),
        *(administrative, withdrawals, _rest(administrative, withdrawals)),
    ]
    header = [
        *("Fiscal Year", "Month", "Total Repatriations3", "Total Title 8 Repatriations4"),
        *("Title 8 Enforcement Repatriations5", "Title 42 Expulsions6", "Total Removals"),
        *("Expedited Removals", "Reinstatements of Removal Orders", "Other Removals"),
        *("Total Enforcement Returns", "Withdrawals7", "Voluntary Returns"),
        *("Voluntary Departures", "Other Enforcement Returns8", "Total Administrative Returns"),
        *("Withdrawals9", "Crew Members Detained"),
    ]
    headings: list[Cell] = [None] * len(header)
    headings[2] = "Total Repatriations"
    headings[6] = "DHS Removals1"
    headings[10] = "DHS Enforcement Returns2"
    headings[15] = "DHS Administrative Returns2"
    rows = grid("DHS Repatriations by Type", header, columns, months, headings)
    return [*rows[:-2], ["X Not applicable."], *rows[-2:]]


def _results(what: str, kind: int, months: int) -> list[list[Cell]]:
    whole = _all_of(kind)
    positive, negative = _share(whole, 3, 5), _share(whole, 1, 5)
    header = ["Fiscal Year", "Month", "Total", *("Positive Fear", "Negative Fear")]
    columns = [whole, positive, negative, _rest(whole, positive, negative)]
    return grid(what, [*header, "Administrative Closure"], columns, months)


def sheets(months: int = MONTHS, last_named: str = "Haiti") -> Sheets:
    """Every sheet that is read, and two that are not.

    Args:
        months: how many months the release holds, from October 2013.
        last_named: the tenth citizenship of the enforcement returns, which a release chooses.
    """
    returned = (*NAMED[:-1], last_named)
    removals = _all_of(1)
    arrested = [removals, _share(removals, 7, 10), _share(removals, 2, 10)]
    referred = "Credible Fear Screenings Referred to USCIS by Selected Citizenship"
    completed = "Credible Fear Screenings Completed by Result"
    southwest = [_share(_of(5, number), 9, 10) for number in range(len(NAMED) + 1)]
    return {
        "TOC": [["Table of Contents"], ["Category", "Table", "Starting Date"]],
        "CBP One Appointments": [[BACK], ["CBP One Appointments: Fiscal Years 2015 to 2016 YTD"]],
        "DHS Repats by Type": _types(months),
        "DHS Removals by Arrest Agcy": grid(
            "DHS Removals by Initial Arresting Agency",
            ["Fiscal Year", "Month", "Total", "CBP", "ICE"],
            arrested,
            months,
        ),
        "DHS Removals by Citizenship": _citizenships(
            "DHS Removals by Selected Citizenship", 1, months, NAMED
        ),
        "DHS Enf Returns by Citizenship": _citizenships(
            "DHS Enforcement Returns by Selected Citizenship", 2, months, returned
        ),
        "DHS Adm Returns by Citizens": _citizenships(
            "DHS Administrative Returns by Selected Citizenship", 3, months, NAMED
        ),
        "SWB CF Filed by Citp": grid(
            f"SW Border {referred}",
            ["Fiscal Year", "Month", *NAMED, "All Other"],
            southwest,
            months,
        ),
        "SWB CF Completed by Result": _results(f"SW Border {completed}", 6, months),
        "Nationwide CF Filed by Citp": _citizenships(
            f"Nationwide {referred}", 5, months, NAMED, "All Other"
        ),
        "Nationwide CF by Result": _results(f"Nationwide {completed}", 7, months),
    }


def write(path: Path, book: Sheets | None = None) -> Path:
    """Write the workbook, or a changed one."""
    return write_xlsx(path, sheets() if book is None else book)
