"""From answers to rows."""

import numpy as np
import pyarrow as pa

from aisle.core.records import Answers
from aisle.core.schemas import PRODUCT_SCHEMA
from aisle.prediction.rows import RowMaker
from aisle.taxonomy.building import from_paths

TREE = from_paths([("Toys", "Kites"), ("Toys", "Balls"), ("Food",)])
TOYS, KITES, FOOD = (TREE.find(text) for text in ("Toys", "Toys > Kites", "Food"))
IMAGES = [
    [],
    [{"link": "a.jpg", "sha256": "0", "status": "ok"}, {"link": "../b", "sha256": "", "status": "outside"}],
]


def products():
    rows = [
        {f.name: IMAGES[i] if f.name == "images" else f"{f.name}{i}" for f in PRODUCT_SCHEMA}
        for i in range(2)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=PRODUCT_SCHEMA)


ANSWERS = Answers(
    path=np.array([[TOYS, KITES], [FOOD, -1]], np.int32),
    path_p=np.array([[0.75, 0.5], [0.875, np.nan]], np.float32),
    top_leaves=np.array([[KITES, FOOD], [FOOD, KITES]], np.int32),
    top_p=np.array([[0.5, 0.25], [0.875, 0.125]], np.float32),
    mask=np.array([1, 0], np.uint8),
)


def test_a_row_tells_the_leaf_its_path_and_the_probability_of_each_level():
    first, second = RowMaker(TREE, 1).rows(products(), ANSWERS).to_pylist()
    assert (first["id"], first["merchant"]) == ("id0", "merchant0")
    assert (first["category_path"], first["probability"]) == ("Toys > Kites", 0.5)
    assert first["level_probabilities"] == [0.75, 0.5]
    assert (second["category_path"], second["level_probabilities"]) == ("Food", [0.875])


def test_runners_up_follow_the_best_when_asked_for():
    row = RowMaker(TREE, 2).rows(products(), ANSWERS).to_pylist()[0]
    assert [(t["category_path"], t["probability"]) for t in row["top"]] == [
        ("Toys > Kites", 0.5),
        ("Food", 0.25),
    ]


def test_a_product_without_evidence_says_so():
    assert RowMaker(TREE, 1).rows(products(), ANSWERS).column("status").to_pylist() == ["ok", "no_evidence"]


def test_an_image_that_did_not_speak_is_named_with_the_reason():
    assert RowMaker(TREE, 1).rows(products(), ANSWERS).column("reason").to_pylist() == [
        "",
        "image outside: ../b",
    ]
