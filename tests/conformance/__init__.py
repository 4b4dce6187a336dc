"""RFC 8620 by section, against a running relay: every type, every method, over real HTTP."""
