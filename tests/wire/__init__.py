"""Each source's good release in the publisher's format, and a publisher that works."""
