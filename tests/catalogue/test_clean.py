import html
import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.catalogue.clean import clean, plain_text


def cleaned(text: str) -> str:
    return clean(pa.array([text], pa.string()))[0].as_py()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Blue shirt", "Blue shirt"),
        ("  Blue \t\n shirt\u00a0\u3000", "Blue shirt"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("<p>Soft</p><p>Warm</p>", "Soft Warm"),
        ("&lt;b&gt;Soft &amp;amp; warm&lt;/b&gt;", "Soft & warm"),
        ("5&nbsp;&quot;", '5 "'),
        ("width < 10 and > 5", "width < 10 and > 5"),
        ("AT&TIMES&notme", "AT&TIMES&notme"),
        ("a <!-- <b>no</b> --> z", "a z"),
        ("a <SCRIPT type=x>alert(1 < 2)</ScRiPt> z", "a z"),
        ("a <script> z", "a z"),
        ("&#xfffffff;&#128512;", "&#xfffffff;\U0001f600"),
        ("", ""),
    ],
)
def test_a_text_is_read_as_a_shopper_reads_it(written, read):
    assert cleaned(written) == read


def test_labels_keep_what_looks_like_a_tag():
    assert clean(pa.array(["Home &amp; Garden  >Beds", "<Home > Beds>"]), markup=False).to_pylist() == [
        "Home & Garden >Beds",
        "<Home > Beds>",
    ]


def test_rows_keep_their_places():
    assert clean(pa.array(["a", " b", "c", "d&amp;", "e"])).to_pylist() == ["a", "b", "c", "d&", "e"]


def test_an_empty_batch_stays_empty():
    assert clean(pa.array([], pa.string())).to_pylist() == []


@pytest.mark.parametrize("unit", ["<script>", "<!--", "<a ", "&lt;", "&", "<", "< "])
def test_hostile_mark_up_takes_time_in_proportion_to_its_length(unit):
    text = unit * (1_000_000 // len(unit))
    start = time.perf_counter()
    plain_text(text)
    assert time.perf_counter() - start < 5


@given(st.text())
def test_cleaned_text_has_single_spaces_and_none_at_its_ends(text):
    assert cleaned(text) == " ".join(plain_text(text).split())


@given(st.text(alphabet=st.characters(exclude_characters="<>&", exclude_categories=["Cc", "Cs"])))
def test_escaped_text_comes_back(text):
    assert cleaned(html.escape(text)) == cleaned(text)
