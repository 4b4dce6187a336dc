"""The command line: one file for each group of commands. What people type, and what they read."""
