"""What is inside a letter, as values: letters, their parts, and how parts look as files. No network, no clock."""
