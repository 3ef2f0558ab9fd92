"""The archive of publishers' bytes, the releases parsed from it, and the lock of a refresh."""
