"""Run Great Expectations on one table: a frame in, results out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.expectations.results import CheckResult, Kind
from fcm_migration.expectations.structural import Spec, structural
from fcm_migration.expectations.suites import read_suite

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 5
EXAMPLES_LENGTH = 500
OBSERVED_LENGTH = 500
AGGREGATE = re.compile(r"expect_column_(min|max|mean)_to_be_between$")
NO_CONTEXT: Mapping[str, pl.DataFrame] = {}


def check_table(
    table: Table,
    frame: pl.DataFrame,
    *,
    context: Mapping[str, pl.DataFrame] = NO_CONTEXT,
    suites_dir: Path,
    today: date,
) -> list[CheckResult]:
    """Run a table's structural and written expectations in one validate call.

    Args:
        table: the declaration.
        frame: the table's rows, all of them.
        context: other tables the suite reads (see ``required_context``); one that is left out is
            not compared with, and the result says so.
        suites_dir: folder of the suites.
        today: the day freshness is judged on.

    Returns:
        One result per expectation, structural ones first, in declared order. An expectation that
        could not be evaluated is a failure and says why.

    Raises:
        UsageError: the suite is not one (see ``read_suite``).
    """
    suite = read_suite(table, suites_dir)
    derived = structural(table, may_be_empty=suite.may_be_empty)
    kinds: list[tuple[Kind, Spec]] = [("structural", spec) for spec in derived]
    kinds += [("suite", spec) for spec in suite.expectations]
    raw = _validate(table, frame, [spec for _, spec in kinds], context, today)
    return [
        _result(table, spec, kind, result, frame.height)
        for (kind, spec), result in zip(kinds, raw, strict=True)
    ]


def _validate(
    table: Table,
    frame: pl.DataFrame,
    specs: Sequence[Spec],
    context: Mapping[str, pl.DataFrame],
    today: date,
) -> list[dict[str, Any]]:
    """Validate and return one plain result per expectation, in the order of ``specs``."""
    from fcm_migration.expectations import gx

    inputs = gx.Inputs(frame, context, today)
    results = gx.validate(table.full_name, to_pandas(frame), specs, inputs)
    by_id = {result["id"]: result for result in results}
    return [by_id[spec["meta"]["id"]] for spec in specs]


def to_pandas(frame: pl.DataFrame) -> pd.DataFrame:
    """Return the frame for the library: nullable integers and flags keep their type.

    Not Arrow-backed columns: the library hashes the frame on every call, which takes a second for
    100,000 such rows against 50 ms for these.
    """
    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    return frame.to_pandas(types_mapper=nullable.get)


def _result(table: Table, spec: Spec, kind: Kind, raw: Mapping[str, Any], rows: int) -> CheckResult:
    found, success = raw["result"], bool(raw["success"])
    observed = _observed(found.get("observed_value"))
    if error := _exception(raw.get("exception_info") or {}):
        observed = f"could not be evaluated: {error}"
    elif AGGREGATE.match(spec["type"]) and _is_null(found.get("observed_value")):
        # the library fails a smallest, largest or mean value of nothing
        success, observed, rows = True, "no values to judge", 0
    return CheckResult(
        table=table.full_name,
        expectation=spec["meta"]["id"],
        kind=kind,
        severity=spec["severity"],
        success=success,
        element_count=int(found.get("element_count", rows)),
        unexpected_count=int(found.get("unexpected_count", 0 if success else 1)),
        examples=_examples(found.get("partial_unexpected_list") or []),
        observed=observed[:OBSERVED_LENGTH],
        reason=spec["meta"]["reason"],
        column=spec["kwargs"].get("column"),
    )


def _exception(info: Mapping[str, Any]) -> str:
    """Return the first line of the caught error; the library keys errors by failed metric."""
    nested = [info] if "raised_exception" in info else list(info.values())
    messages = [item["exception_message"] for item in nested if item.get("raised_exception")]
    return str(messages[0]).splitlines()[0] if messages else ""


def _observed(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(_plain(value), ensure_ascii=False)


def _examples(values: Sequence[object]) -> str:
    """Return as many distinct examples as fit, sorted so that the text depends on the data only."""
    texts = sorted({json.dumps(_plain(v), ensure_ascii=False, sort_keys=True) for v in values})
    shown: list[str] = []
    for text in texts[:EXAMPLES]:
        if len(", ".join([*shown, text])) + 2 > EXAMPLES_LENGTH:
            break
        shown.append(text)
    return f"[{', '.join(shown)}]"


def _plain(value: object) -> object:
    """Return a value as JSON: dates in ISO form, the library's several nulls as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if _is_null(value):
        return None
    if isinstance(value, datetime):
        # the library knows dates as midnights only
        midnight = value.tzinfo is None and value.time() == datetime.min.time()
        return value.date().isoformat() if midnight else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    finite = isinstance(value, str | int) or (isinstance(value, float) and math.isfinite(value))
    return value if finite else str(value)


def _is_null(value: object) -> bool:
    import pandas as pd

    return value is None or value is pd.NA or value is pd.NaT or value != value
