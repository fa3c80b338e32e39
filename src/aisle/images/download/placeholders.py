"""Pictures that stand for "no image": the same bytes behind many titles of one merchant."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from aisle.images.download.ledger import Ledger
from aisle.images.download.links import USE_SCHEMA, spell, uses

DEFAULT_TITLES = 20
"""Sizes and colours of one article share a picture too, but seldom so many: digits in titles don't count."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A picture that stands for "no image".

    Args:
        sha256: of the source's bytes, in hex.
        n_titles: distinct titles of the merchant that uses it most.
        n_products: that show it, of any merchant.
    """

    sha256: str
    merchant: str
    n_titles: int
    n_products: int


def find_placeholders(ledger: Ledger, source: Path, n_titles: int) -> list[Placeholder]:
    """Find them among the images that were downloaded, the most used first.

    Args:
        n_titles: a picture behind so many distinct titles of one merchant, or more, is one. Titles that
            differ only in case, digits, white space and signs are the same.
    """
    ledger.run("CREATE OR REPLACE TABLE uses (address VARCHAR, merchant VARCHAR, title UBIGINT)")
    ledger.run("CREATE OR REPLACE TABLE batch_uses (address VARCHAR, merchant VARCHAR, title VARCHAR)")
    for batch in _plain_uses(source):
        ledger.fill("batch_uses", iter([batch]))
        ledger.run("INSERT INTO uses SELECT address, merchant, hash(title) FROM batch_uses")
        ledger.run("DELETE FROM batch_uses")
    found = ledger.run(
        """
        WITH shown AS (
            SELECT k.sha256, u.merchant, count(DISTINCT u.title) AS n_titles, count(*) AS n_products
            FROM uses u JOIN known k ON u.address = k.address
            WHERE k.status = 'ok' AND u.merchant <> '' GROUP BY k.sha256, u.merchant
        )
        SELECT sha256, arg_max(merchant, n_titles), max(n_titles), sum(n_products)::BIGINT
        FROM shown GROUP BY sha256 HAVING max(n_titles) >= $n_titles ORDER BY 4 DESC, 1
        """,
        n_titles=n_titles,
    ).fetchall()
    return [Placeholder(*row) for row in found]


def with_earlier(
    found: Sequence[Placeholder], earlier: Iterable[Placeholder], n_titles: int
) -> list[Placeholder]:
    """Add those that earlier runs found, perhaps among other products, and that are still over the threshold.

    So what one feed told of a picture holds for the next feed that is downloaded into the same folder.
    """
    known = {placeholder.sha256 for placeholder in found}
    kept = [one for one in earlier if one.sha256 not in known and one.n_titles >= n_titles]
    return [*found, *kept]


def _plain_uses(source: Path) -> Iterator[pa.RecordBatch]:
    for batch in uses(source):
        title = pc.utf8_lower(batch["title"])
        title = pc.replace_substring_regex(title, r"[\d\s\pP\pS]+", " ")
        yield pa.RecordBatch.from_arrays(
            [spell(batch["address"]), batch["merchant"], title], schema=USE_SCHEMA
        )
