"""A file that is no image is told as such: where a row is written, and where images are counted."""

import json

import pyarrow.parquet as pq
import pytest

from aisle.catalogue.ingest import ingest
from aisle.catalogue.settings import IngestSettings
from aisle.prediction import EvaluateOptions, PredictSettings, evaluate_model, predict
from aisle.training import TrainOptions, read_recipe, train

HEADER = "id\ttitle\tgoogle_product_category\timage_link\tadditional_image_link\n"


@pytest.fixture
def feed(shop, tmp_path):
    """Three products: with a whole image, with a whole and a torn one, with one that is missing."""
    (tmp_path / "2.png").write_bytes((shop / "images/2.png").read_bytes())
    (tmp_path / "torn.jpg").write_bytes(b"\xff\xd8\xff torn")
    rows = ["1\trake\tGarden > Tools > Rakes\t2.png\t", "2\trake\tGarden > Tools > Rakes\t2.png\ttorn.jpg"]
    (tmp_path / "new.tsv").write_text(HEADER + "\n".join([*rows, "3\tjam\tFood\tgone.png\t"]) + "\n")
    return tmp_path / "new.tsv"


COUNTS = {"ok": 2, "missing": 1, "undecodable": 1}


def test_predict_names_it_and_counts_it(model, feed, tmp_path):
    summary = predict(model, [str(feed)], tmp_path / "rows.parquet", PredictSettings(images=tmp_path))
    reasons = pq.read_table(tmp_path / "rows.parquet")["reason"].to_pylist()
    assert reasons == ["", "image undecodable: torn.jpg", "image missing: gone.png"]
    assert summary.images == COUNTS


def test_evaluate_counts_it(model, feed, tmp_path):
    evaluate_model(model, str(feed), tmp_path / "scores", EvaluateOptions(images=tmp_path))
    assert json.loads((tmp_path / "scores/metrics.json").read_text())["counts"]["images"] == COUNTS


def test_train_counts_it(shop, quick, tmp_path):
    rows = (shop / "shop.tsv").read_text().splitlines(keepends=True)[:81]
    (tmp_path / "shop.tsv").write_text("".join(rows))
    (tmp_path / "images").mkdir()
    for i in range(80):
        whole = (shop / f"images/{i}.png").read_bytes()
        (tmp_path / f"images/{i}.png").write_bytes(whole if i % 4 else b"no image" + bytes([i]))
    settings = IngestSettings(taxonomy="from-labels", images=tmp_path)
    ingest([str(tmp_path / "shop.tsv")], settings, tmp_path / "catalogue")
    recipe = read_recipe("image_small", [*(c for c in quick if "epochs" not in c), "training.epochs=1"])
    summary = train(tmp_path / "catalogue", tmp_path / "model", recipe, TrainOptions())
    assert summary.images["undecodable"] > 0
    n_seen = sum(summary.images.values())
    assert summary.images["ok"] == n_seen - summary.images["undecodable"]
    about = json.loads((tmp_path / "model/aisle.json").read_text())
    assert about["provenance"]["images"] == dict(summary.images)
