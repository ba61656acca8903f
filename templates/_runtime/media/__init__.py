"""Files: their types, files in requests, and downloads of outputs."""
