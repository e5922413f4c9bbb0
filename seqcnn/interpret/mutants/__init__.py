"""Predictions of mutants of a sequence, of which a network recomputes only what the mutation changes.

- `mutations`: single-base mutations of sequences, and their predictions by any model.
- `features`: features of mutants, which a network takes in place of a batch; `layers`: its layers on them.
"""
