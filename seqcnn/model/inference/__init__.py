"""From sequences and a trained model to predictions.

`trained_model` is a bundle in memory, on which the public `Model` builds; `predict_records` predicts files,
`batches` rows, `shared_windows` overlapping windows; `predictions` and `prediction_table` hold the results,
`conformal` their intervals; `device`, `threads` and `target` resolve options.
"""
