"""Asking whether the pictures that we have were changed: by what is asked, and what outlives a failure."""

import pytest

from aisle.demo.server import FAULTS
from aisle.demo.server.messages import answer, head
from aisle.images.download import recording
from aisle.images.download.run import download
from aisle.images.download.store import last_run, open_images
from aisle.images.downloaded import DownloadedImages


class TestKept:
    """A picture that we have outlives a shop that is down."""

    @pytest.fixture
    def asked_anew(self, shop, run_settings, list_of, images, monkeypatch):
        """Download two pictures, make one of them fail, and ask whether they have changed."""

        def run(fault, *, first="/fault/etag/a.jpg", **how):
            source = list_of(shop.address(first), shop.address("/fault/etag/b.jpg", host="fine.test"))
            shop.site.pictures["/b.jpg"] = shop.site.pictures["/a.jpg"]
            before = download(source, images, run_settings(**how))
            assert before.by_status == {"ok": 2}
            assert before.n_kept == 0
            monkeypatch.setitem(FAULTS, "etag", fault)
            summary = download(source, images, run_settings(revalidate=True, n_tries=1, **how))
            assert last_run(open_images(images))[1]["n_kept"] == summary.n_kept
            return summary, DownloadedImages(images)

        return run

    @pytest.mark.parametrize("fault", ["503", "429", "reset-at-once", "truncated"])
    def test_failures_that_may_pass_leave_it(self, shop, asked_anew, fault):
        summary, found = asked_anew(FAULTS[fault])
        assert (summary.by_status, summary.n_kept) == ({"ok": 2}, 2)
        link = shop.address("/fault/etag/a.jpg")
        assert found.read(link)

    @pytest.mark.parametrize(("fault", "status"), [("404", "http_4xx"), ("html", "not_an_image")])
    def test_failures_that_last_do_not(self, asked_anew, fault, status):
        summary, _ = asked_anew(FAULTS[fault])
        assert (summary.by_status, summary.n_kept) == ({status: 2}, 0)

    def test_nothing_is_asked_again_for_its_sake_until_it_is_wanted(
        self, shop, asked_anew, run_settings, list_of, images, monkeypatch
    ):
        asked_anew(FAULTS["503"])
        n_asked = len(shop.hits)
        source = list_of(shop.address("/fault/etag/a.jpg"))
        assert download(source, images, run_settings()).n_kept == 0
        assert len(shop.hits) == n_asked
        monkeypatch.undo()
        assert download(source, images, run_settings(revalidate=True)).n_kept == 0

    def test_a_redirect_to_another_worker_goes_on_and_its_failure_leaves_it_too(
        self, shop, run_settings, list_of, images, records, monkeypatch
    ):
        """Forty hosts in two lanes, so that some of the redirects are handed over."""

        def with_etag(request, _):
            if request.host.startswith("cdn"):
                yield from FAULTS["503" if is_down else "etag"](request, shop.site)
            else:
                target = shop.address("/fault/redirect/a.jpg", host=f"cdn-{request.query['n']}.test")
                yield answer(b"", status=302, kind="text/plain", headers=[("Location", target)])

        is_down = False
        monkeypatch.setitem(FAULTS, "redirect", with_etag)
        source = list_of(*[shop.address(f"/fault/redirect/?n={n}", host=f"shop-{n}.test") for n in range(40)])
        assert download(source, images, run_settings(n_workers=2)).n_kept == 0
        is_down = True
        n_asked = len(shop.hits)
        summary = download(source, images, run_settings(n_workers=2, revalidate=True, n_tries=1))
        assert (summary.by_status, summary.n_kept) == ({"ok": 40}, 40)
        assert len(shop.hits) == n_asked + 80
        assert "handed_over" not in {row["status"] for row in records(images).values()}
        is_down = False
        shop.site.pictures["/a.jpg"] += b"\0"
        summary = download(source, images, run_settings(n_workers=2, revalidate=True))
        assert (summary.by_status, summary.n_kept) == ({"ok": 40}, 0)

    def test_an_answer_that_nothing_has_changed_can_opt_out(self, asked_anew):
        def unchanged(*_):
            yield head(304, [("X-Robots-Tag", "noai")])

        summary, _ = asked_anew(unchanged)
        assert summary.by_status == {"opted_out": 2}


class TestValidators:
    @pytest.mark.parametrize(("tag", "kept"), [('"größe"', ""), ('"a\x7fb"', ""), ('W/"a b"', 'W/"a b"')])
    def test_what_may_not_stand_in_a_header_is_neither_kept_nor_sent(
        self, answering, run_settings, list_of, images, records, picture, tag, kept
    ):
        head = f"HTTP/1.1 200 OK\r\nETag: {tag}\r\nLast-Modified: today\r\n"
        with answering(f"{head}Content-Length: {len(picture)}\r\n\r\n".encode() + picture) as address:
            for revalidate in (False, True):
                download(list_of(address), images, run_settings(revalidate=revalidate))
                (row,) = records(images).values()
                assert (row["status"], row["etag"], row["last_modified"]) == ("ok", kept, "today")
        asked = answering.asked[1]
        assert "If-Modified-Since: today" in asked
        assert ("If-None-Match" in asked) == bool(kept)

    def test_nor_is_it_sent_where_an_older_version_kept_it(
        self, shop, run_settings, list_of, images, monkeypatch
    ):
        """The folder was written when such an ETag was kept; the run goes on."""
        source = list_of(shop.address("/fault/etag/a.jpg"))
        monkeypatch.setattr(recording, "validator", lambda text: f"ä{text}")
        download(source, images, run_settings())
        assert download(source, images, run_settings(revalidate=True)).by_status == {"ok": 1}
