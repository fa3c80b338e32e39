"""What is set on a handle of libcurl once, for all of its requests: what it may do, and the limits."""

import math

import pycurl

from aisle.images.download.settings import FetchSettings

_SUPPRESS_CONNECT_HEADERS = 265
"""libcurl's number for it; pycurl has no name."""


def set_options(curl: pycurl.Curl, settings: FetchSettings, authorities: str) -> None:
    """Set a new handle up.

    Args:
        authorities: the file of certificates that are trusted.
    """
    only_http = pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS
    curl.setopt(pycurl.PROTOCOLS, only_http)
    curl.setopt(pycurl.REDIR_PROTOCOLS, only_http)
    curl.setopt(pycurl.FOLLOWLOCATION, 0)
    curl.setopt(pycurl.PATH_AS_IS, 1)  # what was checked is what is asked
    curl.setopt(pycurl.PROXY, settings.proxy)  # empty: none, whatever the environment says
    curl.setopt(pycurl.NOPROXY, "")
    curl.setopt(_SUPPRESS_CONNECT_HEADERS, 1)  # a proxy's words are not the shop's
    curl.setopt(pycurl.NETRC, pycurl.NETRC_IGNORED)
    curl.setopt(pycurl.NOSIGNAL, 1)
    curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
    curl.setopt(pycurl.HTTP09_ALLOWED, 0)
    curl.setopt(pycurl.USERAGENT, settings.user_agent)
    curl.setopt(pycurl.CAINFO, authorities)
    curl.setopt(pycurl.CONNECTTIMEOUT_MS, _ms(settings.connect_s))
    curl.setopt(pycurl.TIMEOUT_MS, _ms(settings.total_s))
    curl.setopt(pycurl.LOW_SPEED_LIMIT, settings.slow_bytes_per_s)
    curl.setopt(pycurl.LOW_SPEED_TIME, max(1, round(settings.slow_s)))
    curl.setopt(pycurl.MAXFILESIZE_LARGE, settings.max_body_bytes)
    curl.setopt(pycurl.BUFFERSIZE, 128 * 1024)


def _ms(seconds: float) -> int:
    """Milliseconds; never 0, which is no limit to libcurl."""
    return max(1, math.ceil(seconds * 1000))
