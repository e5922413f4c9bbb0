"""What tests share: made-up data, runs and networks, paths, and readers of pages."""
