"""The reference network in Keras."""

import keras
from keras import layers


def network() -> keras.Model:
    """Return the untrained network."""
    return keras.Sequential([
        keras.Input((200, 4)),
        layers.Conv1D(128, 13, padding="same", activation="relu"), layers.MaxPooling1D(2),
        layers.Conv1D(64, 7, padding="same", activation="relu"), layers.MaxPooling1D(2),
        layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(1),
    ])  # fmt: skip
