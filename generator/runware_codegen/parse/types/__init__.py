"""Types and classes of schemas, and the predicates that they do not express."""
