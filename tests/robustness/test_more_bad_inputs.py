"""Bad and odd inputs beyond the manifests, through the command line."""

import pytest
from support.command_line import cli
from support.manifests import OK20, check_refusal
from support.more_bad_inputs import ACCEPTED, NAMED, REFUSED, TABLES_ACCEPTED, TABLES_REFUSED, table

ANY = {"id": "", "expect_exit": "2"}
FASTA, TABLE = ANY | {"message_regex": r"input\.fa[:,]"}, ANY | {"message_regex": r"input\.tsv[:,]"}


def _run(content, model, folder, *, of_table):
    """Predict or check a file; return the exit code."""
    path = folder / ("input.tsv" if of_table else "input.fa")
    path.write_bytes(content)
    (folder / "o.tsv").write_bytes(b"old")
    if of_table:
        return cli("check", OK20, path, "--target", "y")
    return cli("predict", path, "-m", model, "--overwrite", "-o", "o.tsv")


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_no_fasta_is_refused_in_one_line(name, short_model, work, capfd):
    code = _run(REFUSED[name], short_model, work, of_table=False)
    check_refusal(FASTA, code, capfd.readouterr().err)
    assert (work / "o.tsv").read_bytes() == b"old"
    assert len(list(work.iterdir())) == 2


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_odd_fasta_is_predicted(name, short_model, work):
    assert _run(ACCEPTED[name], short_model, work, of_table=False) == 0
    assert len((work / "o.tsv").read_bytes().splitlines()) == 2


@pytest.mark.parametrize("name", TABLES_REFUSED)
def test_a_table_that_is_none_is_refused_in_one_line(name, work, capfd):
    code = _run(TABLES_REFUSED[name], None, work, of_table=True)
    check_refusal(TABLE, code, capfd.readouterr().err)


@pytest.mark.parametrize("name", TABLES_ACCEPTED)
def test_an_odd_table_is_read(name, work):
    assert _run(TABLES_ACCEPTED[name], None, work, of_table=True) == 0


@pytest.mark.parametrize("name", NAMED)
def test_a_target_whose_name_no_model_can_hold_is_refused(name, work, capfd):
    (work / "input.tsv").write_bytes(table(head=f"id\t{NAMED[name]}"))
    code = cli("check", OK20, work / "input.tsv", "--target", NAMED[name])
    check_refusal(ANY | {"message_regex": "input.tsv: name of column"}, code, capfd.readouterr().err)
