"""Nowcasts: totals of periods that have begun or are not yet published."""
