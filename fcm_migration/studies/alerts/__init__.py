"""Studies of the alerts: evaluation beside chance and baselines, ranking, and power."""
