"""Raw rows to labelled, grouped, split products."""

from aisle.catalogue.catalogue import Catalogue, open_catalogue
from aisle.catalogue.manifest import Manifest

__all__ = ["Catalogue", "Manifest", "open_catalogue"]
