"""The watched series, their settings, and causes already known for a movement."""
