"""Scores of alerts, and the surges and outcomes they are judged by."""
