"""A picture behind many titles of one merchant stands for "no image"; one of many sizes does not."""

from itertools import product

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.core.schemas import CATALOGUE_SCHEMA
from aisle.images.download.placeholders import is_one_article, words_of
from aisle.images.download.run import download

COLOURS = ["red", "navy blue", "black", "white", "green"]
SIZES = ["S", "M", "L", "XL", "3XL"]
THINGS = [
    "lamp", "sofa", "table", "chair", "rug", "vase", "mirror", "clock", "kettle", "hammer", "saw", "drill",
    "hose", "ladder", "rake", "spade", "towel", "pillow", "blanket", "mug", "plate", "bowl", "fork", "spoon",
    "knife", "shirt", "skirt", "jacket", "boot", "sandal",
]  # fmt: skip
NAMES = ["Lamp", "Sofa", "Table", "Chair", "Rug", "Vase", "Mirror", "Clock"]


@pytest.fixture
def catalogue(tmp_path, write_catalogue):
    """Write a catalogue of (merchant, title, links), or (merchant, title, links, other columns)."""

    def write(products):
        rows = []
        for number, (merchant, title, links, *more) in enumerate(products):
            row = {field.name: [] if pa.types.is_nested(field.type) else "" for field in CATALOGUE_SCHEMA}
            images = [
                {"link": link, "sha256": "", "status": "remote" if "://" in link else "no_root"}
                for link in links
            ]
            rows.append(
                {
                    **row,
                    "merchant": merchant,
                    "id": str(number),
                    "title": title,
                    "images": images,
                    "source_line": 1,
                    "extra": list(more[0].items()) if more else [],
                }
            )
        return write_catalogue(tmp_path / "catalogue", rows)

    return write


class TestPlaceholders:
    def test_same_bytes_behind_many_titles_are_found(self, shop, run_settings, catalogue, images, draw):
        """The shop serves its 'no image' picture at an address of its own for each product."""
        nothing, real = draw(90, 90), [draw(100, 90 + n) for n in range(8)]
        shop.site.pictures |= {f"/none-{n}.jpg": nothing for n in range(8)}
        shop.site.pictures |= {f"/real-{n}.jpg": data for n, data in enumerate(real)}
        products = [("m", name, [shop.address(f"/none-{n}.jpg")]) for n, name in enumerate(NAMES)]
        products += [
            ("m", f"{name} deluxe", [shop.address(f"/real-{n}.jpg")]) for n, name in enumerate(NAMES)
        ]
        summary = download(catalogue(products), images, run_settings(placeholder_titles=8))
        (found,) = summary.placeholders
        assert (found.merchant, found.n_titles, found.n_products) == ("m", 8, 8)

    @pytest.mark.parametrize(
        "products",
        [
            pytest.param(
                [("m", f"Shirt, size {n}", ["/x.jpg"]) for n in range(30)], id="sizes of one article"
            ),
            pytest.param([(f"m{n}", name, ["/x.jpg"]) for n, name in enumerate(NAMES)], id="many merchants"),
            pytest.param([("m", name, ["/x.jpg"]) for name in NAMES[:7]], id="too few titles"),
            pytest.param(
                [("m", f"Polo shirt {c} {s}", ["/x.jpg"]) for c in COLOURS for s in SIZES],
                id="colours and sizes",
            ),
            pytest.param(
                [("m", name, ["/x.jpg"], {"item_group_id": "7"}) for name in NAMES], id="one item group"
            ),
        ],
    )
    def test_a_picture_that_is_only_shared_is_none(self, shop, run_settings, catalogue, images, products):
        products = [
            (merchant, title, [shop.address(link) for link in links], *more)
            for merchant, title, links, *more in products
        ]
        shop.site.pictures["/x.jpg"] = shop.site.pictures["/a.jpg"]
        summary = download(catalogue(products), images, run_settings(placeholder_titles=8))
        assert summary.by_status == {"ok": 1}
        assert summary.placeholders == []


def triples(names):
    return zip(names, names[1:], names[2:], strict=False)


def words(*titles):
    return [words_of(title.lower()) for title in titles]


class TestOneArticle:
    @pytest.mark.parametrize(
        "titles",
        [
            [f"polo shirt {c} {s}" for c in COLOURS for s in SIZES],
            [f"shirt {c} {s}" for c in COLOURS for s in SIZES],
            [f"running shoe air comfort {c}" for c in THINGS],
            [f"phone case for model {a} {b}" for a in COLOURS for b in "abcdef"],
            ["mug", "mug large", "mug small", "mug blue"],
            [f"纯棉圆领短袖恤{c}{s}码" for c in "红蓝黑白绿" for s in ("大", "小", "加大", "中", "特大")],
            [f"เสื้อยืดผ้าฝ้าย{c}" for c in ("สีแดง", "สีดำ", "สีขาว", "สีเขียว", "สีฟ้า")],
        ],
    )
    def test_its_colours_and_sizes_are_one_article(self, titles):
        assert is_one_article(words(*titles))

    @pytest.mark.parametrize(
        "titles",
        [
            THINGS,
            [f"{thing} {colour} {size}" for thing in THINGS for colour in COLOURS for size in SIZES],
            [f"{thing} for {other} and {third}" for thing, other, third in triples(THINGS)],
            [f"{thing} with {other}" for thing, other, _ in triples(THINGS)][:20],
            [f"{kind} {thing}" for kind in ("steel", "oak") for thing in THINGS],
            ["台灯", "沙发", "餐桌", "椅子", "地毯", "花瓶", "镜子", "时钟", "水壶", "锤子", "锯子", "电钻"],
        ],
    )
    def test_different_products_are_not(self, titles):
        assert not is_one_article(words(*titles))

    @given(
        st.lists(st.sampled_from(THINGS), min_size=1, max_size=5, unique=True),
        st.lists(st.text("abcdefgh", min_size=2, max_size=6), min_size=20, max_size=60, unique=True),
    )
    def test_a_name_with_one_more_word_is_an_article_and_that_word_alone_is_not(self, name, others):
        assert is_one_article([frozenset([*name, other]) for other in others])
        assert not is_one_article([frozenset([other]) for other in others])


class TestBrands:
    def test_a_brand_in_every_title_makes_no_article(self, shop, run_settings, images, tmp_path):
        lines = [f"{n},Acme {thing},Acme,{shop.address('/a.jpg')}" for n, thing in enumerate(THINGS)]
        feed = tmp_path / "warehouse.csv"
        feed.write_text("\n".join(["id,title,brand,image_link", *lines]))
        (found,) = download(feed, images, run_settings()).placeholders
        assert found.n_titles == len(THINGS)

    def test_nor_does_the_merchants_name(self, shop, run_settings, images, tmp_path):
        lines = [f"{n},{thing} | Warehouse,{shop.address('/a.jpg')}" for n, thing in enumerate(THINGS)]
        feed = tmp_path / "warehouse.csv"
        feed.write_text("\n".join(["id,title,image_link", *lines]))
        assert len(download(feed, images, run_settings()).placeholders) == 1


class TestLaterRuns:
    @pytest.fixture
    def found_once(self, shop, run_settings, catalogue, images):
        """A folder in which one run found a placeholder with eight titles; gives its hash."""
        shop.site.pictures["/x.jpg"] = shop.site.pictures["/a.jpg"]
        products = [("m", name, [shop.address("/x.jpg")]) for name in NAMES]
        (found,) = download(catalogue(products), images, run_settings(placeholder_titles=8)).placeholders
        return found.sha256

    def test_what_was_found_holds_for_a_feed_that_is_downloaded_next(
        self, shop, run_settings, images, tmp_path, found_once
    ):
        feed = tmp_path / "new.csv"
        feed.write_text(f"id,title,image_link\n1,Lamp,{shop.address('/x.jpg')}\n")
        summary = download(feed, images, run_settings(placeholder_titles=8))
        assert [(one.sha256, one.n_titles) for one in summary.placeholders] == [(found_once, 8)]

    def test_what_turns_out_to_be_an_article_is_let_go_of(
        self, shop, run_settings, images, tmp_path, found_once
    ):
        lines = [
            f"{n},Polo shirt {c} {s},{shop.address('/x.jpg')}"
            for n, (c, s) in enumerate(product(COLOURS, SIZES))
        ]
        feed = tmp_path / "m.csv"
        feed.write_text("\n".join(["id,title,image_link", *lines]))
        assert download(feed, images, run_settings(placeholder_titles=8)).placeholders == []

    def test_a_higher_threshold_lets_go_of_it(self, run_settings, images, tmp_path, found_once):
        source = tmp_path / "catalogue"
        assert download(source, images, run_settings(placeholder_titles=9)).placeholders == []
        assert len(download(source, images, run_settings(placeholder_titles=8)).placeholders) == 1


class TestCatalogue:
    def test_every_image_of_every_product_is_downloaded(self, shop, run_settings, catalogue, images, records):
        links = [shop.address(f"/{n}/a.jpg") for n in range(4)]
        shop.site.pictures |= {f"/{n}/a.jpg": shop.site.pictures["/a.jpg"] for n in range(4)}
        products = [
            ("m", "A", links[:2]),
            ("m", "B", [links[1], links[2], "local/x.jpg"]),
            ("n", "C", []),
            ("n", "D", [links[3]]),
        ]
        download(catalogue(products), images, run_settings())
        assert sorted(records(images)) == links
