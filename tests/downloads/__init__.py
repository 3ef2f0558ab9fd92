"""Publishers that misbehave, source by source."""
