import gzip
from collections import Counter

import pytest

from seqcnn.data.readers.fasta_errors import AMBIGUOUS, LOWER_CASE, MOSTLY_AMBIGUOUS, URACIL
from seqcnn.data.readers.file_kind import SequenceFormat
from seqcnn.data.readers.sequences import read_sequences, table_records
from seqcnn.data.readers.table_file import read_table
from seqcnn.errors import SequenceError, TableError, UsageError
from seqcnn.sequence.onehot import unpack


@pytest.fixture
def read(tmp_path):
    def read(text, name="s.csv", changes=None, **options):
        path = tmp_path / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        changes = Counter() if changes is None else changes
        records = read_sequences(path, changes=changes, **options)
        return [(record.name, unpack(record.bases), record.line, record.number) for record in records]

    return read


@pytest.mark.parametrize("name", ["s.csv", "s.csv.gz"])
def test_the_sequence_column_of_a_table_is_read_in_its_order(read, name):
    text = "y,sequence,id\n1,ACGT,b\n\n2,GG,a\n"
    assert read(text, name) == [("b", "ACGT", 2, 1), ("a", "GG", 4, 2)]


def test_a_fasta_is_read_as_a_fasta(read):
    assert read(">b x\nAC\nGT\n>a\nGG\n", "s.fa") == [("b", "ACGT", 1, 1), ("a", "GG", 4, 2)]


def test_columns_can_be_named(read):
    text = "oligo,id,dna,sequence\no1,1,AA,CC\no2,2,GG,TT\n"
    assert [r[:2] for r in read(text)] == [("1", "CC"), ("2", "TT")]
    assert [r[:2] for r in read(text, form=SequenceFormat(sequence="dna"))] == [("1", "AA"), ("2", "GG")]


def test_records_of_a_table_have_the_given_ids_or_those_of_the_table(tmp_path):
    (tmp_path / "t.csv").write_text("oligo,id,sequence\no1,1,AA\n")
    table = read_table(tmp_path / "t.csv")
    for column, name in (("oligo", "o1"), ("unknown", "1"), (None, "1")):
        assert next(table_records(table, "sequence", id_column=column, changes=Counter()))[0] == name


@pytest.mark.parametrize("column", ["Sequence", "SEQ", "oligo_sequence", "insert"])
def test_the_only_column_that_is_called_like_sequences_is_read_and_reported(column, read, caplog):
    assert read(f"name,{column}\na,ACGT\n")[0][:2] == ("a", "ACGT")
    assert f"sequences are read from column '{column}'" in caplog.text


def test_one_of_two_columns_of_sequences_is_not_guessed(read):
    message = "columns 'seq'; 'insert' may hold the sequences; name the column of sequences with --seq"
    with pytest.raises(TableError, match=message):
        read("name,seq,insert\na,ACGT,AC\n")


def test_of_two_columns_that_are_called_like_sequences_the_one_with_dna_is_read(read, caplog):
    text = "oligo,seq,y\no1,ACGT,1\no2,NA,2\no3,GGX,3\no4,CC,4\n"
    with pytest.raises(SequenceError, match="line 3: 'o2': 'NA'"):
        read(text)
    assert "sequences are read from column 'seq'; 'oligo' holds no DNA" in caplog.text


def test_the_only_column_of_dna_is_read_whatever_its_name(read, caplog):
    assert read("Oligo,Sequenz\no1,ACGTACGT\no2,GGTTGGTT\n")[1][:2] == ("o2", "GGTTGGTT")
    assert "s.csv: sequences are read from column 'Sequenz'; 'Oligo' holds no DNA" in caplog.text
    assert read("id,letters\na,ACGTACGT\n")[0][:2] == ("a", "ACGTACGT")


@pytest.mark.parametrize("name", ["barcode", "BC", "Primer_F", "umi", "tag 1"])
def test_a_column_of_barcodes_or_primers_is_not_read_as_sequences(name, read):
    message = f"column 'oligo' holds no DNA; DNA is in '{name}'; name the column of sequences with --seq"
    with pytest.raises(TableError, match=message):
        read(f"oligo,{name}\no1,ACGTACGT\no2,GGTTGGTT\n")


def test_of_two_columns_of_dna_with_other_names_none_is_read(read):
    with pytest.raises(TableError, match="no column 'sequence'; DNA is in 'x'; 'z'; name the column"):
        read("id,x,z\na,ACGTACGT,GGTTGGTT\n")


def test_ids_are_in_the_other_column_that_is_called_like_ids(read):
    assert [record[:2] for record in read("y,oligo,name\n1,AC,a\n2,GT,b\n")] == [("a", "AC"), ("b", "GT")]


def test_letters_that_are_changed_are_counted(read):
    changes: Counter[str] = Counter()
    assert [r[1] for r in read("id,sequence\na,acGu\nb,NNNR\n", changes=changes)] == ["ACGT", "NNNR"]
    assert changes == {LOWER_CASE: 3, URACIL: 1, AMBIGUOUS: 4, MOSTLY_AMBIGUOUS: 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,sequence\na,AC\nb,AXC\n", r"s\.csv, line 3: 'b': 'X' at position 2"),
        ("id,sequence\na,AéC\n", r"'\\xe9' at position 2"),
        ("id,sequence\na,AC-\n", "'-' at position 3"),
        ("id,sequence\na,\n", "line 2: 'a': empty sequence; remove the rows without a sequence"),
        ("id,sequence\na,AC\nb,NA\nc,nan\n", "line 3: 'b': 'NA'; line 4: 'c': 'nan'; remove"),
        ("id,sequence\na\x1b[2J,AC\n", r"line 2: control character '\\x1b' in the name 'a\\x1b\[2J'"),
        ('id,sequence\n"a\nb",AC\n', r"control character '\\n' in the name 'a\\nb'"),
        ('id,sequence\n"a\tb",AC\n', r"control character '\\t' in the name 'a\\tb'"),
        ("id,sequence\na,None\nb,NULL\n", "line 2: 'a': 'None'; line 3: 'b': 'NULL'; remove"),
        ("id,sequence\n ,AC\n", "line 2: no id; every sequence needs a name"),
        ("id,sequence\na,ACGTACGT\n", "line 2: 'a': 8 bp; at most 6 bp are expected"),
    ],
)
def test_a_bad_cell_is_named_by_line_and_id(read, text, message):
    with pytest.raises(SequenceError, match=message):
        read(text, max_length=6)


def test_records_of_a_design_are_named_by_its_names(read):
    assert read("category,name,sequence,SPDI\nvariant,v 1 [ref],ACG,NA\n")[0][:2] == ("v 1 [ref]", "ACG")


def test_a_table_without_the_sequence_column_is_refused(read):
    with pytest.raises(TableError, match="no column 'sequence'; known: 'id'; 'letters'"):
        read("id,letters\na,not\n")
    with pytest.raises(
        TableError, match=r"no column 'dna'; known: 'id', 'letters'; name .* --sequence-column"
    ):
        read("id,letters\na,AC\n", form=SequenceFormat(sequence="dna"))


def test_a_bed_file_needs_a_genome(read):
    with pytest.raises(UsageError, match="give --genome"):
        read("chr1\t0\t3\n", "r.bed.gz")


def test_a_missing_table_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        list(read_sequences(tmp_path / "no.csv", changes=Counter()))


@pytest.mark.parametrize("text", ["y,Seq\n1.5,AC\n-2.5,GT\n", "Seq,y\nAC,1.5\nGT,-2.5\n"])
def test_rows_without_ids_are_named_by_their_lines_and_never_by_measurements(text, read, caplog):
    assert [record[:2] for record in read(text)] == [("line_2", "AC"), ("line_3", "GT")]
    assert "no column of ids: rows are called line_2, ...; name one with --id" in caplog.text


def test_blanks_in_sequences_are_removed_and_counted(tmp_path):
    (tmp_path / "s.csv").write_text("id,Sequence\na,\u00a0ACGTACGTAC GT \nb,AC\n")
    changes = Counter()
    records = list(read_sequences(tmp_path / "s.csv", changes=changes))
    assert [unpack(record.bases) for record in records] == ["ACGTACGTACGT", "AC"]
    assert changes["sequences have blanks, which are removed"] == 1


def test_rows_of_the_minus_strand_are_counted_and_read_as_they_are_written(tmp_path):
    (tmp_path / "s.csv").write_text("id,Sequence,Strand\na,AACC,-\nb,GT,+\nc,CC,-\n")
    changes = Counter()
    records = list(read_sequences(tmp_path / "s.csv", changes=changes))
    assert [unpack(record.bases) for record in records] == ["AACC", "GT", "CC"]
    assert changes["rows have - in column 'Strand', and are read as they are written"] == 2


def plate(tmp_path, rows, blank):
    """Write a table of sequences with blank rows at its end."""
    lines = [f"o{i},ACGT,{i}" for i in range(rows)] + [",,0.5"] * blank
    (tmp_path / "s.csv").write_text("id,sequence,y\n" + "\n".join(lines) + "\n")
    return tmp_path / "s.csv"


def test_rows_of_neither_id_nor_sequence_are_skipped_and_counted(tmp_path, caplog):
    assert len(list(read_sequences(plate(tmp_path, 20, 2), changes=Counter()))) == 20
    expected = "2 rows are skipped: no id and no sequence, such as line 22, '0.5'"
    assert caplog.messages[-1].endswith(expected)


@pytest.mark.parametrize(("rows", "blank"), [(8, 1), (20, 20)])
def test_many_rows_of_neither_id_nor_sequence_are_refused(rows, blank, tmp_path):
    with pytest.raises(SequenceError, match="empty sequence"):
        list(read_sequences(plate(tmp_path, rows, blank), changes=Counter()))


def test_the_only_column_of_unique_texts_holds_the_ids(read):
    assert read("Sequence,OligoName,y\nAC,o1,1\nGT,o2,2\n")[0][:2] == ("o1", "AC")
    assert read("Sequence,a,b\nAC,o1,p1\nGT,o2,p2\n")[0][:2] == ("line_2", "AC")
    assert read("Sequence,class\nAC,x\nGT,x\n")[0][:2] == ("line_2", "AC")


def test_a_column_called_id_may_hold_fractions(read):
    assert read("id,sequence\n1.5,AC\n2.5,GT\n")[0][:2] == ("1.5", "AC")


def test_measurements_with_decimal_commas_are_no_ids(read):
    assert read("y;Seq\n1,5;AC\n-2,5;GT\n")[0][:2] == ("line_2", "AC")
    assert read("y;Seq\n15;AC\n25;GT\n")[0][:2] == ("15", "AC")
