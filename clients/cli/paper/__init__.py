"""Letters on paper: what they look like, and who sends them."""
