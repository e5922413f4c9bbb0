"""Transfer: what is copied, what is frozen, what is refused, and what the bundle records."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from support.networks import untrained
from support.planted import planted, split_of

from seqcnn.config.model import ModelConfig, Pretrained
from seqcnn.data.from_arrays import dataset_from_arrays
from seqcnn.encoders import ENCODERS
from seqcnn.errors import BundleError, ConfigError, UsageError
from seqcnn.model.baseline import fit_baseline
from seqcnn.model.ensemble import ensemble
from seqcnn.model.inference.trained_model import load_model
from seqcnn.model.info import describe_bundle
from seqcnn.model.network.bundle import load_network, save_bundle
from seqcnn.model.train import train, train_once, untrained_network
from seqcnn.model.training.setup import describe_training, prepare_training
from seqcnn.model.training.step import RegressorTraining
from seqcnn.model.transfer.pretrained import copy_head, freeze_layers, load_pretrained
from seqcnn.model.transfer.transfer_config import transfer_config


def _initial(dataset, config, machine, seed=1):
    """The network with which a training starts."""
    training = prepare_training(dataset, config, seed, machine, teachers=())
    header = describe_training(training)
    network = untrained_network(header, dataset, seed)
    training.pretrained.initialise(network, header)
    return network


def _state(model):
    return {k: v for k, v in model.regressor.state_dict().items() if not k.startswith("profile")}


def test_with_the_same_target_a_training_starts_from_the_predictions_of_its_source(
    bundle, other, start, one_thread
):
    source, _ = load_network(bundle)
    network = _initial(other, transfer_config(start()), one_thread).eval()
    x = other.rows.one_hot("share")
    assert not torch.equal(network.target_scale, source.target_scale)
    assert torch.allclose(network(x), source(x), rtol=1e-5, atol=1e-5)


def test_with_another_target_the_encoder_is_copied_and_the_output_layer_is_new(
    bundle, other_target, start, one_thread
):
    source, _ = load_network(bundle)
    network = _initial(other_target, transfer_config(start()), one_thread)
    for name, tensor in source.encoder.state_dict().items():
        assert torch.equal(network.encoder.state_dict()[name], tensor), name
    assert not torch.allclose(network.head.weight, source.head.weight, atol=1e-2)


@pytest.mark.parametrize("noise", [False, True])
def test_a_copied_output_layer_predicts_the_same_mean_and_noise_on_another_scale(noise):
    source, network = (
        untrained(filters=(4, 3), hidden=5, predicts_noise=noise, seed=seed).regressor for seed in (1, 2)
    )
    source.target_mean.copy_(torch.tensor([2.0, -1.0]))
    network.encoder.load_state_dict(source.encoder.state_dict())
    copy_head(network, source)
    x = torch.rand(5, 4, 30)
    (mean, sd), (expected, expected_sd) = network.predict_members(x), source.predict_members(x)
    assert torch.allclose(mean, expected, rtol=1e-4)
    assert torch.allclose(sd, expected_sd, rtol=1e-4) if noise else sd is None


@pytest.mark.parametrize("name", ENCODERS)
def test_the_stem_of_every_encoder_is_its_first_layer(name):
    encoder = ENCODERS[name](30, **ENCODERS[name].EXAMPLES[0])
    stem = dict(encoder.get_submodule(encoder.STEM).named_parameters())
    first, weight = next(iter(encoder.named_parameters()))
    assert first.startswith(encoder.STEM)
    assert weight.shape[1] in (4, 4 * 30)
    assert 0 < len(stem) < len(list(encoder.parameters()))


@pytest.mark.parametrize(("freeze", "prefix"), [("stem", "encoder.blocks.0."), ("encoder", "encoder.")])
def test_frozen_layers_keep_weights_and_running_statistics_and_the_others_are_trained(
    bundle, other, start, one_thread, tmp_path, freeze, prefix
):
    model = train(other, transfer_config(start(freeze=freeze)), tmp_path / "m", machine=one_thread)
    source, found = _state(load_model(bundle)), _state(model)
    frozen = {name for name, tensor in found.items() if torch.equal(tensor, source[name])}
    assert {name for name in found if name.startswith(prefix)} <= frozen
    assert "head.weight" not in frozen
    assert ("encoder.dense.linear.weight" in frozen) == (freeze == "encoder")
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_frozen_layers_have_no_dropout():
    network = untrained(filters=(4, 3), hidden=5).regressor.train()
    freeze_layers(network, "stem")
    assert not network.encoder.blocks[0].training
    assert network.encoder.blocks[1].training


def test_without_freezing_all_layers_are_trained(bundle, other, start, one_thread, tmp_path):
    model = train(other, transfer_config(start()), tmp_path / "m", machine=one_thread)
    source = load_network(bundle)[0]
    for name, parameter in model.regressor.named_parameters():
        assert not torch.equal(parameter, source.get_parameter(name)), name


def test_the_bundle_records_its_source_and_info_shows_it(bundle, dataset, other, start, one_thread, tmp_path):
    train(other, transfer_config(start(freeze="stem")), tmp_path / "m", machine=one_thread)
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    (source,) = load_model(tmp_path / "m").header.sources
    assert (source.name, source.sha256) == ("model.safetensors", digest)
    assert (source.training_sha256, source.training_rows) == (dataset.digest(), 48)
    assert (source.freeze, source.head, source.relatives) == ("stem", "kept", None)
    text = (
        f"model.safetensors (SHA-256 {digest[:12]}, trained on 48 sequences, SHA-256 "
        f"{dataset.digest()[:12]}), first layer frozen, output layer kept; its training sequences were not "
        "compared with the validation and test sequences"
    )
    assert text in describe_bundle(tmp_path / "m")


def test_a_transfer_of_a_transfer_names_both_sources_and_keeps_the_learning_rate(
    other, start, one_thread, tmp_path
):
    train(other, transfer_config(start()), tmp_path / "a", machine=one_thread)
    again = transfer_config(Pretrained(model=tmp_path / "a"))
    model = train(other, again, tmp_path / "b", machine=one_thread)
    assert [source.name for source in model.header.sources] == ["a", "model.safetensors"]
    assert model.header.training["lr"] == 0.01


def test_the_seeds_start_from_the_networks_of_an_ensemble_in_turn(dataset, tiny, one_thread, tmp_path):
    paths = [tmp_path / str(seed) for seed in (1, 2)]
    for seed, path in enumerate(paths, 1):
        train(dataset, tiny(epochs=1), path, seed=seed, machine=one_thread)
    ensemble(dataset, paths, tmp_path / "e")
    config = transfer_config(Pretrained(model=tmp_path / "e"))
    for seed, path in ((1, paths[0]), (2, paths[1]), (3, paths[0])):
        loaded = load_pretrained(config, dataset, seed)
        assert torch.equal(loaded.network.head.weight, load_network(path)[0].head.weight)
        assert loaded.source.members == 2


def test_an_ensemble_of_transferred_models_names_their_source_once(other, start, one_thread, tmp_path):
    paths = [tmp_path / str(seed) for seed in (1, 2)]
    for seed, path in enumerate(paths, 1):
        train(other, transfer_config(start(), epochs=1), path, seed=seed, machine=one_thread)
    assert [source.name for source in ensemble(other, paths, tmp_path / "e").header.sources] == [
        "model.safetensors"
    ]


def test_a_finished_model_is_used_only_if_it_has_the_same_source_and_frozen_layers(
    other, tiny, start, one_thread, tmp_path, monkeypatch
):
    config, path = transfer_config(start()), tmp_path / "m"
    train(other, config, path, machine=one_thread)
    trained = []
    monkeypatch.setattr("seqcnn.model.train.train", lambda *arguments, **_: trained.append(arguments[1]))
    train_once(other, config, path, machine=one_thread)
    assert trained == []
    changed = [
        transfer_config(start(freeze="stem")),
        transfer_config(Pretrained(model=path)),
        config.model_copy(update={"pretrained": None}),
        config.model_copy(update={"pretrained": Pretrained(model=tmp_path / "missing")}),
    ]
    for other_config in changed:
        train_once(other, other_config, path, machine=one_thread)
    assert trained == changed


def test_an_interrupted_transfer_resumes_bit_for_bit(other, start, one_thread, tmp_path, monkeypatch, caplog):
    config = transfer_config(start(freeze="stem"), epochs=6)
    train(other, config, tmp_path / "a" / "m", machine=one_thread)
    found = RegressorTraining.training_step

    def disturbed(self, batch, batch_idx):
        if self.global_step == 7:
            raise RuntimeError("disturbed")
        return found(self, batch, batch_idx)

    with monkeypatch.context() as patch:
        patch.setattr(RegressorTraining, "training_step", disturbed)
        with pytest.raises(RuntimeError, match="disturbed"):
            train(other, config, tmp_path / "b" / "m", machine=one_thread)
    train(other, config, tmp_path / "b" / "m", machine=one_thread)
    assert "resuming the interrupted run" in caplog.text
    assert (tmp_path / "b" / "m").read_bytes() == (tmp_path / "a" / "m").read_bytes()


def test_an_interrupted_transfer_with_other_frozen_layers_starts_again(other, start, one_thread, tmp_path):
    from seqcnn.model.training.run_state import fingerprint

    marks = set()
    for freeze in ("none", "stem", "encoder"):
        config = transfer_config(start(freeze=freeze))
        header = describe_training(prepare_training(other, config, 1, one_thread, teachers=()))
        marks.add(fingerprint(header, other, 1))
    assert len(marks) == 3


def test_a_length_for_which_weights_have_another_shape_is_refused_with_both_lengths(start, one_thread):
    sequences, y = planted()
    longer = dataset_from_arrays([s + "ACGT" * 10 for s in sequences], y, split=split_of(len(y)))
    expected = (
        "trained on windows of 30 bp; the dataset has 70 bp, for which weights of this cnn have another "
        "shape; prepare the dataset with --length 30, or start from a model of this length"
    )
    with pytest.raises(UsageError, match=expected):
        load_pretrained(transfer_config(start()), longer, 1)


@pytest.mark.parametrize("encoder", ["dream_rnn", "legnet", "resnet", "rnn", "transformer"])
def test_an_encoder_whose_weights_do_not_depend_on_the_length_starts_at_another_length(
    encoder, dataset, one_thread, tmp_path
):
    source = untrained(encoder, length=50, **ENCODERS[encoder].EXAMPLES[0])
    save_bundle(tmp_path / "m", source.regressor, source.header)
    config = ModelConfig(
        encoder=encoder, args=source.header.args, pretrained=Pretrained(model=tmp_path / "m")
    )
    network = _initial(dataset, config, one_thread)
    for name, tensor in source.regressor.encoder.state_dict().items():
        assert torch.equal(network.encoder.state_dict()[name], tensor), name


def test_another_architecture_than_that_of_the_source_is_refused(tiny, other, start):
    with pytest.raises(ConfigError, match=r"args: hidden 9 found; .*model.safetensors has 8, and a model"):
        load_pretrained(tiny(args={"hidden": 9}).model_copy(update={"pretrained": start()}), other, 1)
    with pytest.raises(ConfigError, match=r"encoder 'rnn' found; .*model.safetensors is a cnn, and a model"):
        transfer_config(start(), "rnn")


def test_a_configuration_that_has_a_source_takes_no_other(bundle, start, tmp_path):
    path = tmp_path / "model.yaml"
    path.write_text(f"encoder: cnn\npretrained: {{model: {bundle}, freeze: stem}}\n")
    with pytest.raises(ConfigError, match=r"starts from .*model.safetensors' \(`pretrained`\), and .* too"):
        transfer_config(start(), str(path))


def test_a_baseline_is_no_source_and_has_none(dataset, tmp_path, start):
    fit_baseline(dataset, ModelConfig(baseline="gc"), tmp_path / "gc.safetensors")
    with pytest.raises(UsageError, match="the baseline gc found; expected a network"):
        transfer_config(Pretrained(model=tmp_path / "gc.safetensors"))
    with pytest.raises(ValueError, match="a baseline does not start from the weights of a network"):
        ModelConfig.model_validate({"baseline": "gc", "pretrained": start()})


def test_a_source_is_not_overwritten(other, tiny, bundle, start, one_thread):
    with pytest.raises(UsageError, match="input"):
        train(other, transfer_config(start()), bundle, machine=one_thread)


def test_a_configuration_file_may_name_the_source(bundle, other, tiny, one_thread, tmp_path):
    from seqcnn.config.model import load_model_config

    text = tiny().model_dump_json(exclude_none=True)[:-1]
    (tmp_path / "model.yaml").write_text(f'{text}, "pretrained": {{"model": "{bundle}"}}}}')
    config = load_model_config(tmp_path / "model.yaml")
    assert config.pretrained == Pretrained(model=bundle)
    assert train(other, config, tmp_path / "m", machine=one_thread).header.training["lr"] == 0.01


def test_relatives_of_the_training_rows_of_the_source_are_counted(
    dataset, other, start, one_thread, tmp_path, caplog
):
    dataset.save(tmp_path / "source.h5")
    known = dataset.rows.take(dataset.part("train")[:3])
    at = np.concatenate([other.part("val")[:2], other.part("test")[:1]])
    rows = replace(other.rows, bases=other.rows.bases.copy())
    rows.bases[at] = known.bases
    leaky = replace(other, rows=rows)
    config = transfer_config(start(dataset=tmp_path / "source.h5"), epochs=1)
    model = train(leaky, config, tmp_path / "m", machine=one_thread)
    (source,) = model.header.sources
    assert {part: (counts.rows, counts.n) for part, counts in source.relatives.items()} == {
        "val": (2, 8),
        "test": (1, 8),
    }
    text = "2 of 8 validation and 1 of 8 test sequences have a relative among its training sequences"
    assert text in caplog.text


def test_the_training_rows_of_the_source_are_at_hand_if_the_dataset_is_the_same(dataset, start):
    source = load_pretrained(transfer_config(start()), dataset, 1).source
    assert {part: (counts.rows, counts.n) for part, counts in source.relatives.items()} == {
        "val": (0, 8),
        "test": (0, 8),
    }


def test_a_dataset_that_the_source_was_not_trained_on_is_refused(other, start, tmp_path):
    other.save(tmp_path / "other.h5")
    with pytest.raises(BundleError, match=r"other.h5: training rows have SHA-256 \w{12}; SHA-256 \w{12} exp"):
        load_pretrained(transfer_config(start(dataset=tmp_path / "other.h5")), other, 1)


def test_without_its_dataset_one_line_says_that_leakage_by_the_source_is_not_known(
    other, start, one_thread, tmp_path, caplog
):
    train(other, transfer_config(start(), epochs=1), tmp_path / "m", machine=one_thread)
    text = "training sequences were not compared with the validation and test sequences; name its dataset"
    assert caplog.text.count(text) == 1
