"""Design sequences with a wanted prediction that satisfy synthesis and cloning constraints.

- `request`: the station; `requests`: options -> start sequences, objective, constraints.
- `design`: one design per start sequence.  `front`, `pareto`, `front_figure`: several goals at once.
- `diversity`: edit distance, and clusters of similar sequences.
- `constraints`: what designs must satisfy, and how much sequences violate it; `synthesis` has one class per
  constraint, and the limits of suppliers.
- `controls`: control sequences under the same constraints.
- `objective`: the wanted prediction and the score of candidates.
- `evolution`, `ledidi`: the searches.
- `order_sheet`: FASTA, table and alignments of designs; `order` has plates, workbook and README.txt.

Must not import `seqcnn.report`.
"""
