"""Measurements. Never tests."""
