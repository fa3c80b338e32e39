"""A shop's web server on loopback that misbehaves on request: demo, tests and bench download from it.

with serve(Site({"/a.jpg": picture})) as server:
    server.address("/a.jpg")                # http://127.0.0.1:PORT/a.jpg
    server.address("/fault/404/a.jpg")      # every fault has its folder: see FAULTS
"""

from aisle.demo.server.apart import FarServer, serve_apart
from aisle.demo.server.faults import FAULTS
from aisle.demo.server.protocol import Hit
from aisle.demo.server.serve import Server, serve
from aisle.demo.server.site import Site

__all__ = ["FAULTS", "FarServer", "Hit", "Server", "Site", "serve", "serve_apart"]
