"""Several links or product types as one list."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.feeds.links import as_lists, split_link_column, split_links

addresses = st.builds(
    "{}{}".format,
    st.sampled_from(["http://", "https://", "s3://", "//"]),
    st.text(st.sampled_from("ab,/.?=_-"), min_size=1, max_size=12).map(lambda path: path.strip(",/") or "a"),
).filter(lambda link: ",//" not in link)
paths = st.text(st.sampled_from("ab/._-"), min_size=1).filter(lambda path: "//" not in path)


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("", []),
        ("a.jpg", ["a.jpg"]),
        ("a.jpg,b/c.jpg", ["a.jpg", "b/c.jpg"]),
        ("a.jpg, b.jpg ,", ["a.jpg", "b.jpg"]),
        ("http://x/w=1,h=2/a.jpg", ["http://x/w=1,h=2/a.jpg"]),
        ("http://x/w=1,h=2/a.jpg,http://x/b.jpg", ["http://x/w=1,h=2/a.jpg", "http://x/b.jpg"]),
        ("http://x/a.jpg, //x/b.jpg", ["http://x/a.jpg", "//x/b.jpg"]),
        ("HTTPS://x/a,b.jpg,Https://x/c.jpg", ["HTTPS://x/a,b.jpg", "Https://x/c.jpg"]),
    ],
)
def test_commas_within_an_address_do_not_split_it(text, links):
    assert split_links(text) == links


@given(st.lists(addresses), st.sampled_from([",", ", ", ",\n"]))
def test_addresses_that_are_joined_by_commas_come_apart_again(links, comma):
    assert split_links(comma.join(links)) == links


@given(st.lists(paths), st.sampled_from([",", ", "]))
def test_relative_paths_that_are_joined_by_commas_come_apart_again(links, comma):
    assert split_links(comma.join(links)) == links


@given(st.lists(st.one_of(addresses, paths, st.just(""))))
def test_a_column_is_split_text_by_text(texts):
    column = split_link_column(pa.array(texts, pa.string()))
    assert column.to_pylist() == [split_links(text) for text in texts]


@given(st.lists(st.tuples(st.sampled_from(["", " ", "a", "b "]), st.lists(st.sampled_from(["", "c", " d"])))))
def test_columns_side_by_side_are_joined_row_by_row_without_blanks(rows):
    single = pa.array([one for one, _ in rows], pa.string())
    several = pa.array([many for _, many in rows], pa.list_(pa.string()))
    expected = [[text.strip() for text in [one, *many] if text.strip()] for one, many in rows]
    for offset in range(min(len(rows), 2) + 1):
        found = as_lists([single.slice(offset), several.slice(offset)])
        found.validate(full=True)
        assert found.to_pylist() == expected[offset:]


def test_only_additional_links_are_split_at_commas_and_main_images_may_stand_in_several_columns(read):
    """A comma in `image_link` may be part of the address."""
    feed = read(
        "id\timage_link\tImage Link\tadditional_image_link\n"
        "1\thttp://x/w_9,h_9/a,b.jpg\tc.jpg\td.jpg, e.jpg\n",
        "feed.tsv",
    )
    assert feed.column("image_link") == [["http://x/w_9,h_9/a,b.jpg", "c.jpg", "d.jpg", "e.jpg"]]
