"""A task from its first sending to its last result, decided without I/O."""
