"""Ordinary mail and sealed letters, each way."""
