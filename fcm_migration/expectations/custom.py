"""Expectations of our own, registered with Great Expectations when this module is imported.

They state what the library's cannot: facts across rows and tables. The suites stay in the
library's own JSON and run in the same validate call. Each takes the facts from
:mod:`~fcm_migration.expectations.facts` and ``totals``; the frames come from :data:`INPUTS`,
which ``check_table`` sets around the call (a batch holds one frame only, and no older release).

This module loads Great Expectations (seconds): import it inside functions only.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal

import polars as pl

from fcm_migration.expectations.library import great_expectations  # isort: skip  # noqa: F401
from great_expectations.expectations.expectation import BatchExpectation

from fcm_migration.expectations import facts, totals

EXAMPLES = 5


@dataclass(frozen=True)
class Inputs:
    """The table under check, the others its suite reads, and the day it is checked on."""

    frame: pl.DataFrame
    context: Mapping[str, pl.DataFrame]
    today: date


INPUTS: ContextVar[Inputs] = ContextVar("INPUTS")


class FactsExpectation(BatchExpectation):
    """Base: turns :class:`~fcm_migration.expectations.facts.Facts` into a result."""

    metric_dependencies: ClassVar[tuple[str, ...]] = ("table.row_count",)

    @abstractmethod
    def found(self, inputs: Inputs) -> facts.Facts:
        """Return the facts to judge."""

    def _validate(
        self,
        metrics: dict[str, Any],  # noqa: ARG002  (the library's signature)
        runtime_configuration: dict[str, Any] | None = None,  # noqa: ARG002
        execution_engine: object = None,  # noqa: ARG002
    ) -> dict[str, Any]:
        found = self.found(INPUTS.get())
        return {
            "success": found.success,
            "result": {
                "observed_value": found.observed,
                "element_count": found.units.height,
                "unexpected_count": found.breaches.height,
                "partial_unexpected_list": found.breaches.head(EXAMPLES).to_dicts(),
            },
        }


class ExpectColumnsWithoutNulls(FactsExpectation):
    """No value of any of these columns is null.

    One expectation for all columns of a table: the library's own takes 25 ms for each column
    whatever its length, which was most of the time of checking.
    """

    column_list: list[str]

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each column with its nulls."""
        return facts.with_nulls(inputs.frame, columns=self.column_list)


class ExpectColumnWithinBounds(FactsExpectation):
    """Every value of a column lies within inclusive bounds; a null is within any.

    The library's own ``expect_column_values_to_be_between`` judges a pandas column value by value
    in Python: 0.15 s for each column of 140,000 rows, where this takes a millisecond.
    """

    column: str
    min_value: float | str | None = None
    max_value: float | str | None = None

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each value."""
        return facts.out_of_bounds(
            inputs.frame,
            column=self.column,
            min_value=self.min_value,
            max_value=self.max_value,
        )


class ExpectTotalsToEqual(FactsExpectation):
    """Sums of a column by group equal totals known from elsewhere, within a tolerance.

    ``totals``: rows of the groups' values and ``total``. With ``period_column``, a group of fewer
    than ``periods`` distinct periods is not compared. Absent groups are named, not failed.
    """

    column: str
    by: list[str]
    totals: list[dict[str, Any]]
    where: dict[str, Any] | None = None
    tolerance: float = 0
    period_column: str | None = None
    periods: int = 1

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each known total with the table's sum."""
        return totals.known_totals(
            inputs.frame,
            column=self.column,
            by=self.by,
            totals=self.totals,
            where=self.where,
            tolerance=self.tolerance,
            period_column=self.period_column,
            periods=self.periods,
        )


class ExpectPartsToMatchTotals(FactsExpectation):
    """Sum (or ``max``) of the parts less the total lies from ``lowest`` to ``highest``, by group.

    Null bounds are open. Both are widened by ``share_pct`` of the total and by ``per_part`` for
    each part and the total (a publisher's rounding); ``lowest`` also by ``per_null`` for each
    withheld part. Totals come from the same table, or from ``totals_table``. Groups with fewer
    than ``min_parts`` parts are left out, or with ``require_parts`` their parts count as zero.
    """

    column: str
    by: list[str]
    parts: dict[str, Any] | None = None
    totals: dict[str, Any] | None = None
    totals_table: str | None = None
    totals_column: str | None = None
    totals_by: list[str] | None = None
    aggregate: Literal["sum", "max"] = "sum"
    lowest: float | None = 0
    highest: float | None = 0
    share_pct: float = 0
    per_part: float = 0
    per_null: float = 0
    min_parts: int = 1
    require_parts: bool = False

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each total with its parts."""
        other = self.totals_table
        return totals.parts_against_totals(
            inputs.frame,
            inputs.frame if other is None else inputs.context.get(other),
            column=self.column,
            by=self.by,
            parts=self.parts,
            totals=self.totals,
            totals_column=self.totals_column or self.column,
            totals_by=self.totals_by or self.by,
            aggregate=self.aggregate,
            lowest=self.lowest,
            highest=self.highest,
            share_pct=self.share_pct,
            per_part=self.per_part,
            per_null=self.per_null,
            min_parts=self.min_parts,
            require_parts=self.require_parts,
        )


class ExpectNoGapsInPeriods(FactsExpectation):
    """Periods follow one another without a gap, within each group.

    The step is 1d, 7d, 1mo, 1q or 1y; 1 for periods that are numbered.
    """

    column: str
    step: Literal["1d", "7d", "1mo", "1q", "1y", "1"]
    by: list[str] | None = None
    where: dict[str, Any] | None = None

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each period with the one after it."""
        return facts.gaps_in_periods(
            inputs.frame, column=self.column, step=self.step, by=self.by or (), where=self.where
        )


class ExpectRevisionsWithin(FactsExpectation):
    """Settled figures of the previous release are revised by no more than a bound.

    All but its ``newest_periods`` newest periods count as settled. At most ``changed_pct`` % of
    the figures there may read otherwise, be gone or be new; their total may move by ``total_pct``.
    """

    previous_table: str
    column: str
    key: list[str]
    period_column: str
    newest_periods: int
    changed_pct: float
    total_pct: float
    where: dict[str, Any] | None = None

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each settled figure of the previous release with the present one."""
        return facts.revisions(
            inputs.frame,
            inputs.context.get(self.previous_table),
            column=self.column,
            key=self.key,
            period_column=self.period_column,
            newest_periods=self.newest_periods,
            where=self.where,
            changed_pct=self.changed_pct,
            total_pct=self.total_pct,
        )


class ExpectColumnConstantWithin(FactsExpectation):
    """A column has one value within each group: one unit per indicator."""

    column: str
    by: list[str]
    where: dict[str, Any] | None = None

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each group with the values met."""
        return facts.varying(inputs.frame, column=self.column, by=self.by, where=self.where)


class ExpectColumnNotToFallWithin(FactsExpectation):
    """A column never falls with ``order_by`` within each group: quantiles do not cross."""

    column: str
    order_by: str
    by: list[str]

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each row with the one before it."""
        return facts.falling(inputs.frame, column=self.column, order_by=self.order_by, by=self.by)


class ExpectColumnsToAddUp(FactsExpectation):
    """Columns of a row add up to its total; ``tolerated`` rows may differ, by ``largest`` each."""

    columns: list[str]
    total: str
    tolerated: int = 0
    largest: float | None = None
    show: list[str] | None = None

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each row's sum and total."""
        return facts.row_sums(
            inputs.frame,
            columns=self.columns,
            total=self.total,
            tolerated=self.tolerated,
            largest=self.largest,
            show=self.show or (),
        )


class ExpectNewestPeriodFresherThan(FactsExpectation):
    """A date lies no more days before today than another column allows (null: for ever)."""

    column: str
    days_column: str
    show: list[str] | None = None

    def found(self, inputs: Inputs) -> facts.Facts:
        """Return each row's age."""
        return facts.stale(
            inputs.frame,
            column=self.column,
            days_column=self.days_column,
            show=self.show or (),
            today=inputs.today,
        )
