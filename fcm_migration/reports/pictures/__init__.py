"""Pictures of the data in the home and the published file, for Dagster's pages and the docs.

What is drawn is chosen here; how it is drawn is said in :mod:`fcm_migration.reports.charts`.
"""
