"""A run in memory: `collect` reads its folder into `members`; `validate` checks files against the data."""
