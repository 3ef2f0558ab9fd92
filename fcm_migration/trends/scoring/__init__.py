"""Scoring: the score of alerts, surges in hindsight, outcomes of episodes, and the scorecard."""
