"""Tests of the thin skin: what Dagster loads, and that it does the library's job."""
