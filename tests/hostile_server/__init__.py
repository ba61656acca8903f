"""The client against servers that do what an honest platform may do, and worse."""
