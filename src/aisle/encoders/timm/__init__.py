"""Images to vectors, by a frozen network of timm."""
