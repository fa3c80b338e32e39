"""Only public addresses are open, in whatever form an address comes."""

from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.images.download.networks import Gate, private_networks

CLOSED = {
    "loopback": ["127.0.0.1", "127.8.9.10", "::1"],
    "private": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1"],
    "link-local": ["169.254.169.254", "fe80::1"],
    "carrier-grade NAT": ["100.64.0.1", "100.127.255.255"],
    "multicast": ["224.0.0.1", "239.255.255.255", "ff02::1"],
    "this network": ["0.0.0.0", "0.1.2.3"],
    "reserved": ["240.0.0.1", "255.255.255.255", "::", "fec0::1", "100::1", "4000::1", "64:ff9b:1::1"],
    "documentation": ["192.0.2.1", "198.51.100.9", "203.0.113.5", "2001:db8::1", "3fff::1"],
    "benchmarking": ["198.18.0.1", "198.19.255.255"],
    "protocol assignments": ["192.0.0.8", "2001::1", "2001:10::1"],
    "6to4 relay": ["192.88.99.1"],
}
CARRIERS = ["::ffff:{}", "::{}", "::ffff:0:{}", "64:ff9b::{}"]


def carried(form: str, inner: str) -> str:
    if form == "6to4":
        number = int(IPv4Address(inner))
        return f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"
    return form.format(inner)


class TestGate:
    @pytest.mark.parametrize(
        ("kind", "address"), [(kind, address) for kind, addresses in CLOSED.items() for address in addresses]
    )
    def test_what_is_not_public_is_closed_and_named(self, kind, address):
        assert kind in Gate().objection(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1", "2a00:1450::5"])
    def test_public_addresses_are_open(self, address):
        assert Gate().objection(address) == ""

    @pytest.mark.parametrize("form", [*CARRIERS, "6to4"])
    @pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1"])
    def test_an_ipv4_address_inside_an_ipv6_one_is_judged_by_itself(self, form, inner):
        objection = Gate().objection(carried(form, inner))
        assert inner in objection

    @pytest.mark.parametrize("form", ["::ffff:{}", "64:ff9b::{}"])
    def test_a_public_address_inside_an_ipv6_one_is_open(self, form):
        assert Gate().objection(carried(form, "8.8.8.8")) == ""

    def test_a_private_address_in_an_isatap_interface_is_closed(self):
        assert "10.0.0.1" in Gate().objection("2606:4700::5efe:10.0.0.1")

    @pytest.mark.parametrize("address", ["fe80::1%eth0", "2606:4700::1%lo", "shop.test", "", "1.2.3"])
    def test_what_is_no_plain_ip_address_is_closed(self, address):
        assert Gate().objection(address)

    @given(st.ip_addresses())
    def test_nothing_is_open_that_python_calls_private(self, address):
        if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
            assert Gate().objection(str(address))

    @given(st.ip_addresses(v=4), st.sampled_from(CARRIERS))
    def test_an_ipv4_address_fares_inside_an_ipv6_one_as_it_does_alone(self, address, form):
        alone = Gate().objection(str(address))
        assert bool(Gate().objection(carried(form, str(address)))) == bool(alone) or int(address) <= 1


class TestAllowed:
    def test_private_networks_can_be_opened(self):
        gate = Gate(private_networks())
        for address in [
            "127.0.0.1",
            "10.0.0.1",
            "192.168.0.1",
            "::1",
            "fd00::1",
            "100.64.0.1",
            "::ffff:127.0.0.1",
        ]:
            assert gate.objection(address) == ""

    @pytest.mark.parametrize(
        "address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "255.255.255.255"]
    )
    def test_link_local_and_multicast_stay_closed(self, address):
        assert Gate(private_networks()).objection(address)

    def test_one_network_opens_nothing_beside_it(self):
        gate = Gate((ip_network("127.0.0.2/32"),))
        assert gate.objection("127.0.0.2") == ""
        assert "loopback" in gate.objection("127.0.0.1")
