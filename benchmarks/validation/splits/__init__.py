"""Studies of the similarity search, of automatic splits, and of the audit."""
