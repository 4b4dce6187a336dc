"""Twisted, and only here."""
