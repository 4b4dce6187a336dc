"""Where the relay keeps things: SQL, memory, blobs."""
