"""Bad and odd inputs beyond the manifests, made from the rules of each class: name -> content."""

import bz2
import gzip
import lzma
import zlib

BASES = b"ACGT" * 12 + b"AC"  # 50, what the model takes
GOOD = b">s1\n" + BASES + b"\n"
PACKED = gzip.compress(GOOD * 50)


def _within(text):
    """Return a record with something strange between its letters."""
    return b">s1\n" + BASES[:25] + text.encode() + BASES[25:] + b"\n"


REFUSED = {
    "tab_name": b">\t\n" + BASES,
    "vertical_tab_name": b">\v\n" + BASES,
    "blank_before_marker": b" " + GOOD,
    "two_marks_of_byte_order": b"\xef\xbb\xbf" * 2 + GOOD,
    "mark_of_byte_order_inside": GOOD + b"\xef\xbb\xbf" + GOOD,
    "cr_in_header": b">s1\rACGT\n" + BASES,
    "next_line": _within("\x85"),
    "line_separator": _within("\u2028"),
    "zero_width": _within("\u200b"),
    "full_width": _within("Ａ"),
    "dotless_i": _within("ı"),
    "delete": _within("\x7f"),
    "backspace": _within("\b"),
    "escape": _within("\x1b[31m"),
    "question": _within("?"),
    "equals": _within("="),
    "inosine": _within("I"),
    "slash": _within("/"),
    "quoted_sequence": b'>s1\n"' + BASES + b'"',
    "only_x": b">s1\n" + b"X" * 50,
    "protein": b">1ABC:A|PDBID|CHAIN|SEQUENCE\nMEEPQSDPSV\n",
    "header_last": GOOD + b">s2",
    "marker_last": GOOD + b">",
    "marker_and_line_end_last": GOOD + b">\n",
    "blanks_for_a_sequence": GOOD + b">s2\n   \n\t\n",
    "numbered": b">s1\n1 " + BASES + b" 50\n",
    "comment_first": b"#comment\n" + GOOD,
    "comment_inside": GOOD + b"#x\n" + GOOD,
    "letters_alone": BASES + b"\n",
    "fastq": b"@a\n" + BASES + b"\n+\n" + b"I" * 50 + b"\n",
    "embl": b"ID   X; SV 1\nSQ   Sequence\n" + BASES.lower() + b"\n//\n",
    "nexus": b"#NEXUS\nBEGIN DATA;",
    "phylip": b" 2 50\ns1 " + BASES,
    "stockholm": b"# STOCKHOLM 1.0\ns1 " + BASES,
    "pir": b">P1;X\ntitle\n" + BASES + b"*\n",
    "gtf": b"chr1\thavana\tgene\t1\t2\t.\t+\t.\tx\n",
    "wiggle": b"track type=wiggle_0\n",
    "yaml": b"---\na: 1\n",
    "python": b"import os\n",
    "npy": b"\x93NUMPY\x01\x00v\x00{}",
    "sqlite": b"SQLite format 3\x00",
    "tar": b"x.fa" + b"\0" * 96 + b"0000644" + b"\0" * 150 + b"ustar\x00",
    "rar": b"Rar!\x1a\x07\x00",
    "lz4": b"\x04\x22\x4d\x18aaaa",
    "tar_in_gzip": gzip.compress(b"x.fa" + b"\0" * 96),
    "gzip_in_gzip": gzip.compress(gzip.compress(GOOD)),
    "xz_in_gzip": gzip.compress(lzma.compress(GOOD)),
    "bzip2_in_gzip": gzip.compress(bz2.compress(GOOD)),
    "zlib": zlib.compress(GOOD),
    "lzma_alone": lzma.compress(GOOD, format=lzma.FORMAT_ALONE),
    "ebcdic": GOOD.decode().encode("cp500"),
    "utf_16_be": b"\xfe\xff" + GOOD.decode().encode("utf-16-be"),
    "utf_16_without_mark": GOOD.decode().encode("utf-16-le"),
    "utf_7": b"+AD4-s1\n" + BASES,
    **{f"gzip_cut_at_{k}": PACKED[:k] for k in (1, 2, 5, 10, 11, len(PACKED) // 2)},
    **{f"gzip_without_its_last_{k}": PACKED[:-k] for k in (1, 8, 9)},
    "gzip_and_a_line_end": PACKED + b"\n",
    "gzip_of_no_method": b"\x1f\x8b\x07" + PACKED[3:],
    "gzip_reserved_flags": b"\x1f\x8b\x08\xe0" + PACKED[4:],
    "gzip_wrong_crc": PACKED[:-8] + b"\0" * 4 + PACKED[-4:],
    "gzip_wrong_size": PACKED[:-4] + b"\0" * 4,
    "200000_empty_members": gzip.compress(b"") * 200_000,
    "50MB_of_line_ends": gzip.compress(b">s1\n" + b"\n" * 50_000_000, 1),
    "50MB_of_line_ends_first": gzip.compress(b"\n" * 50_000_000 + GOOD, 1),
    "50MB_of_blanks": gzip.compress(b">s1\n" + b" " * 50_000_000, 1),
    "control_characters_in_a_long_name": b">" + b"\x1b]0;x\x07" * 3000 + b"\n-",
    "100000_markers": b">" * 100_000,
    "100000_empty_names": b">\n" * 100_000,
    "bidirectional_name": ">\u202eabc\n-".encode(),
    "wrapped_nothing": b">s1\n\n\n>s2\n" + BASES,
    "51_bases_wrapped": b">s1\n" + BASES + b"\nA\n",
}

ACCEPTED = {
    "gzip_and_zeros": gzip.compress(GOOD) + b"\0" * 512,
    "no_break_space_is_a_name": b">\xc2\xa0\n" + BASES,
    "marker_is_a_name": b">>\n" + BASES,
    "mark_of_byte_order_in_gzip": gzip.compress(b"\xef\xbb\xbf" + GOOD),
    "line_feed_before_carriage_return": b">s1\n\r" + BASES + b"\n\r",
    "uracil_and_thymine": b">s1\n" + b"ACGU" * 12 + b"AT",
    "20000_empty_members_first": gzip.compress(b"") * 20_000 + gzip.compress(GOOD),
    "longest_name": b">" + b"n" * 65_535 + b"\n" + BASES,
    "name_0": b">0\n" + BASES,
    "two_carriage_returns": b">a\r\r\n" + BASES,
    "path_for_a_name": b">../../x\n" + BASES,
    "quote_in_a_name": b'>a"b\n' + BASES,
    "n_at_the_end": b">s1\n" + BASES[:49] + b"N",
    "only_lower_n": b">s1\n" + b"n" * 50,
}


def table(y=lambda i: f"{i * 1.1:.2f}", *, name=lambda i: f"s{i}", sep="\t", head="id\ty", end="\n"):
    """Return a table of 20 rows; `y` and `name` write the cells of row i, from 1."""
    rows = "".join(f"{name(i)}{sep}{y(i)}{end}" for i in range(1, 21))
    return (head.replace("\t", sep) + end + rows).encode("utf-8", "surrogateescape")


def _third(cell):
    """Return a table whose third measurement is `cell`."""
    return table(lambda i: cell if i == 3 else str(i))


CELLS = [
    "1d5", "inf", "1e309", "-1e400", "1e39", "1_000", "NULL", "#REF", "#DIV/0", "TRUE", "1/2", "0x1p3",
    "1e", "--1", "1.2.3", "$5", "5%", "<0.1", "5*", "1,5", "12:30", "2024-01-01", "-", ".", "?", "n/a",
    "None", "nan(1)", "=1+1", "'5", "5;6", "五", "5 5", "5 %", "5\u00a05", "\0", "\x1b[31m",
    "9" * 100_000, "x" * 5_000_000,
]  # fmt: skip
TABLES_REFUSED = {
    **{f"cell_{number}_{cell[:8]!a}": _third(cell) for number, cell in enumerate(CELLS)},
    "constant": table(lambda i: "5"),
    "nothing_measured": table(lambda i: "NA"),
    "empty": b"",
    "blank": b"\n\n",
    "header_alone": b"id\ty",
    "longer_row": table() + b"s21\t1\t2\n",
    "id_twice": table(head="id\tid"),
    "capital_y": table(head="id\tY"),
    "latin_1_ids": table(name=lambda i: f"s{i}\udce9"),
    "ids_in_capitals": table(name=lambda i: f"S{i}"),
    "ids_with_zeros": table(name=lambda i: f"s{i:03d}"),
    "ids_with_marker": table(name=lambda i: f">s{i}"),
    "ids_with_a_quote": table(name=lambda i: f's{i}"'),
    "line_end_in_ids": table(name=lambda i: f'"s\n{i}"'),
    "semicolons": table(lambda i: f"{i},5", sep=";"),
    "bars": table(sep="|"),
    "blanks": table(sep=" "),
    "truncated_gzip": gzip.compress(table())[:-5],
    "json": b'[{"id":"s1"}]',
    "parquet": b"PAR1\x15\x04" + b"\0" * 50,
    "html": b"<table><tr><td>",
    "xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99,
}
NAMED = {  # tables whose target is named by what the table says
    "column_of_another_encoding": "\udcff",
    "column_of_a_long_name": "y" * 501,
}
TABLES_ACCEPTED = {
    "exponents": table(lambda i: f"{i}e-3"),
    "plus": table(lambda i: f"+{i}"),
    "blank_after_y": table(head="id\ty "),
    "a_title": b"MPRA of HepG2\n\n" + table(),
    "no_digit_before_the_point": table(lambda i: f".{i}"),
    "no_digit_after_the_point": table(lambda i: f"{i}."),
    "no_name_of_the_ids": table(head="\ty"),
    "quoted_ids": table(name=lambda i: f'"s{i}"'),
    "an_empty_last_column": table(end="\t\n"),
    "gzip": gzip.compress(table()),
    "crlf": table(end="\r\n"),
    "100_columns": table(lambda i: "0\t" * 100 + str(i), head="\t".join(["id", *map(str, range(100)), "y"])),
}
