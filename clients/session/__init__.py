"""One client session: sans-I/O in the middle, one network transport at the edge."""
