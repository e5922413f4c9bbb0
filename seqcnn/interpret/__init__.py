"""Interpret a trained model: attributions, seqlets, motifs, motif insertion, mutagenesis.

- `attribute`: attributions of predictions to bases, attributions.h5.
- `seqlets`: stretches of high attribution at a false-discovery rate, BED.
- `motifs`: motifs of filters and recurring patterns of attributions, with matches in a database.
- `hits`: where motifs are in sequences, and contribute to the prediction.
- `marginalize`: effects of motifs that are inserted into shuffled backgrounds.
- `saturate`: the effect of every single-base change of sequences.
- `dependencies`: the effect of every pair of single-base changes, beyond the sum of their effects.
- `attribution/`, `motif/`, `dependency/`: their parts; `mutants/`: predictions of mutants.

Must not import `seqcnn.genome`, `seqcnn.design` or `seqcnn.report`.
"""
