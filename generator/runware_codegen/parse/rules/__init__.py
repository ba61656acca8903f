"""Rules of classes, with their error messages."""
