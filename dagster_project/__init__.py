"""Lineage, schedules, checks and plots for fcm_migration. No HTTP, parsing, SQL or statistics."""
