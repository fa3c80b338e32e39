"""`aisle download`: the images that a catalogue's products name."""

from pathlib import Path

import click

from aisle.cli.options import ENCODING, FIELDS


@click.command(name="download")
@click.argument("catalogue", metavar="CATALOGUE|FEED", type=click.Path(path_type=Path))
@click.option("--out", required=True, metavar="IMAGES", help="The folder of images, also on S3, HDFS or GCS.")
@FIELDS
@ENCODING
@click.option(
    "--contact", default="", metavar="MAIL|PAGE", help="How a shop can reach you; stands in the User-Agent."
)
@click.option(
    "--longest-side",
    default=256,
    show_default=True,
    type=click.IntRange(min=16),
    help="Of a picture, in pixels.",
)
@click.option(
    "--requests-per-s",
    default=2.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="To one host.",
)
@click.option(
    "--connections", default=2, show_default=True, type=click.IntRange(min=1), help="To one host at once."
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=REQUESTS_PER_S[,CONNECTIONS[,WORKERS]]",
    help="For a host and all below it, e.g. a CDN: cdn.example=50,8.",
)
@click.option(
    "--time-limit",
    default=30.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="For one request, in seconds.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes, each with hosts of its own.  [default: one for each core; --engine spark has none]",
)
@click.option(
    "--shard-rows",
    default=1000,
    show_default=True,
    type=click.IntRange(min=1),
    help="Addresses of one file of records; more for hundreds of millions, and with more memory.",
)
@click.option(
    "--engine",
    default="local",
    show_default=True,
    metavar="NAME",
    help="local: this machine; spark: a cluster, see docs/cluster.md.",
)
@click.option(
    "--master",
    default="",
    metavar="ADDRESS",
    help="Of the cluster: spark://HOST:PORT, yarn, k8s://HOST:PORT.  [default: as Spark's settings say]",
)
@click.option(
    "--retry", multiple=True, metavar="STATUS", help="Try these again too, beside those that may pass."
)
@click.option("--revalidate", is_flag=True, help="Ask whether images that we have were changed.")
@click.option("--robots-txt", is_flag=True, help="Read each host's robots.txt first, and obey it.")
@click.option(
    "--proxy", default="", metavar="ADDRESS", help="An egress proxy; it checks addresses in our place."
)
@click.option(
    "--allow-private-addresses", is_flag=True, help="Ask private and loopback addresses too, on any port."
)
@click.option(
    "--placeholder-titles",
    default=20,
    show_default=True,
    type=click.IntRange(min=2),
    help="A picture behind so many titles of a merchant stands for 'no image'.",
)
def command(
    catalogue: Path,
    out: str,
    fields: tuple[str, ...],
    encoding: str,
    contact: str,
    longest_side: int,
    requests_per_s: float,
    connections: int,
    limits: tuple[str, ...],
    time_limit: float,
    workers: int | None,
    shard_rows: int,
    engine: str,
    master: str,
    retry: tuple[str, ...],
    revalidate: bool,
    robots_txt: bool,
    proxy: str,
    allow_private_addresses: bool,
    placeholder_titles: int,
) -> None:
    """Download the images of a CATALOGUE's or a FEED's products, each address once.

    Run it again and it goes on where it stopped, and tries again what may have passed. In place of a feed, a
    list of addresses will do: a Parquet file with a column `address`, or a text file with one a line. What
    was downloaded is named with --images to ingest, train, evaluate and predict.

    Example: aisle download catalogue --out images --contact crawl@mine.example --limit cdn.example=50,8
    """
    from aisle.core.cores import n_cores
    from aisle.core.errors import AisleError
    from aisle.feeds import parse_fields
    from aisle.images.download.limits import HostLimits, Limits, parse_limit
    from aisle.images.download.report import Report
    from aisle.images.download.run import RunSettings, download
    from aisle.images.download.settings import DownloadSettings, FetchSettings, PictureSettings

    try:
        usual = HostLimits(requests_per_s=requests_per_s, n_connections=connections)
        fetch = FetchSettings(contact=contact, proxy=proxy, total_s=time_limit, honours_robots_txt=robots_txt)
    except ValueError as error:
        raise AisleError(str(error)) from error
    if engine == "spark" and not workers:
        raise AisleError("--engine spark needs --workers: how many cores of the cluster to use")
    settings = RunSettings(
        n_workers=workers or n_cores(),
        engine=engine,
        master=master,
        again=retry,
        revalidate=revalidate,
        placeholder_titles=placeholder_titles,
        fields=parse_fields(fields),
        encoding=encoding,
        download=DownloadSettings(
            fetch=fetch.with_private_addresses() if allow_private_addresses else fetch,
            picture=PictureSettings(longest_side=longest_side),
            limits=Limits(usual, tuple(map(parse_limit, limits))),
            shard_rows=shard_rows,
        ),
    )
    try:
        with Report(has_contact=bool(contact)) as report:
            summary = download(catalogue, out, settings, report)
            report.finished(summary)
    except KeyboardInterrupt as stop:
        raise click.Abort(f"what was downloaded stays in {out}; run it again to go on") from stop
