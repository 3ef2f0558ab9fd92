"""Tests of trends: alerts, breaks, policies, corridors and facilitation."""
