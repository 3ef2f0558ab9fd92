"""Which model is published for each series and stretch of horizons, and how wide it is."""
