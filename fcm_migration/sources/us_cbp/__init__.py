"""Datasets of US Customs and Border Protection."""
