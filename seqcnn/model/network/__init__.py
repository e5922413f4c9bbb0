"""The network of a bundle: regressor, header, bundle file and k-mer profile of the training sequences.

`regressor` is the network, `header` its metadata, `bundle` the file of both; `ood` and `kmer_profile` detect
out-of-distribution sequences; `cautions` says what a header warns of.  Nothing here predicts or trains.
"""
