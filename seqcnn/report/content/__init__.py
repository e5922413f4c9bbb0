"""What the report shows of a run's scores.

- `summary`, `score_cards`: the first screen.
- `tables`: cells, columns and tables; scores, largest errors, cost, data, settings.
- One file per topic, with its tables and sentences: `comparison`, `controls`, `coverage` and
  `coverage_tables`, `cross_validation`, `improvement` (what could raise the score), `leakage`, `strata`.
- `score_text`: scores as text.
"""
