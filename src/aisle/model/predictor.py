"""The predictor: products in, answers out. The batch job, evaluation and the Python interface all call it."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.calibration import Calibrated
from aisle.core.records import FIELDS, TEXT_FIELDS, Answers, Product
from aisle.encoders.cache import VectorCache
from aisle.encoders.product_vectors import product_vectors
from aisle.images import ImageFiles, ImageRoot, ImageSource, open_root
from aisle.model.arguments import check_folders, listed_products, whole_number_from_1
from aisle.model.directory import Model, read_model
from aisle.model.products import table_of_products
from aisle.model.silence import as_seen, image_reasons, statuses
from aisle.taxonomy.paths import most_probable_paths
from aisle.taxonomy.tree import Taxonomy

_ENCODED = 4096  # products whose vectors are held at a time
_SCORED = 512  # products whose leaf probabilities are held at a time: they stay near the core


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """One product's category.

    Args:
        category_id: the leaf's id in the taxonomy.
        category_path: the names from the top to the leaf, joined by ` > `.
        probability: of the leaf.
        level_probabilities: of the path's node at level 1, 2, ...
        top: the most probable leaves, as (id, path, probability), the most probable first.
        evidence: the fields that spoke.
        status: `ok`, or `no_evidence` where the product has no field that the model reads.
        reason: why the first of the images that did not speak was silent: `image STATUS: PATH`, by
            core.schemas.IMAGE_STATUSES; else empty.
    """

    category_id: str
    category_path: str
    probability: float
    level_probabilities: tuple[float, ...]
    top: tuple[tuple[str, str, float], ...]
    evidence: tuple[str, ...]
    status: str
    reason: str


class Predictor:
    """A model that answers.

    Args:
        model: as `aisle.model.directory.read_model` gave it.
        cache: vectors of images that were made before, or None for none.
        images: where `predict` looks up the images that products name; None for files anywhere.
    """

    def __init__(
        self, model: Model, cache: VectorCache | None = None, images: ImageRoot | None = None
    ) -> None:
        self.model = model
        self._cache = cache
        self._images = images or ImageFiles()
        self._calibrated = Calibrated(model.calibration, model.labels.tree)

    @property
    def tree(self) -> Taxonomy:
        """The tree that is predicted."""
        return self.model.labels.tree

    def predict(self, products: Iterable[Product], top: int = 5) -> list[Prediction]:
        """Give each product its category, as `aisle predict` does.

        Args:
            products: any number of them, in a list, from a generator, ...
            top: how many of the most probable leaves to name, from 1; at most all leaves.

        Returns:
            (products,) in their order.

        Raises:
            AisleError: an argument is not what it must be, or a text is none that a feed may hold.
        """
        n_top = whole_number_from_1("top", top)
        listed = listed_products(products)
        if not listed:
            return []
        table, images = table_of_products(listed, self._images)
        answers = self.answer(table, images, top=n_top)
        told = zip(
            statuses(answers).to_pylist(), image_reasons(as_seen(table, answers)).to_pylist(), strict=True
        )
        return [self._prediction(answers, row, *why) for row, why in enumerate(told)]

    def answer(self, products: pa.RecordBatch, images: ImageSource | None, *, top: int = 1) -> Answers:
        """Answer for a batch of products.

        Args:
            products: opens with core.schemas.PRODUCT_SCHEMA.
            images: where the bytes of the products' images are read, or None for none.
            top: how many of the most probable leaves to name; at most all leaves.
        """
        top = min(top, self.tree.n_leaves)
        parts = [
            part
            for at in range(0, max(1, products.num_rows), _ENCODED)
            for part in self._answer_parts(products.slice(at, _ENCODED), images, top)
        ]
        return parts[0] if len(parts) == 1 else Answers.joined(parts)

    def _answer_parts(
        self, products: pa.RecordBatch, images: ImageSource | None, top: int
    ) -> Iterator[Answers]:
        """Encode products together, then answer for a few at a time."""
        vectors = {}
        undecodable = _Undecodable(products.column("images"))
        read = {name for encoder in self.model.encoders.values() for name in encoder.fields}
        mask = text_mask(products, read)
        for name, encoder in self.model.encoders.items():
            vectors[name], present = product_vectors(
                encoder, products, images, self._cache, undecodable=undecodable.add
            )
            if "image" in encoder.fields:
                mask |= present.astype(np.uint8) << FIELDS.index("image")
        for at in range(0, max(1, len(mask)), _SCORED):
            rows = slice(at, at + _SCORED)
            scores = self.model.head.scores({name: v[rows] for name, v in vectors.items()})
            leaf_p = self._calibrated.probabilities(scores, mask[rows])
            path, path_p, top_leaves, top_p = most_probable_paths(self.tree, leaf_p, top=top)
            yield Answers(
                path=path,
                path_p=path_p,
                top_leaves=top_leaves,
                top_p=top_p,
                mask=mask[rows],
                undecodable=undecodable.of(rows),
            )

    def _prediction(self, answers: Answers, row: int, status: str, reason: str) -> Prediction:
        tree = self.tree
        path = answers.path[row][answers.path[row] >= 0]
        levels = answers.path_p[row][: len(path)]
        tops = zip(answers.top_leaves[row], answers.top_p[row], strict=True)
        return Prediction(
            category_id=tree.ids[path[-1]],
            category_path=tree.path_text(int(path[-1])),
            probability=float(levels[-1]),
            level_probabilities=tuple(float(p) for p in levels),
            top=tuple((tree.ids[i], tree.path_text(int(i)), float(p)) for i, p in tops),
            evidence=tuple(name for bit, name in enumerate(FIELDS) if answers.mask[row] >> bit & 1),
            status=status,
            reason=reason,
        )


class _Undecodable:
    """Which images of some products were found and could not be decoded, as any encoder of images says.

    Args:
        images: the products' column of that name.
    """

    def __init__(self, images: pa.ListArray) -> None:
        offsets = images.offsets.to_numpy()
        self._offsets = offsets - offsets[0]
        self._found: NDArray[np.bool_] | None = None

    def add(self, parts: Sequence[NDArray[np.bool_]]) -> None:
        """Take in what one encoder says, part after part."""
        found = np.concatenate([np.zeros(0, np.bool_), *parts])
        self._found = found if self._found is None else self._found | found

    def of(self, rows: slice) -> NDArray[np.bool_]:
        """What is known of the images of some products; empty where no encoder looked."""
        if self._found is None:
            return np.zeros(0, np.bool_)
        bounds = self._offsets[rows.start : rows.stop + 1]
        return self._found[bounds[0] : bounds[-1]]


def text_mask(products: pa.RecordBatch, read: Collection[str] = TEXT_FIELDS) -> NDArray[np.uint8]:
    """Which text fields each product has: bit i stands for core.records.FIELDS[i].

    Args:
        read: the fields that matter; the bits of others stay 0.
    """
    mask = np.zeros(products.num_rows, np.uint8)
    for bit, name in enumerate(TEXT_FIELDS):
        if name not in read:
            continue
        column = products.column(name)
        offsets = np.frombuffer(column.buffers()[1], np.int32)[
            column.offset : column.offset + len(column) + 1
        ]
        mask |= (np.diff(offsets) > 0).astype(np.uint8) << bit
    return mask


def load(path: str | Path, cache: str | Path | None = None, images: str | Path | None = None) -> Predictor:
    """Load a model directory, after checking it.

    Args:
        cache: the folder of image vectors that were made before, or None for none.
        images: the folder of images, see `images.open_root`; None for files anywhere.

    Raises:
        AisleError: the directory is missing, incomplete, changed, or of another format; or the folder of
            images is none.
    """
    check_folders(path=path, cache=cache or "", images=images or "")
    root = open_root(images) if images else None
    return Predictor(read_model(Path(path)), VectorCache(Path(cache)) if cache else None, root)
