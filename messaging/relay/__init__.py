"""The rules of the relay: plain functions of (transaction, request, now). No loop, no network, no SQL."""
