"""One module for each file of vectors; each has ABOUT and cases()."""
