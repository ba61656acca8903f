"""Files: their kinds, files that become texts of a request, outputs that are saved."""
