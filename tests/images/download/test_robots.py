"""robots.txt is obeyed, however it is written."""

from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.address import parse
from aisle.images.download.exchange import Answer, Body
from aisle.images.download.robots import Robots

LINES = [
    "User-agent: *",
    "User-agent: aisle",
    "Disallow: /x",
    "Allow: /",
    "",
    "Crawl-delay: 2",
    "request-rate: 1/5",
]


def allows(text, path="/x.jpg"):
    robots, body = Robots(), Body()
    body.append(text.encode())
    robots.learn("shop.test:443", Answer(http_status=200, body=body))
    return robots.allows(parse(f"https://shop.test{path}"))


def test_numbers_that_are_none_disturb_no_other_line():
    text = "User-agent: *\nCrawl-delay: \u00b2\nRequest-rate: \u00b2/\u00b2\nDisallow: /x\n"
    assert not allows(text)
    assert allows(text, "/y.jpg")


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=20)).map("\n".join))
def test_any_text_can_be_read(text):
    assert allows(text) in (True, False)
