"""What trained models recover: the simulated ground truth, and known elements of plant terminators."""
