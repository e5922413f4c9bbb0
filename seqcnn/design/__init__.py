"""Sequences with a wanted prediction that satisfy synthesis and cloning constraints."""
