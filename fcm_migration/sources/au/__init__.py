"""Datasets of Australia."""
