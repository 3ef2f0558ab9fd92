"""Emerging trends: which series rise or fall beyond what their past lets expect, and why.

Alerts and how often they were right, breaks, effects of policies, displacement, corridors,
proxies of facilitation and protection beside movement. See docs/decisions/alerts.md.
"""
