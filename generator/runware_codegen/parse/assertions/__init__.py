"""What schemas assert, as predicates: lowered from keywords, and simplified."""
