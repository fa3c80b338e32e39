"""Opt-out headers are read as their authors mean them."""

import pytest

from aisle.images.download.optout import opted_out


class TestOptedOut:
    @pytest.mark.parametrize("rule", ["noai", "noimageai", "noindex", "noimageindex", "none", "NoAI"])
    def test_a_rule_for_all_concerns_us(self, rule):
        assert opted_out([rule], "") == f"X-Robots-Tag: {rule.lower()}"

    @pytest.mark.parametrize(
        ("tags", "reason"),
        [
            (["all, noai"], "X-Robots-Tag: noai"),
            (["all; noimageai"], "X-Robots-Tag: noimageai"),
            (["all noai"], "X-Robots-Tag: noai"),
            (["otherbot: noai; noimageai"], ""),
            (["aisle: max-image-preview: none, max-image-preview: none"], ""),
            (["otherbot: noai"], ""),
            (["otherbot: noindex, nofollow, noai"], ""),
            (["otherbot: nofollow, aisle: noai"], "X-Robots-Tag: noai"),
            (["Aisle: noindex"], "X-Robots-Tag: noindex"),
            (["otherbot: nofollow", "noimageai"], "X-Robots-Tag: noimageai"),
            (["unavailable_after: 25 Jun 2030 15:00:00 PST"], ""),
            (["unavailable_after: Wednesday, 25-Jun-10 15:00:00 UTC, noindex"], "X-Robots-Tag: noindex"),
            (["unavailable_after: Fri, 25 Jun 2010 15:00:00 GMT, noai"], "X-Robots-Tag: noai"),
            (["unavailable_after: 2010-06-25T15:00:00Z, noai"], "X-Robots-Tag: noai"),
            (["otherbot: unavailable_after: Wednesday, 25-Jun-10 15:00:00 UTC, noindex"], ""),
            (["other-bot/2.1: noindex"], ""),
            (["max-snippet:20, noindex"], "X-Robots-Tag: noindex"),
            (["nofollow, noarchive"], ""),
            ([""], ""),
            ([], ""),
        ],
    )
    def test_a_rule_for_one_agent_concerns_that_agent(self, tags, reason):
        assert opted_out(tags, "") == reason

    @pytest.mark.parametrize(
        ("value", "reason"), [("1", "tdm-reservation: 1"), (" 1 ", "tdm-reservation: 1"), ("0", ""), ("", "")]
    )
    def test_text_and_data_mining_can_be_reserved(self, value, reason):
        assert opted_out([], value) == reason
