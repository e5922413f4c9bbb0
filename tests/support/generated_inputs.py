"""Large files of the manifests, made when they are needed instead of stored."""

import gzip
import io


def _gzipped(start: bytes, text: bytes, repeats: int) -> bytes:
    """Return a small gzip file that unpacks to `start` and many times `text`."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as stream:
        stream.write(start)
        for _ in range(repeats):
            stream.write(text)
    return packed.getvalue()


GENERATED = {  # large files of the manifest, made here instead of stored
    "long_line_1MB.fa": lambda: b">s1\n" + b"ACGT" * 250_000 + b"\n",
    "long_header_200kB.fa": lambda: b">" + b"n" * 200_000 + b"\nACGT\n",
    "bad_last_of_many.fa": lambda: b">r\n" + b">r\n".join([b"ACGTT" * 10 + b"\n"] * 5000) + b">bad\nACGT!\n",
    "bomb_400MB_one_record.fa.gz": lambda: _gzipped(b">s1\n", b"A" * 1_000_000, 400),
    "bomb_200MB_header.fa.gz": lambda: _gzipped(b">", b"n" * 1_000_000, 200),
}
