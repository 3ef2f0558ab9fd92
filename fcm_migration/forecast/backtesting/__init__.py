"""Backtesting: past forecasts as rows beside what was observed, and their scores.

Internal to forecasting; the public function is :func:`fcm_migration.forecast.backtest`.
"""
