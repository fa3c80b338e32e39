"""Settings refuse what would fail at every address."""

import pytest

from aisle.images.download.settings import FetchSettings


@pytest.mark.parametrize(
    "proxy",
    ["", "http://proxy.test:3128", "proxy.test:3128", "https://me:word@[::1]:8", "socks5h://proxy.test"],
)
def test_an_address_of_a_proxy_is_taken(proxy):
    assert FetchSettings(proxy=proxy).proxy == proxy


@pytest.mark.parametrize(
    "proxy",
    [
        "ftp://proxy.test",
        "foo bar",
        "http://",
        "http://proxy.test:port",
        "http://a:99999",
        "socks5://a:1",
        "http://ä",
    ],
)
def test_what_is_none_is_refused_with_an_example(proxy):
    with pytest.raises(ValueError, match=r"http://proxy\.example:3128"):
        FetchSettings(proxy=proxy)


@pytest.mark.parametrize("total_s", [0.0, -1.0, float("inf"), float("nan"), 1e9])
def test_a_time_limit_that_is_none_is_refused(total_s):
    with pytest.raises(ValueError, match="the time limit is"):
        FetchSettings(total_s=total_s)
