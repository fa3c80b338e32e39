"""Which network addresses may be connected to: public ones, whatever form they are written in."""

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
IP = IPv4Address | IPv6Address

_ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class _Table:
    """The special networks by version, and the IPv6 networks that carry an IPv4 address at some bit."""

    special: dict[int, list[tuple[Network, str]]]
    may_be_allowed: tuple[Network, ...]
    carriers: list[tuple[IPv6Network, int]]


@dataclass(frozen=True, slots=True)
class Gate:
    """Says which addresses are open.

    Args:
        allowed: networks that are open although they are not public.
    """

    allowed: tuple[Network, ...] = ()

    def objection(self, address: str) -> str:
        """Why this IP address may not be connected to, in words; empty where it may."""
        return _objection(address, self.allowed)


def private_networks() -> tuple[Network, ...]:
    """What `--allow-private-addresses` opens: private, loopback and carrier-grade NAT; never link-local."""
    return _table().may_be_allowed


@lru_cache(maxsize=4096)
def _objection(address: str, allowed: tuple[Network, ...]) -> str:
    try:
        ip = ip_address(address)
    except ValueError:
        return f"'{address[:60]}' is no IP address"
    if isinstance(ip, IPv6Address) and ip.scope_id:
        return f"{address[:60]} names a zone of this machine"
    inner = _unwrap(ip)
    if any(inner in network for network in allowed if network.version == inner.version):
        return ""
    for network, name in _table().special[inner.version]:
        if inner in network:
            form = f" (as {ip})" if inner != ip else ""
            return f"{inner} is {name}{form}"
    return ""


def _unwrap(ip: IP) -> IP:
    """The IPv4 address inside an IPv6 one, or the address itself."""
    if isinstance(ip, IPv4Address) or ip in (IPv6Address(0), IPv6Address(1)):
        return ip
    for network, at in _table().carriers:
        if ip in network:
            return IPv4Address(int(ip) >> (96 - at) & 0xFFFFFFFF)
    if int(ip) >> 32 & 0xFFFFFFFF in _ISATAP:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


@cache
def _table() -> _Table:
    text = (files("aisle.images.download") / "special_networks.toml").read_text(encoding="utf-8")
    rows = tomllib.loads(text)
    special: dict[int, list[tuple[Network, str]]] = {4: [], 6: []}
    may_be_allowed: list[Network] = []
    for row in rows["network"]:
        for network in map(ip_network, row["of"]):
            special[network.version].append((network, row["name"]))
            if row.get("may_be_allowed"):
                may_be_allowed.append(network)
    special[6].sort(key=lambda entry: -entry[0].prefixlen)
    carriers = [(IPv6Network(row["of"]), int(row["at"])) for row in rows["carrier"]]
    return _Table(special, tuple(may_be_allowed), carriers)
