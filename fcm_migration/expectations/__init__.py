"""Expectations on tables, derived from declarations or written as suites, and their results.

Importing this package does not load Great Expectations; :func:`check_table` does, once.
"""

from fcm_migration.expectations.results import (
    CHECK_RESULTS,
    CheckResult,
    critical_failures,
    failure_message,
    results_frame,
)
from fcm_migration.expectations.run import check_table
from fcm_migration.expectations.settled import settled_changes
from fcm_migration.expectations.suites import PREVIOUS, required_context, suite_hash

__all__ = [
    "CHECK_RESULTS",
    "PREVIOUS",
    "CheckResult",
    "check_table",
    "critical_failures",
    "failure_message",
    "required_context",
    "results_frame",
    "settled_changes",
    "suite_hash",
]
