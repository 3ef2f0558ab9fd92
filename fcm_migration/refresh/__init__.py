"""One refresh, step by step: the same steps for the command line and for Dagster's assets.

Every step reads and writes only the home it is given, so a step can run in any process; what one
step hands the next is Parquet written atomically by :mod:`fcm_migration.store`.
"""
