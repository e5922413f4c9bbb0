"""Parts of `scan`: regions, scanner, peaks, tracks."""
