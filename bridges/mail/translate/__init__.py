"""Ordinary mail and letters, each way, as values. No network, no clock, no randomness.

`incoming`: a parsed mail to what a letter holds. `outgoing`: a letter to the bytes of a mail. `threads`: how a
conversation keeps its identity across both.
"""
