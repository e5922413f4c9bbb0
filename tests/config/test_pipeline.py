import csv
import inspect
import json
from pathlib import Path

import pytest
from support.paths import BAD_CONFIGS, ROOT

from seqcnn.cli_support.data import DataOptions, data_plan
from seqcnn.config.arguments import BASELINE_ARGS, args_schema
from seqcnn.config.model import ModelConfig, TrainingPlan, check_model_args, load_model_config
from seqcnn.config.pipeline import PipelineConfig, load_models, load_pipeline
from seqcnn.config.recipes import RETIRED_MODELS, known_models, named_config, recipe
from seqcnn.encoders import ALL_ENCODERS, ENCODERS
from seqcnn.errors import ConfigError, UsageError
from seqcnn.schema import validate

PIPELINE = "name: run\nsequences: a.fa\ntargets: a.tsv\n"


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "x.yaml"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_pipeline_and_the_models_that_it_names_are_understood(path):
    config = load_pipeline(path)
    assert set(load_models(config, ROOT / "configs/models")) == set(config.models)


@pytest.mark.parametrize("path", sorted((ROOT / "configs/models").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_model_config_is_understood_and_named_after_its_model(path):
    config = load_model_config(path)
    name = config.encoder or config.baseline
    assert path.stem == name or path.stem.startswith(f"{name}_")


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_has_a_shipped_config_that_states_all_its_arguments(name):
    config = load_model_config(ROOT / f"configs/models/{name}.yaml")
    assert set(config.args) == set(args_schema(name, "x").model_fields)


def test_every_baseline_has_a_schema_of_its_arguments():
    from seqcnn.model.baseline import FITS

    assert set(BASELINE_ARGS) == set(FITS)


def test_a_minimal_pipeline_has_the_documented_defaults(write):
    config = load_pipeline(write(PIPELINE))
    assert (config.models, config.seeds, config.data.split.method) == (("cnn",), (1,), "auto")


def test_one_table_is_named_once(write):
    config = load_pipeline(write("name: run\nsequences: a.tsv\n"))
    assert (config.sequences, config.targets) == (Path("a.tsv"), Path("a.tsv"))


def test_a_config_is_frozen(write):
    config = load_pipeline(write(PIPELINE))
    with pytest.raises(ValueError, match="frozen"):
        config.name = "other"


def _rows():
    with (BAD_CONFIGS / "manifest.tsv").open(newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    return [pytest.param(row, id=f"{row['id']}-{Path(row['file']).name}") for row in rows]


@pytest.mark.parametrize("row", _rows())
@pytest.mark.parametrize("load", [load_pipeline, load_model_config], ids=["pipeline", "model"])
def test_every_hostile_config_is_refused_and_nothing_is_run(row, load, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(BAD_CONFIGS / Path(row["file"]).name)
    assert caught.value.exit_code == int(row["expect_exit"])
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())
    assert not Path("/tmp/SEQCNN_PWNED").exists()


@pytest.mark.parametrize("row", _rows())
def test_the_message_names_what_is_wrong_in_a_hostile_config(row):
    expected = {  # the manifest's key names are generic; these are ours
        "c_wrong_type.yaml": "'seed'; did you mean 'seeds'",
        "c_empty.yaml": "'sequences' is missing",
    }.get(Path(row["file"]).name, row["message_regex"])
    with pytest.raises(ConfigError, match=expected):
        load_pipeline(BAD_CONFIGS / Path(row["file"]).name)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seeds: [banana]", r"seeds\.0: 'banana' found"),
        ("seeds: [010]", r"seeds\.0: '010' found"),
        ("seeds: [-1]", r"seeds\.0: '-1' found; .* greater than or equal to 0"),
        ("seeds: [1.5]", r"seeds\.0: '1\.5' found"),
        ("seeds: [true]", r"seeds\.0: 'True' found"),
        ("seeds: []", "seeds: "),
        ("seeds: [1, 1]", "seeds: duplicate entry"),
        (f"seeds: [{', '.join(map(str, range(101)))}]", "seeds: 101 found; an ensemble has at most 100"),
        ("models: [report.html]", "models: 'report.html' found, which is the name of another output"),
        ("models: [cnn, cnn]", "models: duplicate entry"),
        ("models: ['../cnn']", r"models\.0: '\.\./cnn' found"),
        ("models: [-x]", r"models\.0: '-x' found"),
        ("probe: {scan: {}}", "key 'probe' is now called 'biology'"),
        ("seed: 1", "unknown key 'seed'; did you mean 'seeds'"),
        ("data: {sequence_column: s}", r"unknown key 'data\.sequence_column'; did you mean 'sequence'\?"),
        ("data: {sheet: s}", r"unknown key 'data\.sheet'; did you mean 'sheets'\?"),
        (
            "data: {targets: 'HEK293, K562'}",
            r"'HEK293, K562' found; expected a list such as \[HEK293, K562\]",
        ),
        ("data: {missing: x}", r"data\.missing: 'x' found; expected a list such as \[x\]"),
        ("zzz: 1\nyyy: 2", "unknown key 'zzz'; unknown key 'yyy'; known: name, sequences"),
        ("data: {aline: left}", r"unknown key 'data\.aline'; did you mean 'align'"),
        ("data: {split: {metod: random}}", r"unknown key 'data\.split\.metod'; did you mean 'method'"),
        ("data: {split: {method: randum}}", r"data\.split\.method: 'randum' found"),
        ("data: {split: {val_fraction: 0}}", r"data\.split\.val_fraction: '0' found"),
        ("data: {split: {val_fraction: 1e999}}", r"data\.split\.val_fraction: 'inf' found"),
        ("data: {length: 1000001}", r"data\.length: '1000001' found"),
        ("data: {align: middle}", r"data\.align: 'middle' found; .*'left', 'right' or 'center'"),
        ("data: [1]", "data: "),
        ("data: {units: {a: 1}}", r"data\.units\.a: '1' found"),
        ("zzz: 1", "unknown key 'zzz'; known: name, sequences"),
    ],
)
def test_a_faulty_pipeline_is_refused_with_key_value_and_what_is_expected(write, text, message):
    with pytest.raises(ConfigError, match=message):
        load_pipeline(write(PIPELINE + text))


@pytest.mark.parametrize("path", ["-x", "--help", "--output=x", "{x}.fa", "a}.fa", "a\\nb"])
@pytest.mark.parametrize("key", ["sequences", "targets", "genome"])
def test_a_path_that_would_be_an_option_or_a_pattern_is_refused(write, key, path):
    others = "".join(f"{name}: a.fa\n" for name in {"sequences", "targets"} - {key})
    with pytest.raises(ConfigError, match=f"{key}: .*expected a path without braces"):
        load_pipeline(write(f'name: run\n{others}{key}: "{path}"\n'))


@pytest.mark.parametrize(
    ("sequences", "targets"),
    [
        ("/home/me/sequences.fa", "/home/me/targets.tsv"),
        ("../x/sequences.fa", "../x/targets.tsv"),
        ("sequences.fa", "targets.tsv"),
        ("data/mine.fa", "data/targets.tsv"),
        ("data/x/sequences.fa", "data/y/targets.tsv"),
    ],
)
def test_only_what_fetch_writes_can_be_made_by_it(write, sequences, targets):
    files = f"name: run\nsequences: {sequences}\ntargets: {targets}\n"
    assert load_pipeline(write(files)).fetch is None
    with pytest.raises(ConfigError, match="with `fetch`, expected"):
        load_pipeline(write(f"{files}fetch: yeast_5utr\n"))


@pytest.mark.parametrize(
    "name", ["a/b", "..", "../x", "/tmp/x", "-x", ".x", "", "a b", "x" * 65, "a\\nb", "{x}"]
)
def test_a_run_whose_name_is_no_plain_file_name_is_refused(write, name):
    with pytest.raises(ConfigError, match="name: "):
        load_pipeline(write(f'name: "{name}"\nsequences: a.fa\ntargets: a.tsv\n'))


@pytest.mark.parametrize("name", ["a", "A-1", "yeast_5utr", "v1.2", "_x", "x" * 64])
def test_a_run_may_have_any_plain_name(write, name):
    assert load_pipeline(write(f'name: "{name}"\nsequences: a.fa\ntargets: a.tsv\n')).name == name


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "encoder: cnm",
            "unknown encoder 'cnm'; known: alexnet, cnn, dream_rnn, legnet, mlp, resnet, rnn, transformer, "
            "vgg, features; did you mean 'cnn'",
        ),
        ("baseline: ridg", "baseline: 'ridg' found"),
        ("{}", "name either an encoder or a baseline"),
        ("encoder: cnn\nbaseline: mean", "name either an encoder or a baseline"),
        ("encoder: cnn\nargs: {filter: [1, 2]}", "unknown key 'filter'; did you mean 'filters'"),
        ("encoder: cnn\nargs: {filters: 1000000000}", "filters: '1000000000' found"),
        ("encoder: cnn\nargs: {filters: [1000000000, 4]}", r"filters\.0: '1000000000' found"),
        ("encoder: cnn\nargs: {filters: [4]}", r"filters\.1"),
        ("encoder: cnn\nargs: {filters: [0, 4]}", r"filters\.0: '0' found"),
        ("encoder: cnn\nargs: {dropout: 1.0}", "dropout: '1.0' found"),
        ("encoder: cnn\nargs: {batch_norm: no}", "batch_norm: 'no' found"),
        ("encoder: mlp\nargs: {hidden: []}", "hidden: "),
        ("encoder: rnn\nargs: {cell: gruu}", "cell: 'gruu' found; .*'lstm' or 'gru'"),
        ("baseline: ridge\nargs: {k: 7}", "k: '7' found"),
        ("baseline: ridge\nargs: {k: banana}", "k: 'banana' found"),
        ("baseline: ridge\nargs: {K: 3}", "unknown key 'K'"),
        ("baseline: mean\nargs: {k: 3}", "unknown key 'k'; known: none"),
        ("encoder: cnn\ntraining: {epochs: -1}", r"training\.epochs: '-1' found"),
        ("encoder: cnn\ntraining: {epoch: 3}", r"unknown key 'training\.epoch'; did you mean 'epochs'"),
        ("encoder: cnn\ntraining: {batch_size: 0}", r"training\.batch_size: '0' found"),
        ("encoder: cnn\ntraining: {batch_size: 1:30}", r"training\.batch_size: '1:30' found"),
        ("encoder: cnn\ntraining: {lr: .inf}", r"training\.lr: '\.inf' found"),
        ("encoder: cnn\ntraining: {lr: 1e999}", r"training\.lr: 'inf' found"),
        ("encoder: cnn\ntraining: {grad_clip: 1e999}", r"training\.grad_clip: 'inf' found"),
        ("encoder: cnn\ntraining: {lr: 0}", r"training\.lr: '0' found"),
        ("encoder: cnn\ntraining: {loss: mae}", r"training\.loss: 'mae' found"),
        ("encoder: cnn\ntraining: {strand: both}", r"training\.strand: 'both' found"),
        ("encoder: cnn\ntraining: {max_shift: 2.5}", r"training\.max_shift: '2\.5' found"),
        (
            "encoder: cnn\ntraining: {augmentation: {kinds: [deletion, deletion]}}",
            r"training\.augmentation\.kinds: .* found; 'deletion' is there twice; name each kind once",
        ),
        (
            "encoder: cnn\ntraining: {augmentation: {kinds: [inversion]}}",
            r"kinds\.0: 'inversion' found; .*'deletion', 'insertion', 'translocation' or 'mutation'",
        ),
        ("encoder: cnn\ntraining: {augmentation: {kinds: []}}", r"augmentation\.kinds: '\[\]' found"),
        ("encoder: cnn\ntraining: {augmentation: {max_count: 5}}", r"max_count: '5' found; .* equal to 4"),
        ("encoder: cnn\ntraining: {augmentation: {max_span: 0}}", r"max_span: '0' found; .* than 0"),
        ("encoder: cnn\ntraining: {augmentation: {max_spans: 1}}", r"did you mean 'max_span'"),
        ("encoder: cnn\ntraining: null", "training: 'None' found"),
    ],
)
def test_a_faulty_model_config_is_refused_with_key_value_and_what_is_expected(write, text, message):
    with pytest.raises(ConfigError, match=message):
        load_model_config(write(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("encoder: cnn\nargs: {widths: [11, 9]}", "'widths' is now called 'kernel_sizes'"),
        ("encoder: cnn\nargs: {pools: [4, 8]}", "'pools' is now called 'pool_sizes'"),
        ("encoder: cnn\nargs: {dense: 64}", "'dense' is now called 'hidden'"),
        ("encoder: cnn\nargs: {both_strands: true}", "'both_strands' is now called 'rc_tied_filters'"),
        ("encoder: rnn\nargs: {word: 11}", "'word' is now called 'kernel_size'"),
        ("encoder: transformer\nargs: {stride: 5}", "'stride' is now called 'pool_size'"),
        ("encoder: cnn\ntraining: {shift: 2}", r"'training\.shift' is now called 'max_shift'"),
        ("encoder: cnn\ntraining: {mutate: 0.1}", r"'training\.mutate' is now called 'mutation_rate'"),
        ("encoder: cnn\ntraining: {clip: 1}", r"'training\.clip' is now called 'grad_clip'"),
        ("encoder: cnn\ntraining: {warmup: 0.3}", r"'training\.warmup' is now called 'warmup_fraction'"),
        ("encoder: cnn\nteacher: {model: rnn, share: 0.5}", r"'teacher\.share' is now called 'weight'"),
    ],
)
def test_a_key_of_an_earlier_version_is_refused_with_its_new_name(write, text, message):
    with pytest.raises(ConfigError, match=f"key {message}"):
        load_model_config(write(text))


def test_the_losses_of_a_config_are_those_of_training():
    from typing import get_args

    from seqcnn.config.model import TrainingPlan
    from seqcnn.model.training.losses import LOSSES

    assert get_args(TrainingPlan.model_fields["loss"].annotation) == tuple(LOSSES)


@pytest.mark.parametrize(
    ("epochs", "fraction", "first"), [(20, 0.2, 16), (25, 0.2, 20), (1, 0.2, 1), (7, 0, 7), (7, 1, 0)]
)
def test_the_last_epochs_are_clean(epochs, fraction, first):
    plan = {"epochs": epochs, "augmentation": {"clean_fraction": fraction}}
    assert TrainingPlan.model_validate(plan).first_clean_epoch == first
    assert TrainingPlan(epochs=epochs).first_clean_epoch is None


def test_all_faults_of_a_file_are_in_one_short_line(write):
    keys = (
        "epochs: 0, batch_size: 0, lr: 0, grad_clip: 0, max_shift: -1, mutation_rate: 1, warmup_fraction: 1"
    )
    text = f"encoder: cnn\ntraining: {{{keys}}}"
    with pytest.raises(ConfigError) as caught:
        load_model_config(write(text))
    assert str(caught.value).count(" found; ") == 4  # a fifth would make it too long
    assert str(caught.value).endswith("; and 3 more")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ENCODERS)
def test_no_argument_of_an_encoder_can_be_huge_or_negative(name):
    for key, field in args_schema(name, "x").model_fields.items():
        values = [10**9, -1] if field.annotation is not bool else ["yes"]
        for value in values:
            with pytest.raises(ConfigError, match=key):
                check_model_args(ModelConfig(encoder=name, args={key: value}), "x")


def test_defaults_of_the_schema_are_those_of_the_encoder():
    for name, encoder in ENCODERS.items():
        defaults = {
            key: p.default for key, p in inspect.signature(encoder).parameters.items() if key != "length"
        }
        assert args_schema(name, "x")().model_dump() == defaults


def test_a_pipeline_is_no_model_config(write):
    with pytest.raises(ConfigError, match=r"a pipeline configuration; expected a model .*`--data-config`"):
        named_config(str(write(PIPELINE)))


def test_a_model_config_survives_json():
    config = ModelConfig(encoder="cnn", training=TrainingPlan(epochs=3))
    assert validate(ModelConfig, json.loads(config.model_dump_json()), "x") == config


def test_the_command_line_overrides_the_number_of_epochs_only(write):
    config = named_config(str(write("encoder: mlp\ntraining: {epochs: 9, lr: 0.5}")), epochs=2)
    assert (config.encoder, config.training.epochs, config.training.lr) == ("mlp", 2, 0.5)
    assert named_config("rnn").encoder == "rnn"
    with pytest.raises(ConfigError, match=r"--config: 'transfomer' found.*; did you mean 'transformer'"):
        named_config("transfomer")


def test_a_name_is_a_file_of_the_folder_then_a_shipped_model(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert named_config("cnn_motifs") == load_model_config(ROOT / "configs/models/cnn_motifs.yaml")
    assert named_config("ridge").baseline == "ridge"
    (tmp_path / "configs/models").mkdir(parents=True)
    (tmp_path / "configs/models/cnn_motifs.yaml").write_text("encoder: mlp")
    assert named_config("cnn_motifs").encoder == "mlp"


def test_options_of_the_command_line_go_before_the_config(write):
    path = write(PIPELINE + "data: {targets: [a], align: right, missing: [x]}")
    plan = data_plan(DataOptions(data_config=path, columns=("b",), missing=("-",), split="part"))
    assert (plan.targets, plan.align, plan.missing) == (("b",), "right", ("x", "-"))
    assert (plan.split.method, plan.split.column) == ("column", "part")
    assert data_plan(DataOptions(data_config=path)).targets == ("a",)


def test_categories_on_the_command_line_are_columns():
    assert data_plan(DataOptions(categories=("class", "species"))).categories == ("class", "species")
    assert data_plan(DataOptions()).categories == ()


def test_replicates_on_the_command_line_belong_to_a_target():
    for text in ("r1,r2", "r1, r2", " r1 ,r2 ", "y=r1,r2", "y = r1, r2"):
        plan = data_plan(DataOptions(columns=("y",), replicates=(text,)))
        assert plan.replicates == {"y": ("r1", "r2")}
    two = data_plan(DataOptions(columns=("y", "z"), replicates=("y=a,b", "z=c,d")))
    assert two.replicates == {"y": ("a", "b"), "z": ("c", "d")}
    with pytest.raises(UsageError, match=r"replicates of which target.* --replicates 'y'=r1,r2, and so for"):
        data_plan(DataOptions(columns=("y", "z"), replicates=("r1,r2",)))
    with pytest.raises(UsageError, match="target 'y' is there twice"):
        data_plan(DataOptions(columns=("y",), replicates=("y=a,b", "y=c,d")))
    plan = data_plan(DataOptions(replicates=("r1,r2",)))
    assert (plan.targets, plan.replicates) == (("mean of r1 and r2",), {"mean of r1 and r2": ("r1", "r2")})


def test_a_model_of_a_pipeline_is_a_file_of_the_folder_then_a_shipped_model(tmp_path):
    config = PipelineConfig(name="x", sequences="a", targets="b", models=("cnn", "cnn_motifs"))
    (tmp_path / "cnn.yaml").write_text("encoder: mlp")
    models = load_models(config, tmp_path)
    assert models["cnn"].encoder == "mlp"
    assert models["cnn_motifs"] == load_model_config(ROOT / "configs/models/cnn_motifs.yaml")


def test_a_retired_model_is_refused_with_what_to_use_instead_unless_the_folder_has_it(tmp_path):
    message = "'cnn_wide' is no longer a model of the package; use rnn or legnet for tens of thousands"
    config = PipelineConfig(name="x", sequences="a", targets="b", models=("cnn_wide",))
    with pytest.raises(ConfigError, match=f"^models: {message}"):
        load_models(config, tmp_path)
    with pytest.raises(ConfigError, match=f"^--configs: {message}"):
        named_config("cnn_wide", folder=tmp_path, option="--configs")
    (tmp_path / "cnn_wide.yaml").write_text("encoder: mlp")
    assert load_models(config, tmp_path)["cnn_wide"] == named_config("cnn_wide", folder=tmp_path)
    assert not set(RETIRED_MODELS) & set(known_models())


def test_a_model_that_has_no_file_is_refused_with_those_that_there_are(tmp_path):
    config = PipelineConfig(name="x", sequences="a", targets="b", models=("xyz",))
    with pytest.raises(
        ConfigError,
        match=r"models: 'xyz' found; expected a file .*/NAME\.yaml; known: alexnet, boosting, cnn",
    ):
        load_models(config, tmp_path)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"models": ("cnnn",)}, r"models: 'cnnn' found; expected a file .*; did you mean 'cnn'"),
        ({"learning_curve": "ridge"}, r"learning_curve: 'ridge' found; expected an encoder .*: cnn$"),
        ({"cross_validate": ("rnn",)}, r"cross_validate: 'rnn' found; expected one of `models`"),
        ({"cross_validate": ("cnn_distilled",)}, r"cross_validate: 'cnn_distilled' found; .*, without a"),
        ({"biology": {"model": "ridge"}}, r"biology.model: 'ridge' found; .*: cnn, cnn_distilled$"),
        ({"models": ("ridge",), "biology": {}}, r"biology: expected a network in `models`, found basel"),
        ({}, r"cnn_distilled\.yaml: teacher 'rnn' found; expected an encoder .*: cnn$"),
    ],
)  # fmt: skip
def test_models_that_do_not_go_together_are_refused_by_key_and_value(named, message):
    models = ("cnn", "cnn_distilled", "ridge")
    config = PipelineConfig(**{"name": "x", "sequences": "a", "targets": "b", "models": models} | named)
    with pytest.raises(ConfigError, match=message):
        load_models(config, ROOT / "configs/models")


@pytest.mark.parametrize("encoder", ENCODERS)
def test_an_encoder_named_alone_is_trained_as_its_file_says(encoder):
    alone = ModelConfig(encoder=encoder, training=TrainingPlan(**recipe(encoder)))
    file = load_model_config(ROOT / f"configs/models/{encoder}.yaml")
    schema = args_schema(encoder, "test")
    assert alone.training == file.training
    assert schema(**alone.args) == schema(**file.args)


def test_another_encoder_of_the_same_name_has_a_schema_of_its_own(monkeypatch):
    class Other(ENCODERS["mlp"]):
        def __init__(self, length, *, planes: int = 3):
            super().__init__(length)

    before = args_schema("mlp", "x")
    assert args_schema("mlp", "y") is before
    monkeypatch.setitem(ALL_ENCODERS, "mlp", Other)
    assert [*args_schema("mlp", "x").model_fields] == ["planes"] != [*before.model_fields]


def test_a_pipeline_with_a_model_of_features_names_their_file(write):
    text = PIPELINE + "models: [features]\n"
    with pytest.raises(
        ConfigError, match="models: 'features' takes features; add their file: `features: FILE`"
    ):
        load_models(load_pipeline(write(text)), ROOT / "configs/models")
    config = load_pipeline(write(text + "features: a.npz\n"))
    assert config.features == Path("a.npz")
    assert load_models(config, ROOT / "configs/models")["features"].encoder == "features"


def test_a_baseline_has_no_teacher(write):
    with pytest.raises(ConfigError, match="a baseline has no teacher"):
        load_model_config(write("baseline: gc\nteacher: {model: cnn}"))
