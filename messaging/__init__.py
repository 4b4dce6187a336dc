"""The relay and what it says. NEVER sees plaintext: pyproject.toml, THE WALLS."""
