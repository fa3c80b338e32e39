"""A catalogue grows: nobody who has a place changes it, and the tree stays."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from aisle.catalogue import open_catalogue
from aisle.catalogue.ingest import ingest
from aisle.catalogue.settings import IngestSettings
from aisle.catalogue.splits import SplitRatio, SplitRule
from aisle.catalogue.summary import summary_lines
from aisle.core.errors import AisleError


def row(product_id, title="", label="A", group=""):
    return {"id": product_id, "title": title, "product_type": label, "item_group_id": group}


def by_split(found):
    sides = defaultdict(list)
    for product in found.values():
        sides[product["split"]].append(product)
    return sides


@pytest.fixture
def old(feed, ingested):
    """A catalogue of 60 products, each of its own group, without its feed, which is not read again."""
    address = feed("shop.tsv", [row(str(i), f"title {i}", "A > B" if i % 2 else "A") for i in range(60)])
    catalogue = ingested(address, out="old")
    (catalogue.path.parent / "shop.tsv").unlink()
    return catalogue


@pytest.fixture
def extended(old, feed, ingested):
    """Add a feed of the same merchant to the old catalogue."""
    return lambda rows, **settings: ingested(
        feed("more.tsv", rows), extend=old.path, merchant="shop", **settings
    )


class TestOldProducts:
    def test_they_stay_where_they_are_and_as_they_are(self, old, extended, products):
        before = products(old)
        after = products(extended([row("new", "new")]))
        assert {i: after[i] for i in before} == before
        assert list(after) == [*before, "new"]

    def test_one_with_the_same_id_replaces_an_old_one_and_takes_its_split(self, old, extended, products):
        before = products(old)
        catalogue = extended([row(i, "changed", "A > B") for i in before])
        after = products(catalogue)
        assert {i: p["split"] for i, p in after.items()} == {i: p["split"] for i, p in before.items()}
        assert {p["title"] for p in after.values()} == {"changed"}
        assert (catalogue.manifest.read, catalogue.manifest.doubles, catalogue.manifest.products) == (
            120,
            60,
            60,
        )

    def test_an_update_without_a_label_keeps_the_label_and_so_the_split(self, old, extended, products):
        before = products(old)
        catalogue = extended([row(i, f"changed {i}", label="") for i in before])
        after = products(catalogue)
        for name in ("label", "label_text", "split"):
            assert [p[name] for p in after.values()] == [p[name] for p in before.values()]
        assert {p["title"] for p in after.values()} == {f"changed {i}" for i in before}
        assert catalogue.manifest.ingests[-1]["labels_kept"] == 60
        assert ("  keep their label", 60) in [line[:2] for line in summary_lines(catalogue.manifest)]
        assert catalogue.manifest.ingests[-1]["notes"] == []

    def test_an_update_with_another_label_takes_it(self, old, extended, products):
        catalogue = extended([row("1", "title 1", "A"), row("3", "title 3", "no such"), row("5", "x", "")])
        after = products(catalogue)
        assert [after[i]["label_text"] for i in ("1", "3", "5")] == ["A", "no such", "A > B"]
        assert after["3"]["split"] == "unlabelled"
        assert after["1"]["split"] == products(old)["1"]["split"]
        assert catalogue.manifest.ingests[-1]["labels_kept"] == 1

    def test_what_an_update_lacks_is_not_told_as_several_rows(self, old, extended):
        assert extended([row("1", "", "A")]).manifest.ingests[-1]["notes"] == []

    def test_a_label_that_is_found_gives_it_a_split(self, feed, ingested, products, tmp_path):
        ingested(feed("shop.tsv", [row("1", "a"), row("2", "b", label="")]), out="old")
        more = feed("more.tsv", [row("2", "b")])
        after = products(ingested(more, extend=tmp_path / "old", merchant="shop"))
        assert after["2"]["split"] in ("train", "val", "test")


class TestNewProducts:
    def test_one_joins_the_group_and_the_split_that_it_is_linked_to(self, old, extended, products):
        before = products(old)
        after = products(extended([row(f"like {i}", f"Title-{i}") for i in range(60)]))
        for i in range(60):
            assert after[f"like {i}"]["split"] == before[str(i)]["split"]
            assert after[f"like {i}"]["group"] == before[str(i)]["group"]

    def test_one_that_joins_two_groups_of_one_split_makes_them_one(self, old, extended, products):
        first, second = by_split(products(old))["train"][:2]
        new = [row("x", first["title"], group="g"), row("y", second["title"], group="g")]
        after = products(extended(new))
        names = {after[i]["group"] for i in (first["id"], second["id"], "x", "y")}
        assert names == {min(first["group"], second["group"])}
        assert after["x"]["split"] == after["y"]["split"] == "train"

    def test_one_that_would_join_two_splits_belongs_to_neither(self, old, extended, products):
        sides = by_split(products(old))
        train, test = sides["train"][0], sides["test"][0]
        new = [row("x", train["title"], group="g"), row("y", test["title"], group="g"), row("z", "else")]
        catalogue = extended(new)
        after = products(catalogue)
        assert after["x"]["split"] == after["y"]["split"] == "conflict"
        assert after[train["id"]] == train
        assert after[test["id"]] == test
        assert catalogue.count("conflict") == 2
        assert len({after[i]["group"] for i in ("x", "y", train["id"], test["id"])}) == 4

    def test_one_in_conflict_stays_so_and_links_nothing(self, old, extended, products, feed, ingested):
        sides = by_split(products(old))
        new = [
            row("x", sides["train"][0]["title"], group="g"),
            row("y", sides["test"][0]["title"], group="g"),
        ]
        extended(new, out="second")
        more = feed("third.tsv", [row("w", "w", group="g")])
        after = products(ingested(more, extend=old.path.parent / "second", merchant="shop"))
        assert after["x"]["split"] == "conflict"
        assert after["w"]["split"] in ("train", "val", "test")

    def test_one_without_a_label_may_settle_when_its_group_does(self, feed, ingested, products, tmp_path):
        ingested(feed("a.tsv", [row("1", "a", label=""), row("2", "b")]), out="old", merchant="shop")
        after = products(ingested(feed("b.tsv", [row("3", "a")]), extend=tmp_path / "old", merchant="shop"))
        assert after["1"]["split"] == "unlabelled"
        assert after["1"]["group"] == after["3"]["group"]

    def test_their_labels_mean_nodes_of_the_old_tree(self, old, extended, products):
        catalogue = extended([row("x", "x", "A > B"), row("y", "y", "A > new"), row("z", "z", "A")])
        found = products(catalogue)
        assert [found[i]["label"] for i in "xyz"] == [["A > B"], [], ["A"]]
        assert catalogue.labels.tree.ids == old.labels.tree.ids
        assert catalogue.manifest.labels["unresolved"] == 1

    def test_a_cap_counts_the_old_ones_first(self, feed, ingested, tmp_path, products):
        ratio = {"split_ratio": SplitRatio(100, 0, 0)}
        ingested(feed("a.tsv", [row(str(i), f"t{i}") for i in range(8)]), out="old", merchant="shop", **ratio)
        more = feed("b.tsv", [row(f"n{i}", f"n{i}") for i in range(8)])
        catalogue = ingested(more, extend=tmp_path / "old", merchant="shop", max_per_leaf=10)
        assert (catalogue.count("train"), catalogue.count("capped")) == (10, 6)
        assert all(products(catalogue)[str(i)]["split"] == "train" for i in range(8))


class TestSettings:
    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"taxonomy": "tree.txt"}, "--taxonomy from-labels, not tree.txt"),
            ({"max_depth": 3}, "--max-depth left out, not 3"),
            ({"min_products": 3}, "--min-products left out, not 3"),
            ({"label_columns": ("x", "y")}, "--label-column product_type, not x,y"),
            ({"inner_labels": "other"}, "--inner-labels set, not other"),
            ({"split": SplitRule("merchant")}, "--split group, not merchant"),
            ({"split_ratio": SplitRatio(80, 10, 10)}, "--split-ratio 70/15/15, not 80/10/10"),
        ],
    )
    def test_an_option_that_differs_is_refused(self, extended, asked, words):
        with pytest.raises(AisleError, match=words):
            extended([row("x")], **asked)

    def test_an_option_that_agrees_is_welcome(self, extended):
        made = extended([row("x")], taxonomy="from-labels", split=SplitRule("group")).manifest
        assert (made.taxonomy, made.split, made.split_ratio) == ("from-labels", "group", "70/15/15")

    def test_what_is_no_catalogue_is_refused(self, feed, ingested, tmp_path):
        with pytest.raises(AisleError, match=r"nowhere: no such catalogue; make one with aisle ingest"):
            ingested(feed("a.tsv", [row("1")]), extend=tmp_path / "nowhere")

    def test_a_given_split_goes_on_as_given(self, feed, ingested, tmp_path, products):
        ingested(feed("train.tsv", [row("1", "a")]), out="old", split=SplitRule("file"))
        catalogue = ingested(feed("test.tsv", [row("2", "a"), row("3", "b")]), extend=tmp_path / "old")
        assert {i: p["split"] for i, p in products(catalogue).items()} == {
            "1": "train",
            "2": "test",
            "3": "test",
        }
        assert catalogue.manifest.links_across_splits == {"keys": 1, "val": 0, "test": 1}

    def test_a_merchant_stays_on_its_side(self, feed, ingested, tmp_path, products):
        feeds = [feed(f"m{m}.tsv", [row(f"{m}", f"t{m}")]) for m in range(12)]
        before = products(ingested(*feeds, out="old", split=SplitRule("merchant")))
        more = [feed(f"m{m}.tsv", [row(f"new {m}", f"n{m}")]) for m in range(14)]
        after = products(ingested(*more, extend=tmp_path / "old"))
        assert all(after[f"new {m}"]["split"] == before[f"{m}"]["split"] for m in range(12))

    def test_new_merchants_are_drawn_by_their_names_one_by_one_too(self, feed, ingested, tmp_path, products):
        ingested(feed("first.tsv", [row("1", "a")]), out="catalogue", split=SplitRule("merchant"))
        more = [feed(f"m{m}.tsv", [row(f"{m}", f"t{m}")]) for m in range(24)]
        at_once = products(ingested(*more, extend=tmp_path / "catalogue", out="at once"))
        assert {p["split"] for p in at_once.values()} == {"train", "val", "test"}
        for address in more[:6]:
            one_by_one = products(ingested(address, extend=tmp_path / "catalogue"))
        assert all(one_by_one[f"{m}"]["split"] == at_once[f"{m}"]["split"] for m in range(6))


def test_the_old_catalogue_may_be_replaced_by_the_new_one(old, extended, products):
    n_before = len(products(old))
    catalogue = extended([row("x", "x")], out="old")
    assert catalogue.path == old.path
    assert len(products(catalogue)) == n_before + 1
    assert [run["feeds"][0]["rows"] for run in catalogue.manifest.ingests] == [60, 1]


def test_rows_put_aside_before_are_still_told(feed, ingested, tmp_path):
    ingested(feed("a.tsv", [row("1", "old"), row("1", "new")]), out="old")
    catalogue = ingested(feed("b.tsv", [row("2")]), extend=tmp_path / "old")
    assert (
        len((catalogue.path / "rejected.jsonl").read_text().splitlines()) == catalogue.manifest.doubles == 1
    )


titles = st.sampled_from(["", "a", "b", "c", "d", "e"])
shops = st.dictionaries(
    st.integers(0, 15),
    st.tuples(titles, st.sampled_from(["", "g", "h"]), st.sampled_from(["", "A", "B"])),
    min_size=1,
)


@pytest.mark.slow
@hypothesis_settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(shops, min_size=2, max_size=4))
def test_a_product_never_leaves_its_split_when_the_catalogue_grows(tmp_path_factory, feeds):
    folder = tmp_path_factory.mktemp("growing")
    settled, seen, changed = {}, set(), set()
    for number, shop in enumerate([{99: ("z", "", "A"), 98: ("y", "", "B")}, *feeds]):
        lines = ["id\ttitle\titem_group_id\tproduct_type"]
        lines += [f"{i}\t{title}\t{group}\t{label}" for i, (title, group, label) in shop.items()]
        (folder / f"{number}.tsv").write_text("\n".join(lines))
        settings = IngestSettings(
            taxonomy=None if number else "from-labels",
            extend=folder / "catalogue" if number else None,
            merchant="shop",
            overwrite=True,
        )
        made = ingest([str(folder / f"{number}.tsv")], settings, folder / "catalogue")
        found = {p["id"]: p for b in open_catalogue(folder / "catalogue").batches() for p in b.to_pylist()}
        assert made.products == len(found)
        for i, split in settled.items():
            assert found[i]["split"] == split or found[i]["label"] == []
        changed |= {str(i) for i in shop} & seen
        seen |= set(found)
        settled = {i: p["split"] for i, p in found.items() if p["split"] != "unlabelled"}
        drawn = [p for p in found.values() if p["split"] in ("train", "val", "test")]
        _check_groups(drawn)
        _check_links([p for p in drawn if p["id"] not in changed])


def _check_groups(drawn):
    """Each group lies on one side."""
    sides = {}
    for product in drawn:
        assert sides.setdefault(product["group"], product["split"]) == product["split"]


def _check_links(unchanged):
    """Products that share a title or an item group lie on one side; an old one that was changed may not."""
    sides = {}
    for product in unchanged:
        for key in (("title", product["title"]), ("group", dict(product["extra"]).get("item_group_id"))):
            if key[1]:
                assert sides.setdefault(key, product["split"]) == product["split"]
