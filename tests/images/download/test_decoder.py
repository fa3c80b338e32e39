"""Bodies are decoded in another process, which may die of any of them without harm to the others."""

import os
import selectors
import signal
import time
from io import BytesIO

import psutil
import pytest
from PIL import Image

from aisle.core.errors import AisleError
from aisle.core.image_records import temporary_statuses
from aisle.demo.server.faults import png_bomb
from aisle.images.download.decoder import Decoder
from aisle.images.download.settings import PictureSettings
from aisle.images.hashes import hash_of


def plain(width, height):
    """A large PNG of few bytes."""
    file = BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def decode():
    """Decode bodies in one process, and give the pictures in the order of the bodies."""
    opened = []

    def decode_all(*bodies, meanwhile=lambda decoder: None, **settings):
        selector = selectors.DefaultSelector()
        decoder = Decoder(
            PictureSettings(**settings), max_body_bytes=20_000_000, clock=time.monotonic, selector=selector
        )
        opened.append((decoder, selector))
        for number, body in enumerate(bodies):
            decoder.submit(number, body)
        pictures = {}
        ends = time.monotonic() + 30
        while len(decoder):
            assert time.monotonic() < ends
            meanwhile(decoder)
            selector.select(min(0.05, decoder.next_check_s()))
            pictures.update(decoder.results())
        decode_all.decoder = decoder
        return [pictures[number] for number in range(len(bodies))]

    yield decode_all
    for decoder, selector in opened:
        decoder.close()
        selector.close()


class TestDecoder:
    def test_a_body_becomes_a_small_picture(self, decode, draw):
        body = draw(600, 300)
        (picture,) = decode(body)
        assert (picture.status, picture.format) == ("ok", "JPEG")
        assert (picture.source_width, picture.source_height) == (600, 300)
        assert (picture.width, picture.height) == (256, 128)
        assert picture.jpeg[:3] == b"\xff\xd8\xff"
        assert picture.sha256 == hash_of(body)

    def test_every_body_gets_its_own_picture(self, decode, draw):
        bodies = [draw(100 + n, 90) for n in range(40)]
        assert [picture.width for picture in decode(*bodies)] == [100 + n for n in range(40)]

    def test_large_and_small_bodies_share_the_memory(self, decode, draw):
        small, large = draw(50, 50), draw(50, 50) + bytes(15_000_000)
        assert [picture.status for picture in decode(small, large, large, small, large)] == ["ok"] * 5

    def test_bytes_that_are_no_image_say_so(self, decode):
        (picture,) = decode(b"<html>" + bytes(100))
        assert picture.status == "not_an_image"

    def test_a_bomb_is_refused_by_its_size(self, decode, draw):
        bomb, good = decode(png_bomb(), draw(40, 40))
        assert (bomb.status, good.status) == ("too_many_pixels", "ok")
        assert decode.decoder.n_replaced == 0


class TestDeath:
    def test_the_image_that_kills_it_is_undecodable_and_the_others_go_on(self, decode, draw):
        """The process is killed while it is busy with the first body."""
        killed = []

        def kill_once(decoder):
            if decoder._is_ready and not killed:
                killed.append(decoder._process.pid)
                os.kill(decoder._process.pid, signal.SIGSEGV)

        slow = plain(6000, 6000)
        pictures = decode(slow, *[draw(40 + n, 40) for n in range(20)], meanwhile=kill_once, deadline_s=20)
        assert (pictures[0].status, pictures[0].reason) == ("undecodable", "the decoder died of SIGSEGV")
        assert pictures[0].sha256 == hash_of(slow)
        assert [picture.width for picture in pictures[1:]] == [40 + n for n in range(20)]
        assert decode.decoder.n_replaced == 1

    @pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
    def test_ended_from_outside_it_goes_on_with_what_it_was_busy_with(self, decode, draw, by):
        killed = []

        def kill_twice(decoder):
            """Once before it has begun, and once at work."""
            if len(killed) < 1 or (decoder._is_ready and len(killed) < 2):
                killed.append(os.kill(decoder._process.pid, by))
                decoder._process.wait()

        slow = plain(6000, 6000)
        pictures = decode(slow, *[draw(40 + n, 40) for n in range(20)], meanwhile=kill_twice, deadline_s=20)
        assert {picture.status for picture in pictures} == {"ok"}
        assert decode.decoder.n_replaced == 2

    def test_an_image_that_it_is_ended_over_twice_is_tried_in_a_later_run(self, decode, draw):
        killed = []

        def kill_over_the_first(decoder):
            if decoder._is_ready and len(killed) < 2:
                killed.append(os.kill(decoder._process.pid, signal.SIGKILL))
                decoder._process.wait()

        slow, good = decode(plain(6000, 6000), draw(40, 40), meanwhile=kill_over_the_first, deadline_s=20)
        assert (slow.status, slow.reason) == ("decoder_killed", "the decoder died of SIGKILL, twice")
        assert good.status == "ok"
        assert "decoder_killed" in temporary_statuses()

    def test_an_image_that_takes_too_long_is_told_from_a_broken_one(self, decode, draw):
        slow, quick = decode(plain(6000, 6000), draw(40, 40), deadline_s=0.1)
        assert (slow.status, slow.reason) == ("too_slow_to_decode", "the decoder took more than 0.1 s")
        assert quick.status == "ok"

    def test_a_decoder_that_stalls_without_work_is_ended(self, decode, draw):
        stopped = []

        def stop_once(decoder):
            if decoder._is_ready and not stopped:
                stopped.append(os.kill(decoder._process.pid, signal.SIGSTOP))

        stalled, good = decode(plain(2000, 2000), draw(40, 40), meanwhile=stop_once, deadline_s=0.3)
        assert (stalled.status, stalled.reason) == ("too_slow_to_decode", "the decoder stalled")
        assert good.status == "ok"

    def test_an_image_that_needs_too_much_memory_is_undecodable(self, decode, draw):
        large, good = decode(plain(4000, 4000), draw(40, 40), max_memory_bytes=40_000_000, deadline_s=20)
        assert large.status == "undecodable"
        assert "memory" in large.reason or "needs more" in large.reason
        assert good.status == "ok"

    def test_a_process_that_cannot_start_is_an_error_and_blames_no_image(self, decode, draw, monkeypatch):
        monkeypatch.setattr("sys.executable", "/bin/false")
        with pytest.raises(AisleError, match=r"did not start, 5 times \(exit code 1\); look for a lack of"):
            decode(draw(40, 40))

    def test_the_process_ends_with_us(self):
        with selectors.DefaultSelector() as selector:
            settings = PictureSettings()
            decoder = Decoder(settings, max_body_bytes=1, clock=time.monotonic, selector=selector)
            pid = decoder._process.pid
            decoder.close()
        assert not psutil.pid_exists(pid)
