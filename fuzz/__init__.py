"""Parsers under fire: coverage-guided fuzzing of whatever takes bytes from outside. No tests, not shipped."""
