"""Alerts: detected, replayed release by release, explained, and published with their record."""
