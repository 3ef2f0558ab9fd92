"""Irregular movement into the five countries: ingest, check, forecast, publish, query."""
