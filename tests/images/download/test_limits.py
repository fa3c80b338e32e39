"""How fast a host may be asked, by the longest suffix that names it."""

import pytest

from aisle.core.errors import AisleError
from aisle.images.download.limits import HostLimits, Limits, parse_limit


class TestLimits:
    LIMITS = Limits(
        HostLimits(requests_per_s=2),
        (("example", HostLimits(requests_per_s=3)), ("cdn.example", HostLimits(requests_per_s=50))),
    )

    @pytest.mark.parametrize(
        ("host", "rate"),
        [
            ("shop.test:443", 2),
            ("shop.example:443", 3),
            ("cdn.example:443", 50),
            ("a.cdn.example:80", 50),
            ("notcdn.example", 3),
            ("mycdn.example:80", 3),
            ("cdn.example.test", 2),
            ("[2606:4700::1]:443", 2),
        ],
    )
    def test_the_longest_suffix_wins(self, host, rate):
        assert self.LIMITS.of(host).requests_per_s == rate

    def test_lanes_that_share_a_host_share_its_limits(self):
        limits = HostLimits(requests_per_s=100, n_connections=20, n_workers=4)
        assert limits.share(1) == limits
        share = limits.share(4)
        assert (share.requests_per_s, share.n_connections) == (25, 5)

    def test_no_more_lanes_share_a_host_than_there_are_or_than_it_may_have_connections(self):
        limits = Limits(
            HostLimits(),
            (
                ("a.example", HostLimits(n_connections=8, n_workers=4)),
                ("b.example", HostLimits(n_connections=2, n_workers=4)),
            ),
        )
        assert limits.n_lanes_by_suffix(8) == {"": 1, "a.example": 4, "b.example": 2}
        assert limits.n_lanes_by_suffix(3) == {"": 1, "a.example": 3, "b.example": 2}

    def test_the_least_time_is_told(self):
        assert HostLimits(requests_per_s=2).least_s(1001) == 500

    @pytest.mark.parametrize("rate", [0, -1, 1e-15, float("nan"), float("inf")])
    def test_a_rate_that_is_none_is_refused(self, rate):
        with pytest.raises(ValueError, match="requests_per_s"):
            HostLimits(requests_per_s=rate)


class TestParseLimit:
    @pytest.mark.parametrize(
        ("text", "name", "limits"),
        [
            ("cdn.example=50,8", "cdn.example", HostLimits(requests_per_s=50, n_connections=8)),
            (
                "*.CDN.example=50,8,2",
                "cdn.example",
                HostLimits(requests_per_s=50, n_connections=8, n_workers=2),
            ),
            ("cdn.example=0.5", "cdn.example", HostLimits(requests_per_s=0.5, n_connections=2)),
            ("bücher.example=3", "xn--bcher-kva.example", HostLimits(requests_per_s=3)),
            ("[2606:4700:0::1]=3", "[2606:4700::1]", HostLimits(requests_per_s=3)),
            ("cdn.example=100", "cdn.example", HostLimits(requests_per_s=100, n_connections=20)),
        ],
    )
    def test_a_limit_is_read(self, text, name, limits):
        assert parse_limit(text) == (name, limits)

    @pytest.mark.parametrize(
        "text",
        [
            "cdn.example",
            "=5",
            "cdn.example=fast",
            "cdn.example=5,0",
            "a=1,2,3,4",
            "a=0",
            "a=1e400",
            "a=nan",
            "a=1e-15",
            "a=1e-5,1,2",
            "a=5,1," + "9" * 400,
            "https://cdn.example/=5",
            "cdn.example:8080=5",
            "*=5",
            "a b=5",
            "::1=5",
            "cdn.example/x=5",
        ],
    )
    def test_what_does_not_parse_is_said_with_an_example(self, text):
        with pytest.raises(AisleError, match=r"cdn\.example=50,8"):
            parse_limit(text)
