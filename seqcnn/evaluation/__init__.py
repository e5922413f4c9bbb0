"""From predictions to scores with intervals.

- `evaluate`: metrics of each part of the split, with bootstrap intervals and noise ceilings.
- `controls`, `cross_validate`, `learning_curve`: stations that train models to test a score.
- `score`: one metric with its interval; `strata`: subsets of the test rows.
- `resampling`, `paired_bootstrap`, `multiple_testing`: the statistics.

Must not import `report` or `plotting`.
"""
