"""Trends: alerts, corridors, and what stands beside them."""
