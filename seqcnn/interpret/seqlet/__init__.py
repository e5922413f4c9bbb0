"""Parts of `seqlets`.

- `null`: attributions without signal, from which the false-discovery rate is estimated.
"""
