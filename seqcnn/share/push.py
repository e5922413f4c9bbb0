"""Bundle -> a repository on Hugging Face, with its export and its card.  Needs the network."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from seqcnn.errors import EnvironmentFault, UsageError, show
from seqcnn.io.atomic import temporary_folder
from seqcnn.model.export import export
from seqcnn.model.network.bundle import load_network
from seqcnn.share.addresses.address import BUNDLE, hub_library, repository_of
from seqcnn.share.card import CardTexts, card, check_texts

logger = logging.getLogger(__name__)


def push(
    model: Path,
    repository: str,
    *,
    texts: CardTexts,
    metrics: Path | None = None,
    private: bool = False,
) -> str:
    """Upload bundle, ONNX export and card of a network as one commit, and return the address.

    Parameters
    ----------
    model
        The bundle.
    repository
        `hf://owner/name`, made if missing.
    texts, metrics
        Of the card, see `seqcnn.share.card.card`.
    private
        Whether a new repository is private.

    Raises
    ------
    UsageError
        If the repository has another form, or no licence is stated.
    EnvironmentFault
        If the upload fails, or the extras `hub` and `onnx` are not installed.
    """
    name, revision = repository_of(repository)
    if revision:
        raise UsageError(f"{show(repository)}: expected hf://owner/name")
    if not texts.license:
        raise UsageError("--license: none given; without a licence nobody may use a published model")
    check_texts(texts)
    load_network(model)
    hub_library()
    with temporary_folder() as temporary:
        folder = Path(temporary)
        (folder / BUNDLE).write_bytes(model.read_bytes())
        export(folder / BUNDLE, folder / "model.onnx")
        card(model, folder / "README.md", texts=texts, metrics=metrics)
        return f"{repository}@{_upload(folder, name, private=private)}"


def _upload(folder: Path, name: str, *, private: bool) -> str:
    """Upload the files of a folder into a repository, and return the commit."""
    hub = hub_library()
    logger.info("uploading %s", ", ".join(sorted(path.name for path in folder.iterdir())))
    try:
        api = hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT"))
        api.create_repo(name, private=private, exist_ok=True)
        commit = api.upload_folder(repo_id=name, folder_path=folder, commit_message="Upload a model")
    except (hub.errors.HTTPError, hub.errors.LocalTokenNotFoundError, OSError) as error:
        status = getattr(getattr(error, "response", None), "status_code", None)
        reason = f"HTTP {status}" if status else type(error).__name__
        login = "check the network, and log in with `hf auth login` or $HF_TOKEN"
        raise EnvironmentFault(f"hf://{name}: upload failed ({reason}); {login}") from error
    return str(commit.oid)
