"""Metadata tables: sources, releases, attempts, indicators, country labels."""
