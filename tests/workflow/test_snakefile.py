"""The Snakefile: what it refuses, runs and runs again, and that it equals the commands by hand."""

import os
import shutil
from pathlib import Path

import pytest
import yaml
from support.paths import ROOT
from support.pipeline import CONFIG, QUICK, lay_out, seqcnn, snakemake
from support.served import program

from seqcnn.cli_support.biology_jobs import STATIONS
from seqcnn.config.pipeline import load_pipeline


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pipeline")
    lay_out(folder, CONFIG)
    seqcnn("simulate", "-n", "120", "--length", "50", "-o", "library", folder=folder)
    for name in ("oligos.fa", "targets.tsv"):
        shutil.move(folder / "library" / name, folder / name)
    (folder / "one.fa").write_text(">one\n" + "ACGTC" * 10 + "\n")
    names = [line[1:] for line in (folder / "oligos.fa").read_text().splitlines() if line[0] == ">"]
    (folder / "a pair's.tsv").write_text(f"ref\talt\n{names[0]}\t{names[1]}\n")
    with program(folder):
        snakemake(folder=folder)
    return folder


def test_one_bare_command_makes_the_report_of_every_model_and_seed(run):
    assert (run / "results/toy/report.html").stat().st_size > 10_000
    found = {
        str(path.parent.relative_to(run / "results/toy")) for path in run.glob("results/toy/*/*/metrics.json")
    }
    found -= {"cross_validation/mlp", "cross_validation/mean"}
    assert found == {"cnn/seed1", "cnn/seed2", "cnn/ensemble", "mlp/seed1", "mean/fit"}


def test_every_report_has_its_controls_and_the_cross_validations_that_were_asked_for(run):
    assert '"member": "seed1"' in (run / "results/toy/controls.json").read_text()
    folders = {path.name for path in (run / "results/toy/cross_validation").iterdir()}
    assert folders == {"mlp", "mean"}
    page = (run / "results/toy/report.html").read_text()
    assert "trained and tested on shuffled measurements" in page
    assert "out-of-fold predictions, by models that were not trained on the row&#39;s cluster" in page


def test_every_station_of_biology_is_a_rule_and_a_section_of_the_report(run):
    assert {path.name for path in (run / "results/toy/biology").iterdir()} == set(STATIONS)
    page = (run / "results/toy/report.html").read_text()
    assert "Model: cnn, ensemble." in page
    assert "Scored: 1 of 1 allele (effects.tsv)." in page


def test_pipeline_and_commands_by_hand_give_the_same_bytes(run):
    seqcnn(
        "prepare",
        "oligos.fa",
        "targets.tsv",
        "--data-config",
        "configs/pipeline.yaml",
        "-o",
        "hand/d.h5",
        folder=run,
    )
    model = [
        "--config",
        "configs/models/cnn.yaml",
        "--seed",
        "2",
        "--threads",
        str(min(2, len(os.sched_getaffinity(0)))),  # as many as the rule gets on this machine
        "-o",
        "hand/model.safetensors",
    ]
    seqcnn("train", "hand/d.h5", *model, folder=run)
    seqcnn("predict", "oligos.fa", "-m", "hand/model.safetensors", "-o", "hand/all.tsv", folder=run)
    seqcnn("predict", "hand/d.h5", "-m", "hand/model.safetensors", "-o", "hand/p.tsv", folder=run)
    seqcnn("evaluate", "hand/d.h5", "hand/p.tsv", "-o", "hand/metrics.json", folder=run)
    member = run / "results/toy/cnn/seed2"
    for mine, theirs in (("model.safetensors",) * 2, ("p.tsv", "predictions.tsv"), ("metrics.json",) * 2):
        assert (run / "hand" / mine).read_bytes() == (member / theirs).read_bytes(), mine
    rows = set((run / "hand/all.tsv").read_text().splitlines())
    assert rows >= set((member / "predictions.tsv").read_text().splitlines())


def test_a_finished_run_has_nothing_left_to_do(run):
    assert "Nothing to be done" in snakemake("-n", folder=run)


def test_an_output_that_was_removed_is_made_again_and_a_page_that_was_cut_is_named(run):
    page, metrics = run / "results/toy/report.html", run / "results/toy/mlp/seed1/metrics.json"
    metrics.rename(run / "aside")
    plan = snakemake("-n", folder=run)
    (run / "aside").rename(metrics)
    assert "evaluate.mlp.seed1" in plan
    assert "rule train" not in plan
    page.rename(run / "aside")
    page.write_bytes((run / "aside").read_bytes()[:-100])
    said = snakemake("-n", folder=run, code=1)
    (run / "aside").replace(page)
    assert "results/toy/report.html: truncated; remove it to write it again" in said


def test_editing_one_models_yaml_runs_only_that_model_again(run):
    config = run / "configs/models/mlp.yaml"
    before = config.read_text()
    config.write_text(yaml.safe_dump(QUICK["mlp"] | {"training": {"epochs": 2}}))
    plan = snakemake("-n", folder=run)
    config.write_text(before)
    assert "mlp/seed1" in plan
    assert "train.cnn" not in plan
    assert "rule prepare" not in plan


def test_snakemakes_own_report_can_be_made(run):
    snakemake("--report", "snakemake.html", folder=run)
    page = (run / "snakemake.html").read_text()
    assert "The report of the run toy: scores of all models" in page
    assert "similar to those of the training" in page


MODULE = """
module seqcnn:
    snakefile: {snakefile!r}
    config: {{**config, "sequences": "oligos.fa", "data": {{"targets": ["expression"]}}, "models": ["mlp"]}}

use rule * from seqcnn as seqcnn_*

rule best:
    default_target: True
    input: rules.seqcnn_all.input, "results/other/mlp/seed1/metrics.json"
    output: "best.txt"
    shell: "touch {{output}}"
"""


def test_another_workflow_uses_it_as_a_module_with_its_own_configuration(run):
    folder = run / "other workflow"
    folder.mkdir()
    (folder / "Snakefile").write_text(MODULE.format(snakefile=str(ROOT / "workflow/Snakefile")))
    for name in ("oligos.fa", "targets.tsv"):
        (folder / name).symlink_to(run / name)
    own = ("--config", "name=other", "targets=targets.tsv")
    plan = snakemake("-n", *own, folder=folder, snakefile=folder / "Snakefile")
    assert "results/other/mlp/seed1/model.safetensors" in plan
    assert "rule seqcnn_train" in plan
    assert "rule best" in plan
    assert "toy" not in plan
    assert load_pipeline(folder / ".snakemake/seqcnn/other.yaml").models == ("mlp",)


def test_adding_a_model_of_the_package_trains_nothing_again(run):
    config = run / "configs/pipeline.yaml"
    before = config.read_text()
    config.write_text(yaml.safe_dump(CONFIG | {"models": ["cnn", "mlp", "mean", "gc"]}))
    plan = snakemake("-n", folder=run)
    config.write_text(before)
    assert "baseline.gc" in plan
    assert "rule train" not in plan


@pytest.mark.parametrize("config", sorted(path.name for path in (ROOT / "configs").glob("*.yaml")))
def test_every_shipped_config_can_be_planned(config, tmp_path):
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    for data in ("example", "biology"):
        shutil.copytree(ROOT / "data" / data, tmp_path / "data" / data)
    plan = snakemake("-n", "--configfile", f"configs/{config}", folder=tmp_path)
    assert "rule report" in plan


def test_the_workflow_passes_snakemakes_lint():
    assert "good condition" in snakemake("--lint", folder=ROOT)


def blocks_of(plan: str) -> dict[str, list[str]]:
    """Return rule -> the text of each of its jobs in a plan."""
    blocks = {}
    for text in plan.split("\nrule ")[1:]:
        blocks.setdefault(text.split(":")[0], []).append(text)
    return blocks


def test_the_slurm_profile_plans_gpu_jobs_at_once_with_their_threads_on_any_machine(tmp_path):
    biology = {"variants": {"vcf": "v.vcf", "genome": "g.fa"}, "scan": {"genome": "g.fa"}}
    biology |= {"attribute": {}, "saturate": {"sequences": "oligos.fa"}}
    lay_out(tmp_path, CONFIG | {"more_seeds": {"cnn": [2, 3, 4]}, "biology": biology, "shards": 2})
    for name in ("oligos.fa", "targets.tsv", "v.vcf", "g.fa"):
        (tmp_path / name).write_text("")
    jobs = blocks_of(snakemake("-n", "--profile", "profiles/slurm", folder=tmp_path))
    assert [job.count("threads: 8") for job in jobs["train"]] == [1] * 5
    requests = {rule for rule, texts in jobs.items() if all("gpu=1" in text for text in texts)}
    networks = {"train", "ensemble", "predict_shard", "controls", "cross_validate"}
    assert requests == networks | {f"{name}_shard" for name in biology}
    assert "gpu=" not in "".join(jobs["predict"] + jobs["variants"] + jobs["prepare"])
    assert len(jobs["predict_shard"]) == 2 * len(jobs["predict"])
    assert "--shard 2/2" in "".join(jobs["scan_shard"])


def test_other_profiles_have_no_limits_of_this_machine_and_a_cluster_without_gpus_one_switch(
    tmp_path, monkeypatch
):
    from snakemake.cli import parse_args

    shutil.copytree(ROOT / "profiles", tmp_path / "profiles")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SNAKEMAKE_PROFILE", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    snakefile = ["--snakefile", str(ROOT / "Snakefile")]

    def limits(*words):
        """Return the limits of cores and of GPUs."""
        monkeypatch.setattr("sys.argv", ["snakemake", *words])
        arguments = parse_args([*snakefile, *words])[1]
        gpu = dict(arguments.resources or {}).get("gpu")
        return arguments.cores, None if gpu is None else gpu.value

    slurm = ("--profile", "profiles/slurm")
    assert (limits(), limits(*slurm)) == ((len(os.sched_getaffinity(0)), 0), (800, None))
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert (limits()[1], limits(*slurm)[1]) == (1, None)
    config = tmp_path / "profiles/slurm/config.yaml"
    config.write_text(config.read_text().replace("# resources:\n#   - gpu=0", "resources:\n  - gpu=0"))
    assert limits(*slurm) == (800, 0)


def test_the_bundle_that_a_model_starts_from_is_an_input_of_its_training(tmp_path):
    lay_out(tmp_path, CONFIG | {"biology": None})
    for name in ("oligos.fa", "targets.tsv"):
        (tmp_path / name).write_text("")
    model = QUICK["cnn"] | {"pretrained": {"model": "library.safetensors", "dataset": "library.h5"}}
    (tmp_path / "configs/models/cnn.yaml").write_text(yaml.safe_dump(model))
    said = snakemake("-n", folder=tmp_path, code=1)
    assert "library.safetensors" in said
    assert "library.h5" in said
    for name in ("library.safetensors", "library.h5"):
        (tmp_path / name).write_text("")
    assert "rule train" in snakemake("-n", folder=tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"modles": ["cnn"]}, "did you mean 'models'"),
        (
            {"models": ["cnm"]},
            "models: 'cnm' found; expected a file configs/models/NAME.yaml; did you mean 'cnn'?",
        ),
        (
            {"models": ["xyz"]},
            "models: 'xyz' found; expected a file configs/models/NAME.yaml; known: alexnet, boosting, cnn,",
        ),
        ({"name": "../elsewhere"}, "name"),
        ({"seeds": ["one"]}, "seeds"),
        ({"cross_validate": ["gc"]}, "cross_validate: 'gc' found; expected one of `models`"),
        ({"folds": 2}, "folds"),
        ({"data": {"targets": ["expression"], "split": {"method": "randm"}}}, "split.method"),
    ],
)
def test_a_bad_config_is_refused_before_any_job(change, message, tmp_path):
    lay_out(tmp_path, CONFIG | change)
    assert message in snakemake("-n", folder=tmp_path, code=1)
    assert not (tmp_path / "results").exists()


def test_values_on_the_command_line_are_refused(tmp_path):
    lay_out(tmp_path, CONFIG)
    assert "edit a copy of the config" in snakemake("-n", "--config", "seeds=[3]", folder=tmp_path, code=1)
