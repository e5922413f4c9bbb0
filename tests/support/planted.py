"""Random oligos with a planted motif, and their measurements."""

import random

MOTIF = "TGACTCA"
LENGTH = 30


def planted(n=64, length=LENGTH, seed=0):
    """Random oligos, every other one with `MOTIF` somewhere, and their measurements: 2 with it, 0 without."""
    draw = random.Random(seed)
    sequences, y = [], []
    for number in range(n):
        letters = "".join(draw.choices("ACGT", k=length))
        at = draw.randrange(length - len(MOTIF) + 1)
        if number % 2:
            letters = letters[:at] + MOTIF + letters[at + len(MOTIF) :]
        sequences.append(letters)
        y.append(2.0 * (number % 2) + draw.gauss(0, 0.05))
    return sequences, y


def split_of(n):
    """Every fourth pair of rows validates or tests, in turn."""
    return [{3: "val", 7: "test"}.get(number // 2 % 8, "train") for number in range(n)]
