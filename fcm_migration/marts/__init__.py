"""Harmonised tables: country labels resolved, calendar periods, one dictionary of indicators."""
