"""What an answer means: from libcurl's error or the server's status to one of the statuses of an image."""

import re

from aisle.images.download.exchange import Answer

_BY_ERROR = {
    1: ("connection_lost", "the answer is not HTTP"),
    6: ("connect_failed", "the name was not pinned to an address"),
    5: ("connect_failed", "the proxy's name could not be resolved"),
    7: ("connect_failed", "no connection could be made"),
    8: ("connection_lost", "the answer is not HTTP"),
    18: ("truncated", "the connection was closed before the body's end"),
    23: ("connection_lost", "the body could not be taken"),
    28: ("timeout", "the time limit ran out"),
    52: ("connection_lost", "the server closed the connection without an answer"),
    55: ("connection_lost", "the connection broke while the request was sent"),
    56: ("connection_lost", "the connection broke while the answer was read"),
    61: ("undecodable", "the body's compression is broken or unknown"),
    63: ("too_large", "the body is over the limit"),
    97: ("connect_failed", "the proxy refused"),
    100: ("too_large", "the headers are over libcurl's limit"),
}

_TLS_ERRORS = frozenset({35, 51, 53, 54, 58, 59, 60, 64, 66, 77, 80, 82, 83, 90, 91, 98})

_BROKEN_OFF = re.compile(r"\breset\b|\bclosed?\b|\beof\b|SSL_ERROR_SYSCALL|broken pipe", re.IGNORECASE)
"""What libcurl says of a handshake that nobody finished; all else speaks against the server's TLS."""

_HOST_IN_TROUBLE = frozenset(
    {"timeout", "connect_failed", "connection_lost", "http_5xx", "too_many_requests"}
)


def status_of_error(code: int, message: str, answer: Answer) -> tuple[str, str]:
    """The status and the reason for libcurl's error `code`."""
    if code == 35 and _BROKEN_OFF.search(message):
        return "connection_lost", "the server broke off before the connection was secure"
    if message.startswith("CONNECT tunnel failed"):
        return "connect_failed", f"the proxy refused: {message[:100]}"
    if code in _TLS_ERRORS:
        return "tls_failed", _without_numbers(message)
    if code == 28 and message.startswith("Operation too slow"):
        return "timeout", "the body came too slowly"
    if code == 56 and answer.http_status in (200, 203):
        return "connection_lost", "the connection broke in the middle of the body"
    return _BY_ERROR.get(code, ("connection_lost", f"libcurl's error {code}: {_without_numbers(message)}"))


def status_of_http(http_status: int) -> tuple[str, str]:
    """The status and the reason for an HTTP status that brings neither an image nor a redirect."""
    if http_status < 100:
        return "connection_lost", "the answer is not HTTP"
    if http_status == 407:
        return "connect_failed", "the proxy refused: it wants to know who asks"
    if http_status in (408, 425):
        return "timeout", f"the server answered {http_status}"
    if http_status == 429:
        return "too_many_requests", ""
    if 400 <= http_status < 500:
        return "http_4xx", ""
    if 500 <= http_status < 600:
        return "http_5xx", ""
    return "http_other", f"the server answered {http_status}"


def is_redirect(http_status: int) -> bool:
    """The server sends us elsewhere."""
    return http_status in (300, 301, 302, 303, 307, 308)


def is_host_in_trouble(status: str) -> bool:
    """This status speaks against the host and not only against the address."""
    return status in _HOST_IN_TROUBLE


def _without_numbers(message: str) -> str:
    """The words of libcurl without what differs from run to run: ports, times, counts."""
    return re.sub(r"\d+", "N", message)[:120]
