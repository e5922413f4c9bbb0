"""Texts and bytes as columns, without an object of Python for each.

- `byte_strings`: sequences and ids; which of them are equal.
- `cells`: rows of a table.
"""
