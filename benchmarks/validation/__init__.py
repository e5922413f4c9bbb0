"""Checks of the statistics on simulated data with known truth; one module per study."""
