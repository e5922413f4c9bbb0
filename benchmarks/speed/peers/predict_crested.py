"""Predict a FASTA file with CREsted on Keras and TensorFlow; prints the seconds of each run.

`python predict_crested.py FILE.fa OUT.tsv THREADS REPEATS`
"""

import os
import sys
import time

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
import crested
import pandas as pd
import tensorflow as tf
from Bio import SeqIO
from keras_network import network

fasta, output, threads, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
tf.config.threading.set_intra_op_parallelism_threads(threads)
tf.config.threading.set_inter_op_parallelism_threads(1)
model = network()
for _ in range(repeats):
    begin = time.perf_counter()
    records = list(SeqIO.parse(fasta, "fasta"))
    y_hat = crested.tl.predict([str(record.seq) for record in records], model, verbose=0)
    table = pd.DataFrame({"id": [record.id for record in records], "prediction": y_hat.ravel()})
    table.to_csv(output, sep="\t", index=False)
    print("seconds", time.perf_counter() - begin)
