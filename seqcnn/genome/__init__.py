"""Predictions on a genome: effects of variants, tracks along regions."""
