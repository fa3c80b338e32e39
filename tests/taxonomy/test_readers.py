"""Reading a taxonomy: the format is recognised, and what is wrong is told with file and line."""

import gzip
from pathlib import Path

import pytest

from aisle.core.errors import AisleError
from aisle.taxonomy.formats.source import Source
from aisle.taxonomy.readers import TAXONOMY_FORMATS, read_taxonomy

PATHS = "Shoes\nShoes > Boots\nShoes > Sandals\nHats\n"
WITH_IDS = "# Google_Product_Taxonomy_Version: 2021-09-21\n1 - Shoes\n2 - Shoes > Boots\n3 - Hats\n"


def refusal(file: Path, content: str | bytes) -> str:
    """The message with which a file of this content is refused, without the folder."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(AisleError) as caught:
        read_taxonomy(str(file))
    message = str(caught.value)
    assert "\n" not in message
    return message.replace(f"{file.parent}/", "")


class TestBadInput:
    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(AisleError, match="no such file"):
            read_taxonomy(str(tmp_path / "none.txt"))

    def test_a_folder(self, tmp_path):
        with pytest.raises(AisleError, match="is a folder"):
            read_taxonomy(str(tmp_path))

    def test_a_pattern_that_names_several_files(self, tmp_path):
        for name in ("a.txt", "b.txt"):
            (tmp_path / name).write_text(PATHS)
        with pytest.raises(AisleError, match="names 2 files; a taxonomy is one"):
            read_taxonomy(str(tmp_path / "*.txt"))

    @pytest.mark.parametrize("content", ["", "\n\n", "  \n", "\ufeff", "# only a comment\n"])
    def test_an_empty_file(self, tmp_path, content):
        assert refusal(tmp_path / "t.txt", content) == "t.txt: holds no category; is it the right file?"

    def test_bytes_that_are_no_text(self, tmp_path):
        message = refusal(tmp_path / "t.txt", b"Shoes\nShoes > B\xe9b\xe9\n")
        assert message == "t.txt:2: byte 0xe9 is not UTF-8; save the file as UTF-8"

    def test_a_broken_gzip(self, tmp_path):
        packed = gzip.compress(PATHS.encode() * 100)
        assert refusal(tmp_path / "t.txt.gz", packed[:-20]).startswith("t.txt.gz: cannot be unpacked: ")

    @pytest.mark.parametrize(
        "content",
        ["some;words;here\n1;2;3\n", "<html>\n<body></body>\n", "a\tb\tc\n", "id,title,link\n1,Boot,x\n"],
    )
    def test_a_file_in_no_known_format(self, tmp_path, content):
        message = refusal(tmp_path / "t.txt", content)
        assert message.startswith("t.txt:1: ")
        assert "does not begin a taxonomy; known formats: " in message
        assert "google, paths, shopify, shopify_json, table" in message


class TestBadGoogleText:
    def test_a_line_without_an_id(self, tmp_path):
        message = refusal(tmp_path / "t.txt", "1 - Shoes\nShoes > Boots\n3 - Hats\n")
        assert message == "t.txt:2: 'Shoes > Boots' has no id; write '<id> - <path>'"

    def test_an_id_that_is_no_number(self, tmp_path):
        message = refusal(tmp_path / "t.txt", "1 - Shoes\n12x - Shoes > Boots\n3 - Hats\n")
        assert message == "t.txt:2: id '12x' is not a number; write '<id> - <path>'"

    def test_an_empty_path(self, tmp_path):
        assert refusal(tmp_path / "t.txt", "1 - Shoes\n3 - Hats\n2 - \n").startswith("t.txt:3: '2 -' has no ")

    @pytest.mark.parametrize("path", ["Shoes > > Boots", "> Boots", "Shoes >"])
    def test_an_empty_name_in_a_path(self, tmp_path, path):
        message = refusal(tmp_path / "t.txt", f"1 - Shoes\n2 - {path}\n3 - Hats\n")
        assert message == f"t.txt:2: '{path}' has an empty name; write the names with ' > ' between them"

    def test_one_id_for_two_paths(self, tmp_path):
        message = refusal(tmp_path / "t.txt", "1 - Shoes\n2 - Hats\n2 - Shoes > Boots\n")
        assert message == "t.txt:3: the id '2' is that of 'Hats' on line 2; give each category its own"

    def test_two_ids_for_one_path(self, tmp_path):
        message = refusal(tmp_path / "t.txt", "1 - Shoes\n2 - Hats\n3 - Shoes\n")
        assert message == "t.txt:3: 'Shoes' has the id '1' on line 1 and '3' here; give it one"


class TestBadPaths:
    @pytest.mark.parametrize("path", ["Shoes > > Boots", "> Boots", "Shoes >"])
    def test_an_empty_name(self, tmp_path, path):
        message = refusal(tmp_path / "t.txt", f"Shoes\nHats > Caps\n{path}\n")
        assert message == f"t.txt:3: '{path}' has an empty name; write the names with ' > ' between them"


class TestBadShopifyText:
    def test_a_line_without_an_id(self, tmp_path):
        content = "gid://shopify/TaxonomyCategory/aa : Apparel\nApparel > Shoes\n"
        message = refusal(tmp_path / "t.txt", content)
        assert message == "t.txt:2: 'Apparel > Shoes' has no id; write '<gid://...> : <path>'"


class TestBadShopifyJson:
    def test_json_that_breaks_off(self, tmp_path):
        message = refusal(tmp_path / "t.json", '{\n"verticals": [\n')
        assert message.startswith("t.json:3: is no JSON: ")

    def test_json_nested_without_end(self, tmp_path):
        assert "without end" in refusal(tmp_path / "t.json", '{"verticals": ' + "[" * 100_000)

    def test_json_without_verticals(self, tmp_path):
        message = refusal(tmp_path / "t.json", '{"categories": []}')
        assert message == "t.json: holds no list 'verticals'; expected Shopify's categories.json"

    def test_a_vertical_without_categories(self, tmp_path):
        message = refusal(tmp_path / "t.json", '{"verticals": [{"name": "Apparel"}]}')
        assert message == "t.json: verticals[0]: holds no list 'categories'"

    @pytest.mark.parametrize(
        ("category", "complaint"),
        [
            ("[]", "is no object with an id and a name"),
            ('{"name": "Shoes"}', "has no text 'id'"),
            ('{"id": "aa"}', "has no text 'name'"),
            ('{"id": 7, "name": "Shoes"}', "has no text 'id'"),
            ('{"id": "aa", "name": "Shoes", "parent_id": 7}', "has a 'parent_id' that is no text"),
            ('{"id": "aa", "name": "Shoes", "parent_id": "zz"}', "the parent 'zz' of 'aa' is no row's id"),
        ],
    )
    def test_a_malformed_category(self, tmp_path, category, complaint):
        message = refusal(tmp_path / "t.json", '{"verticals": [{"categories": [' + category + "]}]}")
        assert message.startswith(f"t.json: verticals[0].categories[0]: {complaint}")

    def test_no_category_at_all(self, tmp_path):
        assert refusal(tmp_path / "t.json", '{"verticals": []}').startswith("t.json: holds no category")


class TestBadTables:
    def test_a_row_with_too_few_fields(self, tmp_path):
        message = refusal(tmp_path / "t.csv", "id,parent,name\n1,,Shoes\n2,Boots\n")
        assert message == "t.csv:3: has 2 fields; the header has 3"

    def test_a_quote_that_never_ends(self, tmp_path):
        message = refusal(tmp_path / "t.csv", 'id,parent,name\n1,,"Shoes\n2,1,Boots\n')
        assert message == "t.csv:2: a quote opens here and never closes"

    def test_a_parent_that_is_not_there(self, tmp_path):
        message = refusal(tmp_path / "t.csv", "id,parent,name\n1,,Shoes\n2,9,Boots\n")
        assert message == ("t.csv:3: the parent '9' of '2' is no row's id; leave it empty for a top category")

    def test_a_category_below_itself(self, tmp_path):
        message = refusal(tmp_path / "t.csv", "id,parent,name\n1,,Shoes\n2,3,Boots\n3,2,Laces\n")
        assert message == "t.csv:3: '2' lies below itself; mend its parent '3'"

    def test_one_id_for_two_rows(self, tmp_path):
        message = refusal(tmp_path / "t.csv", "id,parent,name\n1,,Shoes\n1,,Hats\n")
        assert message == "t.csv:3: the id '1' of 'Hats' is that of 'Shoes' too; give each its own"

    @pytest.mark.parametrize(
        ("row", "complaint"), [("2,1,", "has an empty name"), (",1,Boots", "has an empty id")]
    )
    def test_an_empty_field(self, tmp_path, row, complaint):
        message = refusal(tmp_path / "t.csv", f"id,parent,name\n1,,Shoes\n{row}\n")
        assert message.startswith("t.csv:3: ")
        assert complaint in message

    def test_a_name_that_would_be_split(self, tmp_path):
        message = refusal(tmp_path / "t.csv", "id,parent,name\n1,,Shoes > Boots\n")
        assert message.startswith("t.csv:2: the name 'Shoes > Boots' holds a '>' of its own")

    def test_a_level_that_is_skipped(self, tmp_path):
        message = refusal(tmp_path / "t.csv", "level1,level2,level3\nShoes,,Laces\n")
        assert message == "t.csv:2: 'level2' is empty and 'level3' is not; fill the levels from the left"

    def test_an_id_without_a_level(self, tmp_path):
        message = refusal(tmp_path / "t.csv", "category_id,level1,level2\n7,,\n")
        assert message == "t.csv:2: the id '7' has no category; fill 'level1'"

    def test_one_id_for_two_paths(self, tmp_path):
        message = refusal(tmp_path / "t.csv", "category_id,level1,level2\n7,Shoes,Boots\n7,Shoes,Sandals\n")
        assert (
            message == "t.csv:3: the id '7' is that of 'Shoes > Boots' on line 2; give each category its own"
        )

    def test_two_ids_for_one_path(self, tmp_path):
        message = refusal(tmp_path / "t.csv", "category_id,level1,level2\n7,Shoes,Boots\n8,Shoes,Boots\n")
        assert message == "t.csv:3: 'Shoes > Boots' has the id '7' on line 2 and '8' here; give it one"

    def test_a_header_alone(self, tmp_path):
        assert (
            refusal(tmp_path / "t.csv", "id,parent,name\n")
            == "t.csv: holds no category; is it the right file?"
        )


def read(file: Path, content: str | bytes) -> dict[str, str]:
    """From id to path of the tree that a file of this content holds."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    tree = read_taxonomy(str(file))
    return dict(zip(tree.ids[1:], tree.path_texts()[1:], strict=True))


PLAIN = {"1": "Shoes", "2": "Shoes > Boots", "3": "Hats"}


class TestEncodings:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_marked_encodings(self, tmp_path, encoding):
        assert read(tmp_path / "t.txt", WITH_IDS.encode(encoding)) == PLAIN

    @pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
    def test_line_endings(self, tmp_path, ending):
        assert read(tmp_path / "t.txt", WITH_IDS.replace("\n", ending)) == PLAIN

    def test_no_line_ending_at_the_end(self, tmp_path):
        assert read(tmp_path / "t.txt", WITH_IDS.rstrip()) == PLAIN

    def test_gzip_is_recognised_by_content(self, tmp_path):
        assert read(tmp_path / "t.txt", gzip.compress(WITH_IDS.encode())) == PLAIN

    def test_line_numbers_count_lines_that_are_passed_over(self, tmp_path):
        assert refusal(tmp_path / "t.txt", "# Version\r\n\r\n1 - A\r\n\r\n2x - B\r\n").startswith("t.txt:5: ")

    def test_any_fsspec_address(self, tmp_path):
        (tmp_path / "t.txt").write_text(WITH_IDS)
        assert read_taxonomy(f"file://{tmp_path}/t.txt").n_leaves == 2


class TestGoogleText:
    def test_ids_and_paths(self, tmp_path):
        assert read(tmp_path / "t.txt", WITH_IDS) == {"1": "Shoes", "2": "Shoes > Boots", "3": "Hats"}

    def test_names_may_hold_a_dash_or_a_slash(self, tmp_path):
        content = "1 - Sport\n2 - Sport > Indoor - Spiele\n3 - Sport > I/O - A / B\n"
        assert list(read(tmp_path / "t.txt", content).values()) == [
            "Sport",
            "Sport > Indoor - Spiele",
            "Sport > I/O - A / B",
        ]

    def test_a_parent_may_follow_its_children(self, tmp_path):
        content = "2 - Shoes > Boots\n1 - Shoes\n"
        assert read(tmp_path / "t.txt", content) == {"1": "Shoes", "2": "Shoes > Boots"}

    def test_a_parent_that_never_comes_has_its_path_for_an_id(self, tmp_path):
        content = "2 - Shoes > Boots\n3 - Hats\n"
        assert read(tmp_path / "t.txt", content) == {"Shoes": "Shoes", "2": "Shoes > Boots", "3": "Hats"}

    def test_doubled_lines_count_once(self, tmp_path):
        content = "1 - Shoes\n1 - Shoes\n2 - Shoes > Boots\n1  -  Shoes \n"
        assert read(tmp_path / "t.txt", content) == {"1": "Shoes", "2": "Shoes > Boots"}


class TestPaths:
    def test_the_path_is_the_id(self, tmp_path):
        assert list(read(tmp_path / "t.txt", PATHS)) == ["Shoes", "Shoes > Boots", "Shoes > Sandals", "Hats"]

    def test_a_flat_list(self, tmp_path):
        assert list(read(tmp_path / "t.txt", "dress\nhat\nt-shirt\n")) == ["dress", "hat", "t-shirt"]

    def test_commas_in_names_do_not_make_it_a_table(self, tmp_path):
        content = "Food, Beverages & Tobacco\nFood, Beverages & Tobacco > Tea, Coffee\n"
        assert list(read(tmp_path / "t.txt", content)) == content.splitlines()

    def test_only_the_comment_at_the_top_is_passed_over(self, tmp_path):
        content = "# Version: 1\n\nGifts\n#1 Dad > Mugs\n"
        assert list(read(tmp_path / "t.txt", content)) == ["Gifts", "#1 Dad", "#1 Dad > Mugs"]


class TestShopify:
    def test_text(self, tmp_path):
        content = (
            "# Shopify Product Taxonomy - Categories: 2024-07\n# Format: {id} : {path}\n\n"
            "gid://shopify/TaxonomyCategory/ap     : Animals & Pet Supplies\n"
            "gid://shopify/TaxonomyCategory/ap-1   : Animals & Pet Supplies > Live : Animals\n"
        )
        assert read(tmp_path / "t.txt", content) == {
            "gid://shopify/TaxonomyCategory/ap": "Animals & Pet Supplies",
            "gid://shopify/TaxonomyCategory/ap-1": "Animals & Pet Supplies > Live : Animals",
        }

    def test_json_with_all_verticals(self, tmp_path):
        content = """{"version": "2024-07", "verticals": [
          {"name": "Apparel", "prefix": "aa", "categories": [
            {"id": "g/aa", "level": 0, "name": "Apparel", "full_name": "Apparel", "parent_id": null,
             "attributes": [], "children": [{"id": "g/aa-1", "name": "Shoes"}], "ancestors": []},
            {"id": "g/aa-1", "level": 1, "name": "Shoes", "full_name": "Apparel > Shoes", "parent_id": "g/aa",
             "attributes": [], "children": [], "ancestors": [{"id": "g/aa", "name": "Apparel"}]}]},
          {"name": "Media", "prefix": "me", "categories": [
            {"id": "g/me", "level": 0, "name": "Media", "full_name": "Media", "parent_id": null,
             "attributes": [], "children": [], "ancestors": []}]}]}"""
        assert read(tmp_path / "t.json", content) == {
            "g/aa": "Apparel",
            "g/aa-1": "Apparel > Shoes",
            "g/me": "Media",
        }

    def test_json_that_names_ancestors_and_no_parent(self, tmp_path):
        content = """{"verticals": [{"categories": [
            {"id": "a", "name": "A", "ancestors": []},
            {"id": "c", "name": "C", "ancestors": [{"id": "b", "name": "B"}, {"id": "a", "name": "A"}]},
            {"id": "b", "name": "B", "ancestors": [{"id": "a", "name": "A"}]}]}]}"""
        assert read(tmp_path / "t.json", content) == {"a": "A", "b": "A > B", "c": "A > B > C"}

    def test_json_of_the_first_editions(self, tmp_path):
        content = """{"version": "0.0.1", "verticals": [{"name": "Apparel", "prefix": "aa", "categories": [
            {"fully_qualified_type": "Apparel", "public_id": "AA", "name": "Apparel", "parent_id": null,
             "children_ids": ["AA-1"], "ancestor_ids": []},
            {"fully_qualified_type": "Apparel > Shoes", "public_id": "AA-1", "name": "Shoes",
             "parent_id": "AA", "children_ids": [], "ancestor_ids": ["AA"]}]}]}"""
        assert read(tmp_path / "t.json", content) == {"AA": "Apparel", "AA-1": "Apparel > Shoes"}


class TestTables:
    def test_cdiscount(self, tmp_path):
        content = (
            "category_id,category_level1,category_level2,category_level3\n"
            "1000012764,VOIRIE - URBAIN,AMENAGEMENT,ABRI VELO - ABRI MOTO \n"
            '1000012768,VOIRIE - URBAIN,AMENAGEMENT,"FONTAINE, EAU"\n'
        )
        assert read(tmp_path / "t.csv", content) == {
            "VOIRIE - URBAIN": "VOIRIE - URBAIN",
            "VOIRIE - URBAIN > AMENAGEMENT": "VOIRIE - URBAIN > AMENAGEMENT",
            "1000012764": "VOIRIE - URBAIN > AMENAGEMENT > ABRI VELO - ABRI MOTO",
            "1000012768": "VOIRIE - URBAIN > AMENAGEMENT > FONTAINE, EAU",
        }

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    def test_id_parent_and_name_in_any_order(self, tmp_path, delimiter):
        content = "name,id,parent,note\nBoots,2,1,x\nShoes,1,,y\n".replace(",", delimiter)
        assert read(tmp_path / "t.csv", content) == {"1": "Shoes", "2": "Shoes > Boots"}

    @pytest.mark.parametrize(
        "header", ["ID,Parent ID,Name", "category_id,parent_id,category_name", "id,parent_category_id,title"]
    )
    def test_columns_under_other_names(self, tmp_path, header):
        assert read(tmp_path / "t.csv", f"{header}\n1,,Shoes\n2,1,Boots\n") == {
            "1": "Shoes",
            "2": "Shoes > Boots",
        }

    @pytest.mark.parametrize(
        "header", ["lvl1,lvl2", "Level 1,Level 2", "L1,L2", "cat_1,cat_2", "category1,category2"]
    )
    def test_levels_under_other_names(self, tmp_path, header):
        content = f"{header}\nShoes,Boots\nHats,\n"
        assert list(read(tmp_path / "t.csv", content)) == ["Shoes", "Shoes > Boots", "Hats"]

    def test_levels_of_uneven_depth_with_ids_for_inner_nodes(self, tmp_path):
        content = "id,level1,level2\n1,Shoes,\n2,Shoes,Boots\n\n3,Hats,\n"
        assert read(tmp_path / "t.csv", content) == {"1": "Shoes", "2": "Shoes > Boots", "3": "Hats"}

    def test_names_alike_under_different_parents(self, tmp_path):
        content = "id,parent,name\n1,,Men\n2,,Women\n3,1,Boots\n4,2,Boots\n"
        assert read(tmp_path / "t.csv", content)["4"] == "Women > Boots"


SAMPLES = {
    "google": "1 - Shoes\n2 - Shoes > Boots\n",
    "paths": "Shoes\nShoes > Boots\n",
    "shopify": "gid://shopify/Category/aa : Shoes\ngid://shopify/Category/aa-1 : Shoes > Boots\n",
    "shopify_json": """{"verticals": [{"categories": [{"id": "aa", "name": "Shoes", "parent_id": null},
        {"id": "aa-1", "name": "Boots", "parent_id": "aa"}]}]}""",
    "table": "id,parent,name\n1,,Shoes\n2,1,Boots\n",
}
"""One tree in each format. Whoever adds a format adds it here."""


@pytest.mark.parametrize("name", TAXONOMY_FORMATS.names())
class TestEveryFormat:
    def test_is_recognised_by_content(self, tmp_path, name):
        source = Source("sample", SAMPLES[name])
        recognising = [
            other for other in TAXONOMY_FORMATS.table if TAXONOMY_FORMATS.get(other).recognises(source)
        ]
        assert recognising[0] == name

    def test_gives_the_tree(self, tmp_path, name):
        assert list(read(tmp_path / "sample", SAMPLES[name]).values()) == ["Shoes", "Shoes > Boots"]
