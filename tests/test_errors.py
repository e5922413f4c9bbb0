import pytest

from seqcnn.errors import (
    EnvironmentFault,
    SeqcnnError,
    UsageError,
    counted,
    did_you_mean,
    listed,
    place,
    show,
    show_ascii,
)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a'b", '"a\'b"'),
        ("é\x1b[31m\n", r"'é\x1b[31m\n'"),
        ("Aktivität 中 А", "'Aktivität 中 А'"),
        ("a\u202eb\xa0", r"'a\u202eb\xa0'"),
        ("\udcff", r"'\udcff'"),
        (3, "'3'"),
        ("x" * 80, "'" + "x" * 80 + "'"),
        ("x" * 81, "'" + "x" * 80 + "'... (81 characters)"),
        ("\udcff" * 80, "'" + r"\udcff" * 13 + "'... (80 characters)"),
    ],
)
def test_values_are_shown_quoted_escaped_and_cut(value, shown):
    assert show(value) == shown


def test_look_alikes_are_escaped_where_ascii_is_expected():
    assert show_ascii("АC−1") == r"'\u0410C\u22121'"
    assert show_ascii("é" * 80) == "'" + r"\xe9" * 20 + "'... (80 characters)"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("a b/c.fa", "a b/c.fa"),
        ("a\nb", r"a\nb"),
        ("\udcff", r"\udcff"),
        ("é/日", "é/日"),
        ("a\u202eb", r"a\u202eb"),
    ],
)
def test_paths_are_shown_plain_and_escaped_only_where_needed(path, shown):
    assert place(path) == shown


def test_up_to_five_faults_are_listed_and_the_rest_is_counted():
    assert listed(list("abcde")) == "a; b; c; d; e"
    assert listed(list("abcdefg")) == "a; b; c; d; e; and 2 more"
    assert listed(["a"], 4) == "a; and 3 more"
    assert listed([letter * 140 for letter in "abc"]) == f"{'a' * 140}; {'b' * 140}; and 1 more"
    assert listed(["a" * 999, "b"]) == f"{'a' * 999}; and 1 more"


def test_faults_of_the_environment_have_their_own_exit_code():
    assert (SeqcnnError.exit_code, UsageError.exit_code, EnvironmentFault.exit_code) == (2, 2, 3)


@pytest.mark.parametrize(
    ("n", "phrase", "text"),
    [
        (1, "rows have no sequence", "1 row has no sequence"),
        (2, "rows have no sequence", "2 rows have no sequence"),
        (1234, "records with a name", "1,234 records with a name"),
        (1, "ambiguous letters (N, R, Y and so on)", "1 ambiguous letter (N, R, Y and so on)"),
        (1, "lower-case letters read as upper case", "1 lower-case letter read as upper case"),
        (1, "ids match", "1 id matches"),
        (0, "regions are shorter", "0 regions are shorter"),
    ],
)
def test_a_count_of_one_is_in_the_singular(n, phrase, text):
    assert counted(n, phrase) == text


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Bsal", "; did you mean 'BsaI'?"),
        ("BSAI", "; did you mean 'BsaI'?"),
        ("BslJ", "; did you mean 'BslI'?"),
        ("x", ""),
    ],
)
def test_a_name_that_looks_like_a_known_one_is_suggested_before_other_similar_ones(word, hint):
    assert did_you_mean(word, ["BslI", "BsaI", "EcoRI"]) == hint
