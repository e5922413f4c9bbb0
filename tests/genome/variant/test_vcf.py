"""What is no VCF is refused before any variant is scored."""

import gzip
import os
import threading

import pytest

from seqcnn.errors import TableError
from seqcnn.genome.variant.vcf import MAX_ALTS, read_vcf

HEAD = "##fileformat=VCFv4.3\n##contig=<ID=c1,length=120>\n##source=x\n"
COLUMNS = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no header"),
        ("c1\t5\t.\tA\tC\t.\t.\t.\n", "line 1: no header; expected '##fileformat=VCF"),
        ("##INFO=x\n", "line 1: '##INFO=x'; expected '##fileformat=VCF"),
        ("##fileformat=VCFv4.2\nc1\t5\t.\tA\tC\t.\t.\t.\n", "line 1: .*expected #CHROM POS"),
        (HEAD + COLUMNS.replace("\t", " ") + "\n", "line 4: .*tab-separated"),
    ],
)
def test_what_is_no_vcf_is_refused(tmp_path, text, message):
    (tmp_path / "v.vcf").write_text(text)
    with pytest.raises(TableError, match=message):
        read_vcf(tmp_path / "v.vcf")


def test_bcf_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "v.bcf").write_bytes(gzip.compress(b"BCF\x02\x02\0\0"))
    with pytest.raises(TableError, match="BCF data; convert it with `bcftools view`"):
        read_vcf(tmp_path / "v.bcf")


def test_a_pipe_is_read_once_and_keeps_all_sites(tmp_path):
    lines = [f"c1\t{n}\t.\tA\tC\t.\t.\t.\n" for n in range(1, 5001)]  # more than a block
    os.mkfifo(tmp_path / "pipe")
    text = HEAD + COLUMNS + "\n" + "".join(lines)
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(text,))
    writer.start()
    header, sites = read_vcf(tmp_path / "pipe")
    assert header[-1] == COLUMNS
    assert [site.start for site in sites] == list(range(5000))
    writer.join()


def test_a_site_of_too_many_alleles_is_refused_by_its_line(tmp_path):
    def alts(n):
        (tmp_path / "v.vcf").write_text(f"{HEAD}{COLUMNS}\nc1\t5\t.\tA\t{','.join(['C'] * n)}\t.\t.\t.\n")
        return len(next(read_vcf(tmp_path / "v.vcf")[1]).alts)

    assert alts(MAX_ALTS) == 1000
    with pytest.raises(
        TableError, match=r"line 5: 1,001 alternative alleles; at most 1,000 .* `bcftools norm"
    ):
        alts(MAX_ALTS + 1)
