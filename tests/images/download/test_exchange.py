"""A body is the bytes that came, whatever their pieces, and small pieces cost little."""

from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.exchange import Body


def body_of(pieces):
    body = Body()
    for piece in pieces:
        body.append(piece)
    return body


class TestBody:
    @given(st.lists(st.one_of(st.binary(max_size=40), st.integers(2000, 5000).map(bytes))))
    def test_it_is_all_pieces_in_their_order(self, pieces):
        body = body_of(pieces)
        assert bytes(body) == b"".join(pieces)
        assert len(body) == len(bytes(body))

    def test_single_bytes_are_put_together(self):
        assert len(body_of([b"x"] * 100_000).pieces) < 10

    def test_a_cleared_body_is_empty(self):
        body = body_of([b"x" * 5000, b"y"])
        body.clear()
        assert (len(body), bytes(body)) == (0, b"")
