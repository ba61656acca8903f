"""Types and classes of schemas, and what they leave to check."""
