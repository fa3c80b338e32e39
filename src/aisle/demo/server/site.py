"""What a server shows: pictures at their paths, and a fault at any path below `/fault/NAME/`."""

from collections import Counter
from collections.abc import Iterable, Mapping

from aisle.demo.server.faults import FAULTS, HOME_PAGE
from aisle.demo.server.messages import Request, Step, answer


class Site:
    """Pictures by path, and the faults.

    Args:
        pictures: from a path to the bytes that it gives, whatever they are.
        canary: an address that redirects to the inside of a network point to.
    """

    def __init__(self, pictures: Mapping[str, bytes], *, canary: str = "http://127.0.0.1/secret.jpg") -> None:
        self.pictures = dict(pictures)
        self.canary = canary
        self._asked: Counter[tuple[str, str]] = Counter()

    def steps(self, request: Request) -> bytes | Iterable[Step]:
        """What to do for this request: a whole answer, or steps one after the other."""
        picture = self.pictures.get(request.path)
        if picture is not None:
            return answer(picture)
        if request.path.startswith("/fault/"):
            name = request.path.split("/")[2]
            if name in FAULTS:
                return FAULTS[name](request, self)
        if request.path == "/":
            return answer(HOME_PAGE, kind="text/html; charset=utf-8")
        return answer(b"no such page", status=404, kind="text/plain")

    def picture_for(self, request: Request) -> bytes:
        """What a faulty path stands for: the picture at what follows the fault, at the last name, or any."""
        path = request.path
        for name in (path.removeprefix("/fault/").partition("/")[2], path.rpartition("/")[2]):
            if (picture := self.pictures.get(f"/{name}")) is not None:
                return picture
        return next(iter(self.pictures.values()), b"")

    def times_asked(self, request: Request) -> int:
        """Count a request for this path of this host: 1 at the first."""
        self._asked[request.host, request.path] += 1
        return self._asked[request.host, request.path]
