"""What a letter holds: text and typed parts. Pure values."""
