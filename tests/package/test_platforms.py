"""What other systems lack: modules, signals and functions of POSIX."""

from support.forks import start

COMMANDS = (
    "--version",
    "init try --example",
    "check try/data/oligos.fa try/data/targets.tsv --target expression",
    "prepare try/data/oligos.fa try/data/targets.tsv --target expression -o d.h5",
    "baseline d.h5 --config gc -o m.safetensors",
    "predict d.h5 -m m.safetensors -o p.tsv",
    "info m.safetensors",
    "doctor",
)


def test_every_module_and_the_quick_commands_work_without_what_only_posix_systems_have(tmp_path):
    command = start(
        "without_posix", *" ; ".join(COMMANDS).split(),
        folder=tmp_path, output=tmp_path / "output", variables={"OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert command.wait(300) == 0, command.said()
    codes = command.said().split("codes: ")[1].strip()
    assert codes in ("[0, 0, 0, 0, 0, 0, 0, 0]", "[0, 0, 0, 0, 0, 0, 0, 3]"), (
        command.said()
    )  # 3: doctor's advice
    assert (tmp_path / "p.tsv").read_text().startswith("id\t")
    assert not list(tmp_path.rglob("*.part"))
