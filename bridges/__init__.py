"""Clients of the relay with a second face. See plaintext."""
