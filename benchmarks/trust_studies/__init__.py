"""Studies of what seqcnn promises, on simulated data whose truth is known; see benchmarks/trust.py."""
