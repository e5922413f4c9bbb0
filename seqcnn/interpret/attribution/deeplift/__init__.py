"""DeepLIFT multipliers of any network, by rules for the operations of torch that it calls.

- `pair`: `Pair`, tensors of sequences with those of their references; the rules by operation.
- `linear`: operations that keep differences: convolutions, sums, shapes, means.
- `elementwise`: activations by the rescale rule.  `products`: products of two activations, quotients.
- `maxima`: maxima and max pooling.  `normalizations`: softmax and layer norm, from their parts.
- `recurrent`: LSTM, GRU and simple recurrent layers, step by step.
- `multipliers`: the multipliers of a model.
"""
