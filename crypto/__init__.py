"""Bytes in, bytes out: the cryptography of Pli. Imports nothing of ours."""
