"""A run in memory: `collect` reads its folder into `members`, `validate` checks the files against the data."""
