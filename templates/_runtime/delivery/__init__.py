"""The delivery of tasks, from the first sending to the last result, without I/O."""
