"""Coherent forecasts: parts that add up to their published totals."""
