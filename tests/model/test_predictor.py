"""The Python interface: products in, categories out."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import aisle
from aisle import AisleError, Product


@pytest.fixture(scope="module")
def predictor(model):
    return aisle.load(model)


def test_four_lines_give_a_category(model):
    predictor = aisle.load(model)
    found = predictor.predict([Product(title="kite large new")])
    assert found[0].category_path == "Toys > Kites"
    assert found[0].level_probabilities[0] >= found[0].probability > 0.5


def test_text_alone_image_alone_and_nothing_at_all_get_an_answer(predictor, shop):
    products = [
        Product(title="rake"),
        Product(images=(str(shop / "images/2.png"),)),
        Product(title="rake", images=((shop / "images/2.png").read_bytes(),)),
        Product(),
    ]
    found = predictor.predict(products)
    assert [p.evidence for p in found] == [("title",), ("image",), ("title", "image"), ()]
    assert {p.category_path for p in found[:3]} == {"Garden > Tools > Rakes"}
    for prediction in found:
        assert len(prediction.level_probabilities) == prediction.category_path.count(" > ") + 1
        assert list(prediction.level_probabilities) == sorted(prediction.level_probabilities, reverse=True)


def test_a_broken_or_missing_image_is_absent_evidence(predictor, tmp_path):
    broken = Product(title="ball", images=(b"no image", str(tmp_path / "none.png")))
    with_none = predictor.predict([broken])[0]
    assert with_none.evidence == ("title",)
    assert replace(with_none, reason="") == predictor.predict([Product(title="ball")])[0]


def test_a_prediction_tells_what_was_silent_and_why(predictor, tmp_path):
    torn = tmp_path / "torn.png"
    torn.write_bytes(b"no image")
    whole, named, given, gone, none = predictor.predict(
        [
            Product(title="ball"),
            Product(title="ball", images=(str(torn),)),
            Product(images=(b"no image",)),
            Product(title="ball", images=("gone.png",)),
            Product(),
        ]
    )
    assert (whole.status, whole.reason) == ("ok", "")
    assert (named.status, named.reason) == ("ok", f"image undecodable: {torn}")
    assert (given.status, given.reason) == ("no_evidence", "image undecodable")
    assert (gone.status, gone.reason) == ("ok", "image missing: gone.png")
    assert (none.status, none.reason) == ("no_evidence", "")


def test_in_a_long_batch_each_image_is_told_of_its_own_product(predictor, shop):
    whole = (shop / "images/2.png").read_bytes()
    torn = {0, 511, 512, 4095, 4096, 4500}
    products = [
        Product(title="rake", images=(whole, b"no image") if i in torn else (whole,)[: i % 2])
        for i in range(4501)
    ]
    found = predictor.predict(products)
    assert {i for i, one in enumerate(found) if one.reason} == torn


def test_the_most_probable_leaves_come_in_order_and_no_more_than_there_are(predictor):
    top = predictor.predict([Product(title="jam")], top=50)[0].top
    assert len(top) == 4
    assert top[0][1] == "Food"
    probabilities = [p for _, _, p in top]
    assert probabilities == sorted(probabilities, reverse=True)
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)


def test_a_model_may_be_named_by_a_path_and_keep_vectors_in_a_folder(model, shop, tmp_path):
    product = Product(title="rake", images=[shop / "images/2.png"])
    first = aisle.load(Path(model), cache=tmp_path / "vectors").predict([product])
    assert list((tmp_path / "vectors").glob("*/*.vectors"))
    assert aisle.load(str(model), cache=str(tmp_path / "vectors")).predict([product]) == first
    assert aisle.load(model).predict([product]) == first


def test_no_products_give_no_answers(predictor):
    assert predictor.predict([]) == []


def test_products_may_come_one_by_one(predictor):
    products = [Product(title="rake"), Product(title="jam")]
    assert predictor.predict(product for product in products) == predictor.predict(products)


@pytest.mark.parametrize(
    ("products", "message"),
    [
        (Product(title="mug"), r"products is of type Product; .* write predict\(\[product\]\)"),
        (None, "products is of type NoneType; it must be a list of products"),
        ([{"title": "mug"}], r"products\[0\] is of type dict; .* write aisle.Product\(title=..., ...\)"),
        ([Product(), "mug"], r"products\[1\] is of type str; it must be a product"),
    ],
)
def test_what_is_no_product_is_refused_by_its_place(predictor, products, message):
    with pytest.raises(AisleError, match=message):
        predictor.predict(products)


@pytest.mark.parametrize("top", ["3", 0, -1, 2.5, None, True])
def test_top_is_a_whole_number_from_1(predictor, top):
    with pytest.raises(AisleError, match=f"top is {top!r}; it must be a whole number from 1"):
        predictor.predict([Product(title="mug")], top=top)
    assert len(predictor.predict([Product(title="mug")], top=np.int64(2))[0].top) == 2


@pytest.mark.parametrize("argument", ["path", "cache", "images"])
def test_what_is_no_path_is_refused_by_name(model, argument):
    with pytest.raises(AisleError, match=f"{argument} is 3; it must be the path of a folder"):
        aisle.load(**{"path": model, argument: 3})


def test_images_are_looked_up_in_the_folder_that_was_named(model, shop, tmp_path):
    by_link = aisle.load(model, images=shop).predict([Product(images=["images/2.png"])])
    assert by_link == aisle.load(model).predict([Product(images=[shop / "images/2.png"])])
    with pytest.raises(AisleError, match="no such folder"):
        aisle.load(model, images=tmp_path / "none")


def test_an_answer_does_not_depend_on_the_products_beside_it(predictor):
    words = ["kite", "ball", "rake", "jam", "handy", ""]
    products = [Product(title=f"{a} {b}") for a in words for b in words]
    together = predictor.predict(products)
    apart = [predictor.predict([product])[0] for product in products]
    assert [p.category_id for p in together] == [p.category_id for p in apart]
    np.testing.assert_allclose(
        [p.probability for p in together], [p.probability for p in apart], rtol=1e-4, atol=1e-6
    )


def test_a_model_of_text_alone_loads_no_torch(catalogue, tmp_path):
    import subprocess
    import sys

    from aisle.training import TrainOptions, read_recipe, train

    train(catalogue, tmp_path / "text", read_recipe("text_small", ["training.epochs=1"]), TrainOptions())
    script = (
        "import sys, aisle\n"
        f"p = aisle.load({str(tmp_path / 'text')!r}).predict([aisle.Product(title='kite')])\n"
        "assert p and 'torch' not in sys.modules and 'timm' not in sys.modules, 'torch was loaded'\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_answer_does_not_depend_on_where_in_a_long_batch_the_product_stands(predictor):
    words = ["kite", "ball", "rake", "jam", "handy", ""]
    few = predictor.predict([Product(title=word) for word in words])
    many = predictor.predict([Product(title=words[i % 6]) for i in range(4_200)])
    for i, found in enumerate(many):
        assert found.category_id == few[i % 6].category_id
        assert found.level_probabilities == pytest.approx(few[i % 6].level_probabilities, abs=1e-6)
