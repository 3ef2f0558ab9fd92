"""Pictures of what is in the home and in the published file: for Dagster's pages, for the docs.

What is drawn is chosen here; how it is drawn is said in :mod:`fcm_migration.reports.charts`.
"""
