"""The access matrix: every actor at every method and every door. A method or a door without its row fails a test."""
