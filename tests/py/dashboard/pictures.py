"""Screenshots for docs/images, at a third of their size."""

from __future__ import annotations

import io
from pathlib import Path

COLOURS = 256
EXACT = 32
"""So many of a picture's colours stay what they are: the ones that cover most of it."""


def save_small(taken: bytes, file: Path) -> None:
    """A PNG of 256 colours. The others become the nearest of these: no eye sees a difference."""
    import numpy as np  # both come with Streamlit
    from PIL import Image

    picture = Image.open(io.BytesIO(taken)).convert("RGB")
    pixels = np.asarray(picture, dtype=np.int32)
    found, places, counts = np.unique(
        pixels.reshape(-1, 3), axis=0, return_inverse=True, return_counts=True
    )
    exact = found[np.argsort(-counts)[:EXACT]]
    spread = picture.quantize(COLOURS - EXACT, Image.Quantize.MAXCOVERAGE).getpalette()
    palette = np.concatenate([exact, np.reshape(spread, (-1, 3))])[:COLOURS]
    distances = ((found[:, None] - palette[None]) ** 2).sum(axis=2)
    nearest = distances.argmin(axis=1).astype(np.uint8)
    small = Image.fromarray(nearest[places].reshape(pixels.shape[:2]))
    small.putpalette(palette.astype(np.uint8).tobytes())
    small.save(file, "png", optimize=True)
