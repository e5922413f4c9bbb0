"""Trained models -> biology: attributions, motifs, variants, scans and designs."""
