"""Raw rows to labelled, grouped, split products."""

from aisle.catalogue.catalogue import Catalogue, open_catalogue
from aisle.catalogue.columns import check_fields, find_columns
from aisle.catalogue.labels import label_texts, resolve_labels
from aisle.catalogue.products import image_counts, in_status_order, inline_images, to_products
from aisle.core.manifest import MANIFEST_FILE, Manifest

__all__ = [
    "MANIFEST_FILE",
    "Catalogue",
    "Manifest",
    "check_fields",
    "find_columns",
    "image_counts",
    "in_status_order",
    "inline_images",
    "label_texts",
    "open_catalogue",
    "resolve_labels",
    "to_products",
]
