"""Datasets of Canada: IRCC and the Immigration and Refugee Board."""
