from pathlib import Path

from benchmarks.accuracy import run

CONFIG = Path("configs/fly_enhancers.yaml")


def test_data_that_were_not_run_are_named_with_their_published_scores(tmp_path, monkeypatch):
    config = CONFIG.resolve()
    monkeypatch.chdir(tmp_path)
    assert run.section(config, "# Accuracy\n") == (
        "\n## fly_enhancers\n\nNot run here: the data were not downloaded.  Published: "
        "Dev_log2_enrichment 0.68 (DeepSTARR, the authors' CNN); Hk_log2_enrichment 0.74 (the same).\n"
    )
    assert run.section(config, "\n## fly_enhancers\n\nscores\n") == "\n## fly_enhancers\n\nscores\n"
    assert run.section(config.with_name("example_biology.yaml"), "# Accuracy\n") == ""
