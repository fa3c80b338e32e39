"""Reading a taxonomy from a file anywhere: unpacked, decoded, its format recognised by what it holds."""

import codecs
import gzip
import io
import zlib

from aisle.core.addresses import expand_addresses, open_address, reaching
from aisle.core.errors import AisleError
from aisle.core.registry import Registry
from aisle.taxonomy.formats.source import Source, TaxonomyFormat
from aisle.taxonomy.tree import Taxonomy

TAXONOMY_FORMATS = Registry(
    "taxonomy format",
    {
        "shopify_json": "aisle.taxonomy.formats.shopify_json:FORMAT",
        "shopify": "aisle.taxonomy.formats.shopify:FORMAT",
        "google": "aisle.taxonomy.formats.google:FORMAT",
        "table": "aisle.taxonomy.formats.table:FORMAT",
        "paths": "aisle.taxonomy.formats.paths:FORMAT",
    },
)
"""The formats, in the order in which a file is held against them."""

_MAX_BYTES = 512 << 20
_GZIP = b"\x1f\x8b"


def read_taxonomy(address: str) -> Taxonomy:
    """Read the tree that a file holds, in whichever of TAXONOMY_FORMATS.

    Args:
        address: a path or any fsspec address; gzip is unpacked.

    Raises:
        AisleError: there is no such file or it cannot be read; its format is not known; a line is malformed;
            what it holds is no tree. The message names file and line.
    """
    source = Source(address, _decode(address, _unpack(address, _load(address))))
    return _recognise(source).parse(source)


def _recognise(source: Source) -> TaxonomyFormat:
    for name in TAXONOMY_FORMATS.table:
        candidate: TaxonomyFormat = TAXONOMY_FORMATS.get(name)
        if candidate.recognises(source):
            return candidate
    line, text = next(source.lines())
    raise source.fault(
        line,
        f"'{text.strip()[:60]}' does not begin a taxonomy; "
        f"known formats: {', '.join(TAXONOMY_FORMATS.names())}; "
        "a table needs the columns id, parent, name or level1, level2, ...",
    )


def _load(address: str) -> bytes:
    files = expand_addresses([address], pipes=True)
    if len(files) > 1:
        raise AisleError(f"{address}: names {len(files)} files; a taxonomy is one")
    with open_address(files[0]) as stream, reaching(address):
        data = stream.read(_MAX_BYTES + 1)
    return _within_limit(address, data)


def _unpack(address: str, data: bytes) -> bytes:
    if not data.startswith(_GZIP):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            return _within_limit(address, stream.read(_MAX_BYTES + 1))
    except (OSError, EOFError, zlib.error) as error:
        raise AisleError(f"{address}: cannot be unpacked: {error}") from error


def _within_limit(address: str, data: bytes) -> bytes:
    if len(data) > _MAX_BYTES:
        raise AisleError(f"{address}: holds over {_MAX_BYTES >> 20} MiB; is it a taxonomy?")
    return data


def _decode(address: str, data: bytes) -> str:
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding, name = ("utf-16", "UTF-16") if is_utf_16 else ("utf-8-sig", "UTF-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AisleError(
            f"{address}:{line}: byte {data[error.start]:#04x} is not {name}; save the file as UTF-8"
        ) from error
