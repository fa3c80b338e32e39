"""A request and its answer: what is to be asked, and what a server said."""

from dataclasses import dataclass, field

from aisle.images.download.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be asked.

    Args:
        pins: the network addresses that may be connected to, all checked; empty where a proxy does it.
        etag, last_modified: of a copy that we have, else empty.
        wants_image: end the answer as soon as it is seen to be none; otherwise any bytes will do.
    """

    address: Address
    pins: tuple[str, ...] = ()
    etag: str = ""
    last_modified: str = ""
    wants_image: bool = True


@dataclass(slots=True)
class Answer:
    """What a server said, as far as it was listened to.

    Args:
        headers: their values by their names in lower case.
        status, reason: why the request was ended early, or why it failed; empty where it did not.
        is_discarded: the body is of no interest and is not kept.
        crowded: there was no memory for the body; it may be asked anew.
    """

    http_status: int = 0
    headers: dict[str, list[str]] = field(default_factory=dict)
    n_header_bytes: int = 0
    body: bytearray = field(default_factory=bytearray)
    status: str = ""
    reason: str = ""
    is_discarded: bool = False
    n_discarded: int = 0
    crowded: bool = False

    def header(self, name: str) -> str:
        """The first value of a header, by its name in lower case; empty where there is none."""
        return self.headers.get(name, ("",))[0]
