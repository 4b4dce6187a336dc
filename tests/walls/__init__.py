"""The walls of the house hold, and a broken one is noticed."""
