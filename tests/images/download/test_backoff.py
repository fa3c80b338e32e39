"""Back-off doubles, is drawn evenly from zero, and obeys what the server asks for."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.backoff import jittered_s, retry_after_s

PARTS = [
    "Wed,", "Wednesday,", "21", "21-Oct-26", "Oct", "2026", "9" * 20, "07:28:00", "99:99:99", "7.28.00",
    "GMT", "+0100", "-99999999999999", "1", ":", ",",
]  # fmt: skip
NOW = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)


class TestJitteredS:
    @given(st.integers(1, 100), st.integers(0, 2**32))
    def test_a_wait_lies_between_zero_and_the_doubled_base(self, n_failures, seed):
        wait = jittered_s(n_failures, base_s=1.0, longest_s=60.0, chance=random.Random(seed))
        assert 0.0 <= wait <= min(60.0, 2.0 ** min(n_failures - 1, 32))

    def test_the_waits_are_spread_over_the_whole_range(self):
        chance = random.Random(1)
        waits = [jittered_s(4, base_s=1.0, longest_s=60.0, chance=chance) for _ in range(2000)]
        assert 3.8 < sum(waits) / len(waits) < 4.2
        assert min(waits) < 0.1
        assert max(waits) > 7.9


class TestRetryAfterS:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("120", 120.0),
            (" 0 ", 0.0),
            ("Sat, 21 Nov 2026 08:00:30 GMT", 30.0),
            ("Saturday, 21-Nov-26 08:01:00 GMT", 60.0),
            ("Sat, 21 Nov 2026 07:00:00 GMT", 0.0),
            ("99999999999", timedelta(days=7).total_seconds()),
        ],
    )
    def test_seconds_and_dates_are_understood(self, text, seconds):
        assert retry_after_s(text, NOW) == seconds

    @pytest.mark.parametrize(
        "text",
        [
            "", "soon", "-5", "1.5", "٣", "Wed, 21 Oct 99999999999999999999 07:28:00 GMT",
            "Wed, 21 Oct 2026 07:28:00 +99999999999999",
        ],
    )  # fmt: skip
    def test_anything_else_says_nothing(self, text):
        assert retry_after_s(text, NOW) is None

    @given(st.text() | st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=9).map(" ".join))
    def test_any_text_can_be_read(self, text):
        seconds = retry_after_s(text, NOW)
        assert seconds is None or 0.0 <= seconds <= timedelta(days=7).total_seconds()
