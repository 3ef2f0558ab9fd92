"""Forecasting models, and the pools of series they are fitted on."""
