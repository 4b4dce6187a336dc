"""What makes the key directory checkable. Opens nothing: the relay may import it."""
