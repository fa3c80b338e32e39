"""The shop's servers: a photo's link gives its file, or the fault that it has."""

import ssl
import urllib.error
import urllib.request

import pytest

from aisle.demo.pictures import Look
from aisle.demo.products import Photo
from aisle.demo.server import FAULTS
from aisle.demo.trouble import ONCE, OUTSIDE
from aisle.demo.web import BAD_CERTIFICATE, FTP, HOSTS_OF_THEIR_OWN, open_web
from aisle.demo.writers import FEEDS
from aisle.images.source import REMOTE_PATTERN

LOOK = Look(leaf="mugs", shape="classic", colour="red", trim="cream")


def photo(fault: str = "", path: str = "kaleido/1.jpg") -> Photo:
    return Photo(path=path, look=LOOK, number=1, pixels=48, fault=fault)


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    (folder / "kaleido").mkdir()
    (folder / "kaleido/1.jpg").write_bytes(b"the photo")
    with open_web() as running:
        running.show(folder)
        yield running


def read(address: str) -> bytes:
    with urllib.request.urlopen(address, timeout=5) as response:
        return response.read()


def host_of(address: str) -> str:
    return address.split("/")[2]


class TestAddress:
    def test_gives_the_photo(self, web):
        assert read(web.address(photo())) == b"the photo"

    def test_each_merchant_has_a_host(self, web):
        assert len({host_of(web.address(photo(path=f"{name}/1.jpg"))) for name in FEEDS}) == len(FEEDS)

    def test_hosts_sort_in_the_order_of_the_feeds_whatever_their_ports(self, web):
        hosts = [host_of(web.address(photo(path=f"{name}/1.jpg"))) for name in FEEDS]
        assert hosts == sorted(hosts)

    def test_a_fault_of_a_file_is_served_as_any_photo(self, web):
        assert web.address(photo("cut short")) == web.address(photo())

    def test_a_fault_of_a_server_stands_for_the_photo(self, web):
        assert read(web.address(photo("truncated"))) == b"the "
        with pytest.raises(urllib.error.HTTPError, match="410"):
            read(web.address(photo("410")))

    @pytest.mark.parametrize("fault", HOSTS_OF_THEIR_OWN)
    def test_a_fault_that_makes_a_host_wait_delays_no_merchant(self, web, fault):
        hosts = {host_of(web.address(photo(path=f"{name}/1.jpg"))) for name in FEEDS}
        assert fault in FAULTS
        assert host_of(web.address(photo(fault))) not in hosts

    def test_a_bad_certificate_is_one(self, web):
        address = web.address(photo(BAD_CERTIFICATE))
        with pytest.raises(urllib.error.URLError) as caught:
            read(address)
        assert isinstance(caught.value.reason, ssl.SSLCertVerificationError)

    def test_other_links_are_remote_or_lead_outside(self, web):
        import re

        assert re.match(REMOTE_PATTERN, web.address(photo(FTP)))
        assert web.address(photo("outside")) == OUTSIDE

    def test_every_fault_that_befalls_a_photo_is_known(self, web):
        for fault in ONCE:
            assert web.address(photo(fault)) != web.address(photo())
