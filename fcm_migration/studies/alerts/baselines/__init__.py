"""Baselines of the alerts: rules of textbooks and of disease surveillance."""
