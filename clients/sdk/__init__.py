"""The public, typed face for integrators."""
