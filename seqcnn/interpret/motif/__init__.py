"""Parts of `motifs` and `marginalize`.

- `motif`: a learned motif.  `filters`, `patterns`: motifs of filters, and of attributions (TF-MoDISco).
- `ablation`: effects of motifs on the prediction.  `insertion`: effects of inserted motifs.
- `hits`, `hit_tables`: where motifs are in sequences, and tables of counts, co-occurrence and spacing.
- `tomtom`: matches in a database.  `database`: MEME files.  `bed`: BED files.
- `page`: motifs.tsv and motifs.html.
"""
