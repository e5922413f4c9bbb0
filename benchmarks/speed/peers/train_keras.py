"""Train the reference network with Keras on TensorFlow; print the seconds of each epoch.

`python train_keras.py N BATCH THREADS EPOCHS`.  The first epoch includes the tracing of the network.
"""

import os
import sys
import time

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
import keras
import numpy as np
import tensorflow as tf
from keras_network import network

count, batch, threads, epochs = map(int, sys.argv[1:])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
generator = np.random.default_rng(0)
x = np.eye(4, dtype=np.float32)[generator.integers(0, 4, (count, 200))]
y = generator.normal(size=(count, 1)).astype(np.float32)
model = network()
model.compile(optimizer=keras.optimizers.AdamW(1e-3), loss="mse")
for _ in range(epochs):
    begin = time.perf_counter()
    model.fit(x, y, batch_size=batch, verbose=0)
    print("seconds", time.perf_counter() - begin)
