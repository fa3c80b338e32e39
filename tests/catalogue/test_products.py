"""Raw rows become products, the same way for a catalogue and for prediction."""

from hashlib import sha256
from types import MappingProxyType

import pyarrow as pa
import pytest

from aisle.catalogue.products import inline_images, merchant_category, to_products
from aisle.core.schemas import PRODUCT_SCHEMA, RAW_SCHEMA
from aisle.images import ImageFolder


def raw(*rows, **own):
    """Raw rows; what a row does not name is missing. `own` are the feed's other columns."""
    missing = {"string": "", "int64": 0}
    filled = [
        {field.name: row.get(field.name, missing.get(str(field.type), [])) for field in RAW_SCHEMA}
        for row in rows
    ]
    batch = pa.RecordBatch.from_pylist(filled, schema=RAW_SCHEMA)
    for name, values in own.items():
        batch = batch.append_column(name, pa.array(values))
    return batch


def test_they_have_the_schema_of_products_and_keep_their_places():
    batch = to_products(raw({"id": "1", "merchant": "m"}, {"id": "2"}), ())
    assert batch.schema.equals(PRODUCT_SCHEMA)
    assert batch["id"].to_pylist() == ["1", "2"]
    assert batch["merchant"].to_pylist() == ["m", ""]


def test_no_rows_become_no_products():
    assert len(to_products(raw(), ())) == 0


def test_texts_are_read_as_a_shopper_does_and_links_stay_as_they_are():
    row = {
        "title": "<b>Tom</b> &amp;  Jerry",
        "brand": " A&amp;B ",
        "description": "x\n\ny",
        "link": "http://a/?b&c",
    }
    product = to_products(raw(row), ()).to_pylist()[0]
    assert {name: product[name] for name in row} == {
        "title": "Tom & Jerry",
        "brand": "A&B",
        "description": "x y",
        "link": "http://a/?b&c",
    }


class TestMerchantCategory:
    ROWS = ({"product_type": ["A > B", "C"]}, {"product_type": []}, {"product_type": []})
    OWN = MappingProxyType(
        {"product_type_merchant": ["x", "y &amp; z", ""], "merchant_category": ["p", "q", "r"]}
    )

    @pytest.mark.parametrize(
        ("labels", "expected"),
        [
            ((), ["A > B | C", "y & z", "r"]),
            (("product_type",), ["x", "y & z", "r"]),
            (("product_type", "product_type_merchant"), ["p", "q", "r"]),
            (("product_type", "product_type_merchant", "merchant_category"), ["", "", ""]),
        ],
    )
    def test_it_is_the_first_column_that_a_row_has_and_that_is_no_label(self, labels, expected):
        assert merchant_category(raw(*self.ROWS, **self.OWN), labels).to_pylist() == expected

    @pytest.mark.parametrize(
        ("labels", "expected"), [((), "x"), (("merchant_category",), ""), (("Merchant Category",), "")]
    )
    def test_its_column_is_found_and_left_out_however_it_is_spelled(self, labels, expected):
        assert merchant_category(raw({}, **{"Merchant Category": ["x"]}), labels).to_pylist() == [expected]

    def test_it_is_empty_where_there_is_none(self):
        assert merchant_category(raw({}), ()).to_pylist() == [""]


class TestImages:
    def test_those_of_a_folder_are_hashed(self, tmp_path):
        (tmp_path / "1.jpg").write_bytes(b"x")
        products = to_products(raw({"image_link": ["1.jpg", "2.jpg"]}, {}), (), ImageFolder(tmp_path))
        assert products["images"].to_pylist() == [
            [
                {"link": "1.jpg", "sha256": sha256(b"x").hexdigest(), "status": "ok"},
                {"link": "2.jpg", "sha256": "", "status": "missing"},
            ],
            [],
        ]

    def test_many_are_looked_at_side_by_side_and_keep_their_places(self, tmp_path):
        links = [f"{i}.jpg" for i in range(300)]
        for link in links[::2]:
            (tmp_path / link).write_bytes(link.encode())
        rows = [{"image_link": [link, "http://x.example/y.jpg"]} for link in links]
        images = to_products(raw(*rows), (), ImageFolder(tmp_path))["images"].to_pylist()
        assert [pair[0]["link"] for pair in images] == links
        assert [pair[0]["status"] for pair in images] == ["ok", "missing"] * 150
        assert {pair[1]["status"] for pair in images} == {"remote"}
        assert images[2][0]["sha256"] == sha256(b"2.jpg").hexdigest()

    @pytest.mark.parametrize(
        ("link", "status"),
        [
            ("https://x.example/1.jpg", "remote"),
            ("HTTP://x.example/1.jpg", "remote"),
            ("gopher://x.example/1", "remote"),
            ("1.jpg", "no_root"),
            ("../1.jpg", "outside"),
            ("/etc/passwd", "outside"),
            ("file:///etc/passwd", "outside"),
        ],
    )
    def test_without_a_folder_only_the_link_tells(self, link, status):
        image = to_products(raw({"image_link": [link]}), ())["images"].to_pylist()[0][0]
        assert image == {"link": link, "sha256": "", "status": status}

    def test_those_in_the_feed_itself_follow_those_it_links_to(self):
        batch = raw(
            {"image_bytes": [b"a", b"b"]},
            {"image_link": ["1.jpg"], "image_bytes": [b"c"]},
            {"image_bytes": [b""]},
        )
        found = [
            [(i["link"][-4:], i["status"]) for i in of_row]
            for of_row in to_products(batch, ())["images"].to_pylist()
        ]
        digests = {name: sha256(name).hexdigest() for name in (b"a", b"b", b"c")}
        assert found == [
            [(digests[b"a"][-4:], "ok"), (digests[b"b"][-4:], "ok")],
            [(".jpg", "no_root"), (digests[b"c"][-4:], "ok")],
            [("", "unreadable")],
        ]
        assert inline_images(batch) == {digests[name]: name for name in digests}
