from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from dataclasses import replace

import numpy as np
import pytest
from support.fake_run import MEMBERS, dataset, make_run
from support.pages import HOSTILE, Outline

from seqcnn.errors import TableError, UsageError, has_control
from seqcnn.evaluation.evaluate import evaluate
from seqcnn.evaluation.score import Score
from seqcnn.io.json_file import write_json
from seqcnn.model.inference.prediction_table import PredictionTable, write_predictions
from seqcnn.report.content.score_text import score_text
from seqcnn.report.figures import FIGURES
from seqcnn.report.report import render, report
from seqcnn.report.run.collect import collect
from seqcnn.report.run.settings import configurations


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    data = dataset(targets=("activity", "stability"), notes=["3 sequences dropped: no target was measured"])
    run = make_run(folder / "example", data, MEMBERS)
    report(run, folder / "report.html")
    return run, folder / "report.html"


def test_report_says_what_was_measured_and_which_model_is_best(example):
    text = " ".join("".join(Outline(example[1].read_text()).text).split())
    assert (
        "240 DNA sequences of 40 to 60 bp, with 2 measurements each: activity (log2), stability (log2)."
        in text
    )
    assert "120 training, 60 validation and 60 test sequences. Split: random, by group (seed 1)." in text
    assert "It was selected among 5 scored fits by its validation score, not by its test score." in text
    assert "activity: test rows, n = 60; split random, by group (seed 1)" in text
    assert "Split: random, by group (seed 1)." in text
    assert "This split is leaky: 30 of 60 test sequences (50%)" in text
    assert "3 sequences dropped: no target was measured" in text


def test_report_shows_the_numbers_of_metrics_json(example):
    run, page = example
    found = json.loads((run / "cnn/seed1/metrics.json").read_text())["parts"]["test"]["stability"]["pearson"]
    cell = (
        rf'data-value="{found["value"]}">{found["value"]:.2f} \({found["low"]:.2f} to {found["high"]:.2f}\)'
    )
    assert re.search(cell, page.read_text())


def test_panels_say_the_r_that_noise_allows(example, tmp_path):
    found = json.loads((example[0] / "cnn/seed1/metrics.json").read_text())["parts"]["test"]["activity"]
    limit = found["ceiling"]["attainable_r"]
    assert f">noise ceiling r = {limit:.2f}</span>" in example[1].read_text()
    run = make_run(tmp_path / "r", dataset(replicates=0), {"ridge/fit": 0.4}, extras=False)
    assert "noise ceiling r" not in render(collect(run))


def test_report_chooses_by_validation_and_not_by_test(tmp_path):
    data = dataset()
    run = make_run(tmp_path / "r", data, {"a/fit": 0.5, "b/fit": 0.5})
    for name, good in (("a", "val"), ("b", "test")):
        y_hat = np.where(data.split[:, None] == good, data.targets, -data.targets)
        write_predictions(run / name / "fit/predictions.tsv", data.ids, y_hat[None], data.target_names)
        write_json(run / name / "fit/metrics.json", evaluate(data, y_hat, resamples=10))
    assert collect(run).best.model == "a"


def test_report_gives_the_same_bytes_twice(example, tmp_path):
    report(example[0], tmp_path / "report.html")
    for path in [example[1], *example[1].with_name("report_figures").iterdir()]:
        again = tmp_path / path.relative_to(example[1].parent)
        assert again.read_bytes() == path.read_bytes(), path.name


def test_a_dataset_that_stays_in_its_file_gives_the_same_page(example, tmp_path, monkeypatch):
    monkeypatch.setattr("seqcnn.report.run.collect.IN_MEMORY_MB", 0)
    report(example[0], tmp_path / "report.html")
    assert (tmp_path / "report.html").read_bytes() == example[1].read_bytes()


def test_hostile_names_add_no_element_and_no_attribute(tmp_path):
    def outline(names: list[str]) -> Outline:
        words = [name for name in names if not has_control(name)]  # ids with control characters are refused
        ids = [f"{words[i % len(words)]}{i}" for i in range(240)]
        data = dataset(ids=ids, targets=(names[0], names[1]), notes=names)
        data = replace(data, categories=np.where(data.categories == "a", names[7], names[8]))
        data.category_names[:] = names[9:10]
        data.provenance.update(split=names[2], inputs={names[3]: names[4]})
        data.units[:] = names[5:7]
        data.provenance["replicates"] = {names[0]: names[10:12], names[1]: names[12:14]}
        run = make_run(tmp_path / str(len(names[-1])), data, {"cnn/seed1": 0.4, "ridge/fit": 0.9})
        return Outline(render(collect(run)))

    plain, hostile = outline([f"name{i}" for i in range(len(HOSTILE))]), outline(HOSTILE)
    drawn = {tag for tag in plain.tags if tag[0] in ("g", "use", "path", "text", "image", "defs")}
    assert {k: n for k, n in plain.tags.items() if k not in drawn} == {
        k: n for k, n in hostile.tags.items() if k not in drawn
    }
    assert set(hostile.tags) <= set(plain.tags)
    text = "".join(hostile.text)
    assert HOSTILE[0] in text
    assert r"\u202eevil\x1b[31m" in text
    assert r"\udcff" in text


def test_page_loads_nothing_and_its_policy_allows_exactly_its_script(example):
    page = example[1].read_text()
    outline = Outline(page)
    files = [load for load in outline.loads if not load.startswith(("#", "data:"))]
    assert all(load.startswith("report_figures/") for load in files)  # links, which load nothing
    assert outline.tags["a", ("download", "href")] == len(files) - 1 > 0
    assert not re.search(r"@import|url\((?!#)", page)
    assert not re.search(r"https?://(?!www\.w3\.org/)", page)
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert len(scripts) == 1
    assert f"script-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize("shown", FIGURES, ids=[figure.name for figure in FIGURES])
def test_every_figure_is_in_the_page_with_an_alternative_text(shown, example):
    page = example[1].read_text()
    section = page[page.index(f'<section id="{shown.name}">') :].split("</section>")[0]
    assert shown.title in section
    assert section.count("<svg aria-hidden") == section.count('role="img" aria-label="') > 0


def test_ids_in_the_page_are_unique(example):
    ids = re.findall(r'\sid="([^"]+)"', example[1].read_text())
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"cnn/seed1": 0.4}, "Not known: no baseline was fitted in this run"),
        ({"cnn/ensemble": 0.4}, "On the test set, cnn, ensemble explains"),
        ({"ridge/fit": 0.4}, "No network was trained in this run"),
        ({"mean/fit": np.inf}, "Pearson r is not defined, because predictions or measurements are constant"),
        (
            {"cnn/seed1": 0.4, "mean/fit": np.inf},
            "One of cnn, seed 1 and mean (mean of the training rows) predicts a constant",
        ),
        ({"cnn/seed1": 0.4, "boosting/fit": 0.41}, "; the 95% interval of the difference includes 0."),
        ({"cnn/seed1": 0.1, "ridge/fit": 2.0}, "Yes: cnn, seed 1 explains"),
        ({"cnn/seed1": 2.0, "ridge/fit": 0.1}, "No, the baseline is better: cnn, seed 1 explains"),
    ],
)
def test_report_of_a_part_of_the_models(members, said, tmp_path):
    run = make_run(tmp_path / "r", dataset(replicates=0, vary=False), members, extras=False)
    page = render(collect(run))
    assert said in page
    assert "Not known: the dataset has no replicates" in page
    assert "error by length" not in page


def test_the_page_explains_p_and_why_r_squared_is_not_the_score_r2(example):
    page = example[1].read_text()
    assert "p-values are two-sided and adjusted for the number of comparisons" in page
    assert "R² counts errors of offset and scale as well, so it is at most r²." in page


def test_settings_that_all_models_share_stand_once(example, tmp_path):
    run = collect(example[0])
    assert [model for model, _ in configurations(run)] == ["cnn"]  # the only model with a bundle
    make_run(tmp_path / "r", run.dataset, {"cnn/seed1": 0.4, "mlp/seed1": 0.5})
    own = configurations(collect(tmp_path / "r"))
    assert [model for model, _ in own] == ["cnn", "mlp", "all models"]
    assert own[0][1] == [("bundle", "cnn/seed1")]
    shared = dict(own[2][1])
    assert shared["split"] == "random, by group (seed 1)"
    assert shared["threads"] == "none"
    assert "flank5 = none" in shared["layout"]


def test_no_text_of_ours_has_an_escaped_character(example):
    assert not re.search(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4})", "".join(Outline(example[1].read_text()).text))


def test_titles_of_folded_tables_stand_once(example):
    page = example[1].read_text()
    titles = re.findall(r"<summary>(The .* most similar pairs .*)</summary>", page)
    assert titles
    assert all(page.count(f">{title}<") == 1 for title in titles)


def test_undefined_scores_are_dashes_with_an_explanation(example):
    page = example[1].read_text()
    assert 'data-value=""><abbr title="no value">–</abbr>' in page
    assert "A dash (–) means: not defined, such as r" in page


def test_missing_measurements_are_counted_and_left_out(tmp_path):
    data = dataset(targets=("a", "b"))
    data.targets[:7, 1] = np.nan
    page = render(collect(make_run(tmp_path / "r", data, {"ridge/fit": 0.4})))
    assert "7 measurements are missing and left out." in page
    assert "b: test rows, n = 59" in page


def test_a_target_without_test_rows_is_reported_without_comparisons(tmp_path):
    data = dataset(targets=("a", "b"))
    data.targets[data.part("test"), 1] = np.nan
    page = render(collect(make_run(tmp_path / "r", data, {"cnn/seed1": 0.3, "ridge/fit": 0.4})))
    assert "b: every model against cnn, seed 1" in page


def test_other_folders_and_files_are_passed_over(example, tmp_path):
    run = shutil.copytree(example[0], tmp_path / "example")
    (run / "logs/seed1.log").mkdir(parents=True)
    (run / "cnn/seed1/model.safetensors.state").mkdir()
    (run / "rnn/seed1").mkdir(parents=True)
    assert len(collect(run).members) == len(MEMBERS)


@pytest.mark.parametrize(
    ("score", "metric", "text"),
    [
        (Score(0.8412, 0.83, 0.852, 9), "pearson", "0.84 (0.83 to 0.85)"),
        (Score(0.8412, 0.8401, 0.8425, 9), "pearson", "0.841 (0.840 to 0.843)"),
        (Score(-0.2, -0.31, 0.1, 9), "r2", "−0.20 (−0.31 to 0.10)"),
        (Score(1234.5, 1200.0, 1300.0, 9), "rmse", "1.23e+03 (1.20e+03 to 1.30e+03)"),
        (Score(0.5, None, None, 2), "pearson", "0.50 (no interval)"),
        (Score(None, None, None, 2), "pearson", "–"),
    ],
)
def test_score_text(score, metric, text):
    assert score_text(score, metric) == text


def test_errors_name_the_file_and_the_remedy(example, tmp_path):
    with pytest.raises(UsageError, match="No such folder"):
        collect(tmp_path / "nothing")
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="file: is a file; expected the results of the pipeline"):
        collect(tmp_path / "file")
    run = shutil.copytree(example[0], tmp_path / "example")
    with pytest.raises(UsageError, match="same file"):
        report(run, run / "dataset.h5")
    path = run / "cnn/seed1/metrics.json"
    good = path.read_text()
    for bad in ("{", "[]", good.replace('"n": 60', '"n": 61'), good.replace('"rmse"', '"rmsd"')):
        path.write_text(bad)
        with pytest.raises(TableError, match=r"cnn/seed1/metrics\.json: "):
            report(run, tmp_path / "page.html")
    path.write_text(good)
    (run / "cnn/seed1/history.csv").write_text("epoch,train_loss\n1,2\n")
    with pytest.raises(TableError, match=r"history\.csv: no column .val_loss."):
        collect(run)
    (run / "cnn/seed1/history.csv").write_text("epoch,train_loss,val_loss,lr\n1,2,3,4\n")
    (run / "cnn/seed1/run.json").write_text('{"epochs": 2}')
    with pytest.raises(TableError, match=r"history\.csv: 1 epoch; run\.json says 2; train it again"):
        collect(run)
    shutil.rmtree(run / "cnn")
    shutil.rmtree(run / "ridge")
    shutil.rmtree(run / "mean")
    with pytest.raises(UsageError, match="no scored model"):
        collect(run)
    assert not (tmp_path / "page.html").exists()


def test_page_of_ten_models_stays_below_three_megabytes(tmp_path):
    data = dataset(6000, targets=("a", "b"))
    data.split[:] = np.array(["train", "val", *["test"] * 10])[np.arange(6000) % 12]
    run = make_run(tmp_path / "r", data, {"model0/seed1": 0.3}, extras=False)
    for i in range(1, 10):
        shutil.copytree(run / "model0/seed1", run / f"model{i}/seed1")
    assert len(render(collect(run)).encode()) < 3_000_000


def test_metrics_with_the_old_name_of_a_key_are_refused_with_the_new_one(tmp_path):
    run = make_run(tmp_path / "r", dataset(), {"ridge/fit": 0.4}, extras=False)
    path = run / "ridge/fit/metrics.json"
    path.write_text(path.read_text().replace("test_by_leakage", "test_apart"))
    with pytest.raises(TableError, match=r"metrics\.json: 'test_apart' is now called 'test_by_leakage'; run"):
        collect(run)


def test_what_is_in_memory_is_not_read_again(tmp_path):
    data = dataset()
    run = make_run(tmp_path / "r", data, {"cnn/seed1": 0.4, "ridge/fit": 0.9}, extras=False)
    paths = list(run.glob("*/*/predictions.tsv"))
    tables = {path.parent: PredictionTable.read(path, data.ids, data.target_names) for path in paths}
    expected = render(collect(run))
    for path in [*paths, run / "dataset.h5"]:
        path.write_text("")
    assert render(collect(run, dataset=data, tables=tables)) == expected


def test_a_report_links_to_a_predictor_page_beside_it(example, tmp_path, text_only):
    report(example[0], tmp_path / "report.html", figures=False)
    assert "predictor.html" not in (tmp_path / "report.html").read_text()
    (tmp_path / "predictor.html").write_text("a page")
    report(example[0], tmp_path / "report.html", figures=False, overwrite=True)
    assert '<a href="predictor.html">Predict new sequences' in (tmp_path / "report.html").read_text()
