"""Published datasets: where they are and how they are converted."""
