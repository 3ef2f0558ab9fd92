"""Scenarios: the published forecast under declared assumptions."""
