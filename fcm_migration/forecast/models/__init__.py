"""Forecasting models: calibrated naive, exponential smoothing, pooled regressions, and their fits.

Internal to forecasting: ``engine`` runs every model on a pool; ``tasks`` solves and caches fits,
``cluster`` solves them on Dask workers.
"""
