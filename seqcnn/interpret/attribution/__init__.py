"""Attribution methods and the attributions file.

- `attribution`: the choice of a method; hypothetical and projected attributions.
- `ism`, `fast_ism`, `fast_ism_layer`: in-silico saturation mutagenesis; for convolutional encoders only what
  a mutation changes is recomputed.
- `references`: integrated gradients and DeepLIFT/SHAP, relative to shuffled references.
- `deeplift/`: the rules of DeepLIFT for the operations of networks.
- `input_gradient`: the corrected input gradient.
- `attribution_file`: attributions.h5.  `logos`, `page`: its logos and its HTML page.
- `sample`: sequences in the window of a model.
"""
