"""Methods of a model that hand it on: an ONNX file, a web page that predicts, a model card."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seqcnn.api.frames import optional_path, output_folder
from seqcnn.api.public import public
from seqcnn.model.inference.trained_model import LoadedModel


class ShareMethods(LoadedModel):
    """Commands that write a model in another form, as methods."""

    @public
    def export(self, path: str | Path, *, int8: str | Path | None = None, overwrite: bool = False) -> float:
        """Export the model to ONNX, as `seqcnn export`.

        Parameters
        ----------
        path
            The `.onnx` file to write.
        int8
            Sequences to calibrate a quantised model on; None keeps full precision.
        overwrite
            Whether an existing file is overwritten; else it is refused.

        Returns
        -------
        Pearson's r of the export's predictions with those of the model.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> model.export("model.onnx") > 0.999
        True
        """
        from seqcnn.model.export import export

        with self._bundle() as bundle:
            return export(bundle, Path(path), calibrate=optional_path(int8), overwrite=overwrite)

    @public
    def page(
        self,
        path: str | Path,
        *,
        title: str = "",
        description: str = "",
        contact: str = "",
        overwrite: bool = False,
    ) -> int:
        """Write the model as one web page that predicts in a browser, as `seqcnn page`.

        Parameters
        ----------
        path
            The `.html` file to write.
        title, description, contact
            Texts of the page; by default the title names the targets.
        overwrite
            Whether an existing file is overwritten; else it is refused.

        Returns
        -------
        Size of the page in bytes.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> model.page("predictor.html", title="Promoter strength") < 6e6
        True
        """
        from seqcnn.share.page import page

        texts = {"title": title, "description": description, "contact": contact}
        with self._bundle() as bundle:
            return page(bundle, Path(path), overwrite=overwrite, **texts)

    @public
    def card(
        self,
        path: str | Path,
        *,
        title: str = "",
        description: str = "",
        license: str = "",
        citation: str = "",
        metrics: str | Path | None = None,
        overwrite: bool = False,
    ) -> None:
        """Write a model card in Markdown, as `seqcnn card`.

        Parameters
        ----------
        path
            The file to write, such as `README.md`.
        title, description
            Texts of the card; by default they name the targets.
        license, citation
            Identifier of a licence, such as `cc-by-4.0`, and how to cite the model.
        metrics
            Metrics of `seqcnn evaluate`, which have intervals; None takes `metrics.json` beside the bundle,
            if it is there.
        overwrite
            Whether an existing file is overwritten; else it is refused.

        Examples
        --------
        >>> import seqcnn
        >>> model = seqcnn.load_model("model.safetensors")
        >>> model.card("README.md", license="cc-by-4.0", citation="doi:10.5281/zenodo.1")
        """
        from seqcnn.share.card import CardTexts, card

        texts = CardTexts(title, description, license, citation)
        with self._bundle() as bundle:
            card(bundle, Path(path), texts=texts, metrics=optional_path(metrics), overwrite=overwrite)

    @contextmanager
    def _bundle(self) -> Iterator[Path]:
        """Yield the bundle of the model; a temporary one if it has none."""
        with output_folder(None) as folder:
            if self.path is None:
                self.save(folder / "model.safetensors")
            yield self.path or folder / "model.safetensors"
