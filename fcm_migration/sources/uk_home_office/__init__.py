"""Datasets of the UK Home Office."""
