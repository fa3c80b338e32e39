"""Pictures that stand for "no image": the same bytes behind many titles of one merchant."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from aisle.images.download.ledger import Ledger
from aisle.images.download.links import spell, uses

_Read = Callable[[], Iterator[pa.RecordBatch]]
"""Reads all uses once more."""

DEFAULT_TITLES = 20
"""Of one article, sizes and colours share a picture too: see `is_one_article`."""

_N_SAMPLED = 200
_MOST = 0.8

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese."""


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


def find_placeholders(
    ledger: Ledger,
    source: Path,
    n_titles: int,
    earlier: Iterable[Placeholder] = (),
    *,
    fields: Mapping[str, str] | None = None,
    encoding: str = "",
) -> list[Placeholder]:
    """Find them among the images that were downloaded, the most used first.

    Args:
        n_titles: a picture behind so many distinct titles of one merchant, or more, is one, unless they are
            the titles of one article. Titles that differ only in case, digits, white space and signs are the
            same, and so are those of one item group.
        earlier: what earlier runs found. What one feed told of a picture holds for the next feed that is
            downloaded into the same folder, unless that tells otherwise or the threshold is higher.
        fields, encoding: as `links.uses`.
    """
    read = partial(uses, source, fields, encoding=encoding)
    _fill_uses(ledger, read)
    ledger.run(
        """
        CREATE OR REPLACE TABLE shown AS
        SELECT k.sha256, u.merchant, count(DISTINCT u.title) AS n_titles, count(*) AS n_products
        FROM uses u JOIN known k ON u.address = k.address
        WHERE k.status = 'ok' AND u.merchant <> '' GROUP BY k.sha256, u.merchant
        """
    )
    articles = _articles(ledger, read, n_titles)
    ledger.run("CREATE OR REPLACE TABLE articles (sha256 VARCHAR, merchant VARCHAR)")
    for sha256, merchant in articles:
        ledger.run("INSERT INTO articles VALUES ($sha256, $merchant)", sha256=sha256, merchant=merchant)
    found = ledger.run(
        """
        WITH suspicious AS (
            SELECT * FROM shown ANTI JOIN articles USING (sha256, merchant) WHERE n_titles >= $n_titles
        ), used AS (
            SELECT sha256, sum(n_products)::BIGINT AS n_products FROM shown GROUP BY sha256
        )
        SELECT sha256, arg_max(merchant, n_titles), max(n_titles), any_value(u.n_products)
        FROM suspicious s JOIN used u USING (sha256) GROUP BY sha256 ORDER BY 4 DESC, 1
        """,
        n_titles=n_titles,
    ).fetchall()
    placeholders = [Placeholder(*row) for row in found]
    told = {placeholder.sha256 for placeholder in placeholders} | {sha256 for sha256, _ in articles}
    return [
        *placeholders,
        *(one for one in earlier if one.sha256 not in told and one.n_titles >= n_titles),
    ]


def is_one_article(titles: Sequence[frozenset[str]]) -> bool:
    """Many titles are those of one article, in its colours and sizes, by the words they share.

    Some words stand in most of the titles. They are of one article where they make up half of a title, or
    where few other words, such as those of ten colours and six sizes, make up the difference between many.

    Args:
        titles: the words of each, without those of the brand.
    """
    in_titles = Counter(word for title in titles for word in title)
    stem = {word for word, n in in_titles.items() if n >= _MOST * len(titles)}
    if not stem:
        return False
    shares = sorted(len(stem & title) / max(1, len(title)) for title in titles)
    return shares[len(shares) // 2] >= 0.5 or len(in_titles) - len(stem) < len(titles) / 2


def _fill_uses(ledger: Ledger, read: _Read) -> None:
    """Fill the table `uses`: of each, the address, the merchant, and a hash of what its title counts as."""
    ledger.run("CREATE OR REPLACE TABLE uses (address VARCHAR, merchant VARCHAR, title UBIGINT)")
    for _ in _batches_of_uses(ledger, read):
        ledger.run("INSERT INTO uses SELECT address, merchant, hash(title_key) FROM batch_uses")


def _articles(ledger: Ledger, read: _Read, n_titles: int) -> list[tuple[str, str]]:
    """The pictures, with the merchants, that many titles share rightly: told by the words of some of them."""
    ledger.run(
        """
        CREATE OR REPLACE TABLE sampled AS
        SELECT DISTINCT s.sha256, u.merchant, u.title
        FROM uses u JOIN known k ON u.address = k.address
                    JOIN shown s ON s.sha256 = k.sha256 AND s.merchant = u.merchant
        WHERE k.status = 'ok' AND s.n_titles >= $n_titles
        QUALIFY dense_rank() OVER (PARTITION BY s.sha256, u.merchant ORDER BY u.title) <= $most
        """,
        n_titles=n_titles,
        most=_N_SAMPLED,
    )
    if not ledger.run("SELECT count(*) FROM sampled").fetchone()[0]:
        return []
    ledger.run(
        "CREATE OR REPLACE TABLE titles (merchant VARCHAR, title UBIGINT, words VARCHAR, brand VARCHAR)"
    )
    for _ in _batches_of_uses(ledger, read):
        ledger.run(
            """
            INSERT INTO titles SELECT DISTINCT ON (b.merchant, b.title_key)
                b.merchant, hash(b.title_key), b.title, b.brand
            FROM batch_uses b SEMI JOIN sampled s ON b.merchant = s.merchant AND hash(b.title_key) = s.title
            """
        )
    rows = ledger.stream(
        """
        SELECT s.sha256, s.merchant, any_value(t.words) AS words, any_value(t.brand) AS brand
        FROM sampled s JOIN titles t ON s.merchant = t.merchant AND s.title = t.title
        GROUP BY s.sha256, s.merchant, s.title ORDER BY s.sha256, s.merchant
        """
    )
    each = ((row["sha256"], row["merchant"], row) for batch in rows for row in batch.to_pylist())
    return [
        key
        for key, uses_of_one in groupby(each, key=lambda use: use[:2])
        if is_one_article([_words(use[2]) for use in uses_of_one])
    ]


def _words(use: Mapping[str, str]) -> frozenset[str]:
    """The words of a title that tell of the product."""
    merchant = _plain(pa.array([use["merchant"]]))[0].as_py()
    return words_of(use["words"]) - words_of(use["brand"]) - words_of(merchant)


def words_of(text: str) -> frozenset[str]:
    """The words of a text; where a script has no spaces between them, each two characters side by side."""
    words = set(_UNSPACED.sub(" ", text).split())
    for run in _UNSPACED.findall(text):
        words |= {run[at : at + 2] for at in range(max(1, len(run) - 1))}
    return frozenset(words)


def _batches_of_uses(ledger: Ledger, read: _Read) -> Iterator[None]:
    """Have the table `batch_uses` hold one batch after the other; `title_key` is what a title counts as."""
    ledger.run(
        "CREATE OR REPLACE TABLE batch_uses "
        "(address VARCHAR, merchant VARCHAR, title VARCHAR, brand VARCHAR, title_key VARCHAR)"
    )
    for batch in read():
        title, group = _plain(batch["title"]), batch["item_group"]
        key = pc.if_else(pc.equal(group, ""), title, pc.binary_join_element_wise("group", group, ":"))
        columns = [spell(batch["address"]), batch["merchant"], title, _plain(batch["brand"]), key]
        names = ["address", "merchant", "title", "brand", "title_key"]
        ledger.fill("batch_uses", iter([pa.RecordBatch.from_arrays(columns, names)]))
        yield
        ledger.run("DELETE FROM batch_uses")


def _plain(texts: pa.Array) -> pa.Array:
    """Texts without case, digits and signs."""
    return pc.replace_substring_regex(pc.utf8_lower(texts), r"[\d\s\pP\pS]+", " ")
