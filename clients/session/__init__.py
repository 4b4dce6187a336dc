"""Talking to a relay: a session without network, what goes out and what comes in, and the one file with a network."""
