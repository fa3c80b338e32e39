"""From encoders and a catalogue to evidence: what can be computed once is computed here, before the loop."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from aisle.catalogue import Catalogue
from aisle.core.progress import Advance, progress
from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.encoders.base import Encoder
from aisle.encoders.cache import VectorCache
from aisle.encoders.product_vectors import encode_products
from aisle.training.category_names import category_name_products
from aisle.training.evidence import Evidence, FrozenEvidence, TrainedEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """Where and with what evidence is collected.

    Args:
        folder: an existing folder for files that hold features, so that memory stays flat.
        cache: the folder of vectors that were made before, or None for none.
        threads: processor cores to use.
    """

    folder: Path
    cache: Path | None
    threads: int


def collect_evidence(
    encoders: Mapping[str, Encoder], catalogue: Catalogue, splits: Sequence[str], place: Workplace
) -> dict[str, Evidence]:
    """Read all products of some splits once for each encoder, in the order of TrainingData."""
    n = sum(catalogue.count(split) for split in splits) + catalogue.labels.tree.n_leaves
    found: dict[str, Evidence] = {}
    for name, encoder in encoders.items():
        folder = place.folder / name
        folder.mkdir(exist_ok=True)
        with progress(f"Reading [{name}]", n) as advance:
            if encoder.trained:
                features = encoder.collect(_told(_products(catalogue, splits), advance), folder)
                found[name] = TrainedEvidence(encoder, features, folder, place.threads)
            else:
                cache = VectorCache(place.cache) if place.cache else None
                undecodable: list[NDArray[np.bool_]] = []
                vectors, present = encode_products(
                    encoder,
                    _products(catalogue, splits),
                    catalogue.images(),
                    cache,
                    progress=advance,
                    undecodable=undecodable.append,
                    folder=folder,
                )
                found[name] = FrozenEvidence(
                    encoder, vectors, present, sum(int(b.sum()) for b in undecodable)
                )
    return found


def _products(catalogue: Catalogue, splits: Sequence[str]) -> Iterator[pa.RecordBatch]:
    yield from catalogue.batches(splits, columns=PRODUCT_SCHEMA.names)
    yield category_name_products(catalogue.labels.tree)


def _told(batches: Iterable[pa.RecordBatch], advance: Advance) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch
        advance(batch.num_rows)
