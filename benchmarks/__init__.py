"""Benchmarks: what we do against a named peer in the same run, and how the cost grows.

Only ratios are claims; seconds depend on the machine. Run ``python -m benchmarks --help``.
"""
