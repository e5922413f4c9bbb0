"""A run in memory: `collect` reads its folder, `validate` checks each file against the dataset."""
