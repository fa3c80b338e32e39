"""How a download behaves: one frozen record that travels to every worker."""

from dataclasses import dataclass, field, replace
from importlib.metadata import version
from ipaddress import ip_network
from urllib.parse import urlsplit

from aisle.images.download.address import ANY_PORT, USUAL_PORTS
from aisle.images.download.exchange import is_sendable
from aisle.images.download.limits import Limits
from aisle.images.download.networks import Gate, private_networks
from aisle.images.download.politeness import Patience
from aisle.images.download.resolve import Resolver, SystemResolver

USER_AGENT = f"Aisle/{version('aisle')} (product image fetcher; contact: {{contact}})"


_PROXIES = ("http", "https", "socks4a", "socks5h")
_LONGEST_S = 86_400.0


def _check_proxy(text: str) -> None:
    """Refuse what is no proxy's address, and the kinds of proxy that leave names to be resolved here.

    Raises:
        ValueError: see above.
    """
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        is_good = parts.scheme in _PROXIES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not (is_good and is_sendable(text) and " " not in text):
        raise ValueError(
            f"the proxy {text!r} is no address of one; write e.g. http://proxy.example:3128 "
            f"(known: {', '.join(_PROXIES)})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSettings:
    """How one request is made.

    Args:
        contact: an e-mail address or page in the User-Agent, so that a shop can reach whoever runs this.
        ports: that may be asked.
        allowed_networks: not public, and open all the same, e.g. `127.0.0.0/8`.
        proxy: an egress proxy's address; it then does the checking of addresses.
        authorities: a file of certificates to trust; empty for the usual ones.
        max_redirects: that are followed.
        max_header_bytes, max_body_bytes: of one answer; the body is counted after decompression.
        connect_s, total_s: for making a connection, and for the whole request.
        slow_bytes_per_s, slow_s: a body that comes slower than this for this long is given up.
        honours_opt_out: images whose headers opt out are not taken.
        honours_robots_txt: robots.txt of each host is read first and obeyed.
    """

    contact: str = ""
    ports: frozenset[int] = USUAL_PORTS
    allowed_networks: tuple[str, ...] = ()
    resolver: Resolver = field(default_factory=SystemResolver)
    proxy: str = ""
    authorities: str = ""
    max_redirects: int = 5
    max_header_bytes: int = 32 * 1024
    max_body_bytes: int = 20_000_000
    connect_s: float = 10.0
    total_s: float = 30.0
    slow_bytes_per_s: int = 1000
    slow_s: float = 10.0
    honours_opt_out: bool = True
    honours_robots_txt: bool = False

    def __post_init__(self) -> None:
        if not is_sendable(self.contact):
            raise ValueError(
                f"the contact {self.contact!r} cannot stand in a header; "
                "write a mail address or a page in printable ASCII"
            )
        if self.proxy:
            _check_proxy(self.proxy)
        if not (0 < self.total_s <= _LONGEST_S and 0 < self.connect_s <= _LONGEST_S):
            raise ValueError(
                f"the time limit is {self.total_s:g} s and {self.connect_s:g} s for the connection; "
                f"each must be above 0, and {_LONGEST_S:g} s at most"
            )

    @property
    def gate(self) -> Gate:
        """What may be connected to."""
        return Gate(tuple(map(ip_network, self.allowed_networks)))

    @property
    def user_agent(self) -> str:
        """Who asks, with the contact."""
        return USER_AGENT.format(contact=self.contact or "none given")

    def with_private_addresses(self) -> "FetchSettings":
        """The same, but that private and loopback addresses may be asked too, on any port."""
        return replace(self, ports=ANY_PORT, allowed_networks=tuple(map(str, private_networks())))


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSettings:
    """What becomes of an image's bytes.

    Args:
        longest_side: of the kept picture in pixels; smaller images are not enlarged.
        quality: of the kept JPEG.
        max_pixels: an image with more is refused, unless its format can be decoded at reduced scale.
        max_scaled_pixels: a JPEG with more is refused.
        deadline_s: processor time for one image; a decoder that takes longer is ended.
        max_memory_bytes: what a decoder may take beyond what it starts with.
    """

    longest_side: int = 256
    quality: int = 90
    max_pixels: int = 50_000_000
    max_scaled_pixels: int = 200_000_000
    deadline_s: float = 2.0
    max_memory_bytes: int = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadSettings:
    """How a download behaves.

    Args:
        n_tries: of one address, where the fault may pass.
        n_concurrent: requests that one worker has under way at once.
        shard_rows: addresses of one output shard.
        seed: of the jitter.
    """

    fetch: FetchSettings = field(default_factory=FetchSettings)
    picture: PictureSettings = field(default_factory=PictureSettings)
    limits: Limits = field(default_factory=Limits)
    patience: Patience = field(default_factory=Patience)
    n_tries: int = 3
    n_concurrent: int = 256
    shard_rows: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n_tries < 1 or self.n_concurrent < 1 or self.shard_rows < 1:
            raise ValueError("n_tries, n_concurrent and shard_rows must be at least 1")
