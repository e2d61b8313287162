"""Between printing and the box: printer, seals, scanners, cameras. Not here: the forms."""

import io

import cv2
import numpy as np
from PIL import Image

from sheet import Style, render, seal
from values import company, digits

# Equal shares of the known forms.
CONDITIONS = ["clean", "misprint", "seal", "skew", "turned", "photo", "faded", "noise"]


def stamp(image, rng, boxes, scale, mm):
    """Over or beside an area's print."""
    height = float(rng.uniform(10, 15)) * mm * scale
    targets = list(boxes.values())
    if targets and rng.random() < 0.8:
        x0, y0, x1, y1 = targets[int(rng.integers(len(targets)))]
        centre = (rng.uniform(x0, x1), rng.uniform(y0 - height / 2, y1 + height / 2))
    else:
        centre = (rng.uniform(0.3, 0.9) * image.width, rng.uniform(0.3, 0.9) * image.height)
    colour = [(206, 38, 44), (196, 30, 60), (222, 60, 60)][int(rng.integers(3))]
    ratio = float(rng.choice([1.0, 1.35]))
    lines = (company(rng, 14), ["发票专用章", digits(rng, 15)] if ratio > 1 else ["★", "财务专用章"])
    return seal(image, centre, (height * ratio, height), lines, rng, alpha=float(rng.uniform(0.5, 0.9)), colour=colour)


def paper(image, rng, tone=4.0):
    """Scanner grain, and uneven brightness."""
    pixels = np.asarray(image, np.float32)
    coarse = cv2.resize(rng.normal(0, tone, (6, 6)).astype(np.float32), (image.width, image.height), interpolation=cv2.INTER_CUBIC)
    pixels = pixels + coarse[..., None] + rng.normal(0, 1.5, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def desk(rng, width, height):
    kinds = [(90, 62, 40), (60, 60, 62), (150, 130, 108), (180, 178, 172), (40, 46, 60)]
    base = np.array(kinds[int(rng.integers(len(kinds)))], np.float32)
    grain = rng.normal(0, 1, (height // 3 + 1, max(2, width // 90))).astype(np.float32)
    grain = cv2.resize(grain, (width, height), interpolation=cv2.INTER_CUBIC) * 9
    return np.clip(base + grain[..., None] + rng.normal(0, 3, (height, width, 1)), 0, 255).astype(np.float32)


def skewed(image, rng, degrees):
    """Slightly rotated, with a white, grey or black lid."""
    lid = int(rng.choice([255, 235, 30]))
    radians = np.deg2rad(abs(degrees))
    w = int(image.width * np.cos(radians) + image.height * np.sin(radians)) + 20
    h = int(image.height * np.cos(radians) + image.width * np.sin(radians)) + 20
    matrix = cv2.getRotationMatrix2D((image.width / 2, image.height / 2), degrees, 1)
    matrix[:, 2] += [(w - image.width) / 2, (h - image.height) / 2]
    turned = cv2.warpAffine(np.asarray(image), matrix, (w, h), flags=cv2.INTER_CUBIC, borderValue=(lid,) * 3)
    return Image.fromarray(turned)


def photo(image, rng):
    """Perspective, slight rotation, uneven light, a shadow, a soft lens."""
    w, h = image.size
    margin = rng.uniform(0.04, 0.16)
    W, H = int(w * (1 + 2 * margin)), int(h * (1 + 2 * margin) + 0.1 * w)
    lean = rng.uniform(-0.06, 0.06, (4, 2)) * [w, h]
    corners = np.array([(0, 0), (w, 0), (w, h), (0, h)], np.float32)
    angle = np.deg2rad(rng.uniform(-6, 6))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    there = (corners - [w / 2, h / 2]) @ turn.T * rng.uniform(0.88, 0.98) + [W / 2, H / 2] + lean
    matrix = cv2.getPerspectiveTransform(corners, there.astype(np.float32))
    sheet = cv2.warpPerspective(np.asarray(image, np.float32), matrix, (W, H), flags=cv2.INTER_CUBIC)
    inside = cv2.warpPerspective(np.full((h, w), 1, np.float32), matrix, (W, H))[..., None]
    under = cv2.GaussianBlur(inside, (0, 0), 14)
    back = desk(rng, W, H) * (1 - 0.45 * np.roll(under, (9, 7), (0, 1)).reshape(H, W, 1))
    pixels = sheet * inside + back * (1 - inside)
    y, x = np.mgrid[0:H, 0:W].astype(np.float32)
    direction = rng.uniform(0, 6.28)
    slope = (np.cos(direction) * (x / W - 0.5) + np.sin(direction) * (y / H - 0.5)) * rng.uniform(0.1, 0.5)
    light = 0.92 + slope
    if rng.random() < 0.6:
        # The shadow of a hand or phone.
        edge = np.cos(direction + 1) * (x / W - rng.uniform(0.3, 0.7)) + np.sin(direction + 1) * (y / H - rng.uniform(0.3, 0.7))
        light *= 1 - rng.uniform(0.2, 0.45) / (1 + np.exp(-edge * 40))
    tint = np.array([1.0, rng.uniform(0.94, 1.0), rng.uniform(0.84, 1.02)], np.float32)
    pixels = pixels * light[..., None] * tint
    pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 0.9)) + rng.normal(0, rng.uniform(1, 5), pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def noisy(image, rng):
    pixels = cv2.GaussianBlur(np.asarray(image, np.float32), (0, 0), rng.uniform(0.3, 0.9))
    pixels += rng.normal(0, rng.uniform(6, 18), pixels.shape)
    specks = rng.random(pixels.shape[:2]) < 0.0015
    pixels[specks] = rng.choice([0, 255])
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def shoot(sheet, rng, condition, press, marked=True):
    """As JPEG or PNG with a file name."""
    printer = Style(rng, press=False)
    scale = float(rng.uniform(0.95, 1.6))
    # Nothing resolves a narrow ticket less.
    scale *= max(1.0, 760 / sheet.width * 0.8)
    slip = (rng.uniform(-3, 3) * sheet.mm, rng.uniform(-1.8, 1.8) * sheet.mm)
    offset = slip if condition == "misprint" else (rng.uniform(-0.5, 0.5) * sheet.mm, rng.uniform(-0.4, 0.4) * sheet.mm)
    faint = (float(rng.uniform(0.3, 0.55)), float(rng.uniform(0.35, 0.7))) if condition == "faded" else (1.0, 1.0)
    image, boxes = render(sheet, rng, press, printer, scale, offset, *faint)
    if condition == "seal" or (condition == "photo" and rng.random() < 0.3):
        image = stamp(image, rng, boxes, scale, sheet.mm)
    image = paper(image, rng)
    quality = int(rng.integers(82, 96))
    if condition == "skew":
        image = skewed(image, rng, float(rng.uniform(2, 8) * rng.choice([-1, 1])))
    elif condition == "turned":
        image = image.rotate(90 * int(rng.integers(1, 4)), expand=True)
        if rng.random() < 0.5:
            image = skewed(image, rng, float(rng.uniform(-3, 3)))
    elif condition == "photo":
        image = photo(image, rng)
        quality = int(rng.integers(60, 90))
    elif condition == "faded":
        pixels = np.asarray(image, np.float32)
        image = Image.fromarray(np.clip(pixels * 0.8 + 255 * 0.17, 0, 255).astype(np.uint8))
    elif condition == "noise":
        image = noisy(image, rng)
        quality = int(rng.integers(35, 65))
    out = io.BytesIO()
    if condition == "clean" and rng.random() < 0.3:
        image.save(out, "PNG")
        return out.getvalue(), "png"
    image.save(out, "JPEG", quality=quality)
    return out.getvalue(), "jpg"
