"""The report of a run: one self-contained HTML page.

- `report`: writes the page of a run.
- `run/`: reads and checks the files of a run's folder; `content/`: sentences, tables and figures on
  scores; `biology/`: one section per station of the pipeline's `biology` part.

Must not train, predict or compute scores: those come from `evaluation`.
"""
