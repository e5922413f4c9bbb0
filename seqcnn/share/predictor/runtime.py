"""ONNX Runtime Web, which runs the network in the browser: two files of its npm package, gzip-compressed.

They are those of https://registry.npmjs.org/onnxruntime-web/-/onnxruntime-web-1.30.0.tgz, folder `dist`, and
are checked by their SHA-256 before use.  ONNX Runtime has the MIT licence; its text and the notices of third
parties, which the npm package lacks, are those of the wheel `onnxruntime`.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from importlib.resources import files

from seqcnn.errors import EnvironmentFault

VERSION = "1.30.0"
"""Version of onnxruntime-web."""

LOADER = "ort.wasm.bundle.min.mjs"
BINARY = "ort-wasm-simd-threaded.wasm"
NOTICES = "ThirdPartyNotices.txt"

SHA256 = {
    LOADER: "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90",
    BINARY: "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2",
    NOTICES: "d8696258afcf9df7827a5e01d6b6d55ee9b461b4e82020f5f48242deb9cc2270",
}
"""File -> SHA-256 of its decompressed content."""

_EXPORTS = re.compile(r"export\{([^}]*)\};\s*(?://# sourceMappingURL=\S+\s*)?$")
_USED = ("InferenceSession", "Tensor", "env")


def compressed(name: str) -> bytes:
    """Return one of the files, gzip-compressed; raise `EnvironmentFault` if it is damaged."""
    content = (files("seqcnn.share.predictor") / "onnxruntime_web" / f"{name}.gz").read_bytes()
    if hashlib.sha256(gzip.decompress(content)).hexdigest() != SHA256[name]:
        raise EnvironmentFault(f"onnxruntime-web: {name} is damaged; install seqcnn again")
    return content


def licence() -> str:
    """Return the licence of ONNX Runtime."""
    return (files("seqcnn.share.predictor") / "onnxruntime_web" / "LICENSE").read_text(encoding="utf-8")


def loader_script() -> str:
    """Return the loader as a part of a module script that defines `ort`.

    The exports become an object.  The address of the module is replaced: that of a script inside a page is
    none that Firefox accepts, and it would only be used to load other files.
    """
    text = gzip.decompress(compressed(LOADER)).decode("utf-8")
    match = _EXPORTS.search(text)
    pairs = [part.split(" as ") for part in match[1].split(",")] if match else []
    names = {public: local for local, public in pairs if public in _USED}
    if match is None or len(names) < len(_USED):
        raise EnvironmentFault(f"onnxruntime-web: {LOADER} has no exports; install seqcnn again")
    body = text[: match.start()].replace("import.meta.url", "(void 0)")
    return f"{body}\nconst ort = {{{', '.join(f'{name}: {names[name]}' for name in _USED)}}};\n"
