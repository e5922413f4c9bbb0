"""Arguments of small encoders, by the name of the encoder."""

SMALL = {
    "cnn": {"filters": (6, 5), "dense": 7},
    "mlp": {"hidden": (8, 7)},
    "rnn": {"hidden": 5, "channels": 6},
    "transformer": {"features": 8, "heads": 2},
}
OTHER = {  # even widths, and what the defaults leave out
    "cnn": {
        "filters": (4, 3),
        "widths": (8, 4),
        "pools": (2, 5),
        "batch_norm": False,
        "activation": "exponential",
        "both_strands": True,
    },
    "mlp": {"hidden": (3,)},
    "rnn": {"cell": "gru", "hidden": 3, "word": 3, "stride": 2, "channels": 2},
    "transformer": {"features": 6, "heads": 3, "layers": 1, "word": 1, "stride": 1},
}
