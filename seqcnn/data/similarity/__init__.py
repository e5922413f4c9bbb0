"""Search for similar sequences: seeds, alignment, masking of constant positions."""
