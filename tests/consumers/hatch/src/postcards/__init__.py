"""Postcards of places that nobody has been to."""
