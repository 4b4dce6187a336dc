"""What people and programs hold. Sees plaintext; speaks to the relay through messaging.wire alone."""
