"""Behaviour under malformed input, killed processes, fuzzing and mutation of the code."""
