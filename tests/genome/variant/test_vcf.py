"""What is no VCF is refused before any variant is scored."""

import gzip

import pytest

from seqcnn.errors import TableError
from seqcnn.genome.variant.vcf import read_header

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
        read_header(tmp_path / "v.vcf")


def test_bcf_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "v.bcf").write_bytes(gzip.compress(b"BCF\x02\x02\0\0"))
    with pytest.raises(TableError, match="BCF data; convert it with `bcftools view`"):
        read_header(tmp_path / "v.bcf")
