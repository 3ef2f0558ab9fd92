"""The watched series side by side, their settings, and known causes of a movement."""
