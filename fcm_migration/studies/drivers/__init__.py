"""Do upstream figures improve the published forecasts? A study with a command of its own.

``python -m fcm_migration.studies.drivers --help``; its result is kept as a reviewed reference file
and published as ``forecast.drivers``. See docs/decisions/drivers.md.
"""
