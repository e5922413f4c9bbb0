"""Predict a FASTA file with gReLU and the reference network; print the seconds of each run.

`python predict_grelu.py FILE.fa OUT.tsv THREADS REPEATS`
"""

import sys
import time

import pandas as pd
import torch
from Bio import SeqIO
from grelu.data.dataset import SeqDataset
from grelu.lightning import LightningModel
from torch import nn

fasta, output, threads, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
torch.set_num_threads(threads)
model = LightningModel({"model_type": "ConvModel", "n_tasks": 1}, {"task": "regression", "loss": "mse"})
model.model = nn.Sequential(
    nn.Conv1d(4, 128, 13, padding=6), nn.ReLU(), nn.MaxPool1d(2),
    nn.Conv1d(128, 64, 7, padding=3), nn.ReLU(), nn.MaxPool1d(2),
    nn.Flatten(), nn.Linear(64 * 50, 64), nn.ReLU(), nn.Linear(64, 1), nn.Unflatten(1, (1, 1)),
)  # fmt: skip
for _ in range(repeats):
    begin = time.perf_counter()
    records = list(SeqIO.parse(fasta, "fasta"))
    data = SeqDataset([str(record.seq) for record in records])
    y_hat = model.predict_on_dataset(data, devices="cpu", batch_size=64, num_workers=0)
    table = pd.DataFrame({"id": [record.id for record in records], "prediction": y_hat.ravel()})
    table.to_csv(output, sep="\t", index=False)
    print("seconds", time.perf_counter() - begin)
