"""Demonstration people, certificates and a small operator, for ./dev run and the tests. Never shipped."""
