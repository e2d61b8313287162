"""First pages of documents, drawn by MuPDF and not by the box, as scanners and telephones show them."""

import io
import os
import sys

import cv2
import numpy as np
import pymupdf
from PIL import Image, ImageOps

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "invoices"))
from scenes import noisy, paper, photo, skewed  # noqa: E402

CONDITIONS = ["clean", "copy", "small", "skew", "turned", "photo", "faded", "noise", "dark", "motion"]
#: Of the longer side, pixels.
SMALL = 1000


def drawn(path):
    with pymupdf.open(path) as pdf:
        pixels = pdf[0].get_pixmap(dpi=200)
        return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def shot(image, condition, rng):
    """As JPEG."""
    quality = int(rng.integers(75, 95))
    if condition != "clean":
        image = paper(image, rng)
    if condition == "copy":
        grey = (np.asarray(ImageOps.grayscale(image), np.float32) - 128) * 1.5 + 150 + rng.normal(0, 8, (image.height, image.width))
        grey = np.where(grey > 150, 255, 0) if rng.random() < 0.5 else np.clip(grey, 0, 255)
        image = Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    elif condition == "small":
        image = ImageOps.contain(image, (SMALL, SMALL))
    elif condition == "skew":
        image = skewed(image, rng, float(rng.uniform(2, 8) * rng.choice([-1, 1])))
    elif condition == "turned":
        image = image.rotate(90 * int(rng.integers(1, 4)), expand=True)
    elif condition == "faded":
        image = Image.fromarray((np.asarray(image, np.float32) * 0.5 + 255 * 0.45).astype(np.uint8))
    elif condition == "noise":
        image, quality = noisy(image, rng), int(rng.integers(35, 65))
    elif condition in ("photo", "dark", "motion"):
        image, quality = photo(image, rng), int(rng.integers(55, 90))
    if condition == "dark":
        pixels = np.asarray(image, np.float32) * 0.45 + rng.normal(0, 6, (image.height, image.width, 3))
        image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    elif condition == "motion":
        blur = np.zeros((7, 7), np.float32)
        blur[3, :] = 1
        blur = cv2.warpAffine(blur, cv2.getRotationMatrix2D((3, 3), float(rng.uniform(0, 180)), 1), (7, 7))
        image = Image.fromarray(cv2.filter2D(np.asarray(image), -1, blur / blur.sum()))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
