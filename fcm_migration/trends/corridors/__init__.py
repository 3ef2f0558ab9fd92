"""Corridors: origins on routes, what was seen upstream first, and protection beside them."""
