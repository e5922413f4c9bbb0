"""From sequences and a trained model to predictions: batches, devices, streams, tables, intervals."""
