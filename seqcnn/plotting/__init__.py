"""Figures: SVG, sequence logos, tracks, style, number formatting."""
