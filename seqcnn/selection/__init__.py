"""Selection of the sequences to measure next: candidates, their features, and the choice of a batch.

`next_batch` is the station.
"""
