"""What a trained model recovers of the simulated ground truth."""
