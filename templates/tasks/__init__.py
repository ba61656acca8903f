"""One package for each task type."""
