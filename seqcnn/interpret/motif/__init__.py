"""Motifs from filters and attributions: patterns, matches, ablation, MEME files."""
