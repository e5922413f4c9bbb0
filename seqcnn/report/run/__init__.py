"""Read and validate the files of a run."""
