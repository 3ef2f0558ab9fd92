"""Forecasts from past origins: rows, scores and track record."""
