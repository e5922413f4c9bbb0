"""Parts of a model card: scores of the run, the block that hubs read, and the sections of text."""
