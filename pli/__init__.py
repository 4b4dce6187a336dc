"""The front door: the one place that knows every floor, and only to start it."""
