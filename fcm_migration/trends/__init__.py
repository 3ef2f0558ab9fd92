"""Emerging trends: which series rise or fall more than their past explains, and why.

Alerts with their record, breaks, effects of policies and displacement, corridors, and proxies of
facilitation. docs/decisions/alerts.md and its neighbours say how each is made.
"""
