"""From sequences and a trained model to predictions.

`trained_model` is the public model; `predict_records` predicts files, `batches` rows, `shared_windows`
overlapping windows; `predictions` and `prediction_table` hold the results, `conformal` their intervals;
`device`, `threads` and `target` resolve options.
"""
