import pytest

from seqcnn.api.public import as_arguments, public
from seqcnn.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("give the genome's FASTA with --genome", "give the genome's FASTA with genome"),
        ("--id-until pipe: no id has a pipe", "id_until pipe: no id has a pipe"),
        ("s.fa -- not found", "s.fa -- not found"),
    ],
)
def test_options_become_names_of_arguments(text, expected):
    assert as_arguments(text) == expected


def test_errors_of_a_public_function_name_arguments():
    @public
    def scan(stride: int) -> int:
        """Raise an error."""
        raise UsageError("use --window-bp")

    with pytest.raises(UsageError, match=r"^use window_bp$"):
        scan(1)
    with pytest.raises(UsageError, match="scan: stride: 'x' found; expected an integer"):
        scan("x")
    assert scan.__doc__ == "Raise an error."
