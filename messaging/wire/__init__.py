"""What relay and client both say: pure values, no I/O."""
