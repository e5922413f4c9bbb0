"""The report of a run: one self-contained HTML page, and a folder of its figures and tables.

- `report`: writes the page of a run; `figure_folder`: the folder beside it.
- `run/`: reads and checks the files of a run's folder; `content/`: sentences and tables on scores;
  `figures/`: its figures; `biology/`: one section per station of the pipeline's `biology` part.

Must not train, predict or compute scores: those come from `evaluation`.
"""
