"""What happens to paper before a camera sees it, and what copiers and scanners do to it. Pictures are RGB arrays; `k` is pixels per mm.

How strong each may be was found by eye: a careful person still reads every value."""

import cv2
import numpy as np

import seals
import values as v
from seals import pressed
from sheet import Press
from values import chance, pick


def noise(r, shape, sigma):
    """Cheap: one tile of it, turned over here and there."""
    tile = r.normal(0, sigma, (min(shape[0], 397), min(shape[1], 401), shape[2] if len(shape) > 2 else 1)).astype(np.float32)
    tiles = np.tile(tile, (-(-shape[0] // tile.shape[0]), -(-shape[1] // tile.shape[1]), 1))
    return tiles[: shape[0], : shape[1]]


def cloud(r, height, width, cells=5):
    """A smooth field of 0 to 1."""
    field = cv2.resize(r.random((cells, cells)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(field, 0, 1)


# Printers: before the sheet is drawn, or to its ink.


def needle_press(r, hard):
    colour = pick(r, ((52, 48, 70), (70, 66, 84), (44, 44, 52), (64, 56, 110)))
    # Not those of the hyphen and the full stop: without them nobody could read what stood there.
    missing = [float(m) for m in r.choice((0.12, 0.18, 0.24, 0.3, 0.36, 0.41), int(r.integers(0, 2 + (hard > 0.6))), False)]
    return Press("needle", r, tired=r.uniform(0.1, 0.3 + 0.28 * hard), doubled=float(chance(r, 0.35)), missing=missing, colour=colour)


def thermal_fade(r, sheet, hard):
    """Print that was in the sun or in a purse: bands across the paper's way, dead dots along it."""
    height, width = sheet.ink.shape
    rows = cv2.resize(r.random((max(4, int(sheet.h / 9)), 1)).astype(np.float32), (1, height), interpolation=cv2.INTER_CUBIC)
    fade = 1 - (0.25 + 0.4 * hard) * np.clip(rows, 0, 1) - 0.2 * hard * cloud(r, height, width, 4)
    sheet.ink *= np.clip(fade, 0.42, 1)
    for _ in range(int(r.integers(0, 3 + 2 * hard))):
        x, wide = int(r.integers(0, width)), max(1, round(0.13 * sheet.k))
        sheet.ink[:, x : x + wide] *= 0.35
    sheet.press.colour = pick(r, ((60, 58, 66), (74, 66, 96), (86, 80, 78)))
    pixels = np.asarray(sheet.image, np.float32)
    warm = cloud(r, height, width, 4)[..., None] * hard * np.array((8, 14, 34), np.float32)
    sheet.replace(pixels - warm)


# Paper.


def creased(r, px, k, hard):
    height, width = px.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    map_x, map_y, light = xs.copy(), ys.copy(), np.zeros((height, width), np.float32)
    worn = np.zeros((height, width), np.float32)
    for fold in range(int(r.integers(1, 3 + hard * 1.5))):
        angle = np.radians(pick(r, (0, 90, 0, 90, float(r.uniform(0, 180)))) + r.normal(0, 1.5))
        at = np.array((width, height)) * r.uniform(0.25, 0.75, 2)
        away = (xs - at[0]) * np.sin(angle) + (ys - at[1]) * np.cos(angle)
        break_mm = r.uniform(0.1, 0.25 + 0.3 * hard)
        side = 1 / (1 + np.exp(-away / (0.5 * k)))
        map_x += side * break_mm * k * r.normal(0, 0.7)
        map_y += side * break_mm * k * r.normal(0, 0.7) + side * away * r.normal(0, 0.002)
        reach = r.uniform(2, 6) * k
        light += (12 + 22 * hard) * np.sign(away) * np.exp(-np.abs(away) / reach) * pick(r, (-1, 1))
        light -= (20 + 30 * hard) * np.exp(-((away / (0.25 * k)) ** 2))
        worn = np.maximum(worn, np.exp(-((away / (0.2 * k)) ** 2)) * (noise(r, (height, width, 1), 1)[..., 0] > 0.9))
    out = cv2.remap(px, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    out += light[..., None] + (244 - out) * (worn * 0.5)[..., None]
    crumple = cloud(r, height, width, 9) - cloud(r, height, width, 14)
    return np.clip(out + crumple[..., None] * 14 * hard, 0, 255).astype(np.uint8)


def stained(r, px, k, hard, boxes):
    """Coffee, ink, and the marker that someone drew over what mattered."""
    out = px.astype(np.float32)
    height, width = px.shape[:2]
    for _ in range(int(r.integers(1, 3))):
        kind = r.random()
        cover = np.zeros((height, width), np.float32)
        if kind < 0.45:
            middle, radius = (int(r.uniform(0, width)), int(r.uniform(0, height))), min(r.uniform(22, 40) * k, width * 0.6)
            cv2.ellipse(cover, middle, (int(radius), int(radius * r.uniform(0.93, 1))), r.uniform(0, 90), 0, r.uniform(220, 360), 1.0,
                    max(2, round(r.uniform(1, 3) * k)), cv2.LINE_AA)
            cv2.circle(cover, middle, int(radius), 0.25, -1) if chance(r, 0.4) else None
            cover = cv2.GaussianBlur(cover, (0, 0), 0.35 * k) * (0.4 + 0.6 * cloud(r, height, width, 6))
            colour, strength = np.array((128, 84, 40), np.float32), 0.3 + 0.3 * hard
        elif kind < 0.6:
            for _ in range(int(r.integers(2, 7))):
                cv2.circle(cover, (int(r.uniform(0, width)), int(r.uniform(0, height))), int(r.uniform(0.4, 2.2) * k), 1.0, -1, cv2.LINE_AA)
            cover = cv2.GaussianBlur(cover, (0, 0), 0.3 * k)
            colour, strength = np.array(pick(r, ((40, 60, 150), (160, 50, 50), (90, 90, 60))), np.float32), 0.35 + 0.15 * hard
        else:
            for i in r.permutation(len(boxes))[: int(r.integers(1, 4))]:
                x0, y0, x1, y1 = [int(b * k) for b in boxes[i]]
                cv2.line(cover, (x0 - int(k), (y0 + y1) // 2 + int(r.normal(0, 0.4 * k))),
                        (x0 + int((x1 - x0) * r.uniform(0.5, 1.05)), (y0 + y1) // 2 + int(r.normal(0, 0.4 * k))), 1.0, max(3, round(r.uniform(3, 4.5) * k)))
            cover = cv2.GaussianBlur(cover, (0, 0), 0.15 * k)
            colour, strength = np.array(pick(r, ((250, 240, 90), (140, 240, 130), (250, 150, 190), (250, 180, 90))), np.float32), 0.75 + 0.2 * hard
        out *= 1 - (cover * strength)[..., None] * (1 - colour / 255)
    return np.clip(out, 0, 255).astype(np.uint8)


def sealed(r, sheet, hard):
    """One to three seals over the values themselves."""
    boxes = list(sheet.boxes.values()) or [(10, 10, sheet.w - 10, sheet.h - 10)]
    company = v.Company(r, long=0)
    for i in r.permutation(len(boxes))[: int(r.integers(1, 2 + round(1.4 * hard)))]:
        x0, y0, x1, y1 = boxes[i]
        mask = seals.any_seal(r, sheet.k, company)
        colour = seals.BLUE if chance(r, 0.2) else (pick(r, (seals.RED, (190, 30, 60), (220, 70, 60))))
        x = x0 + min(x1 - x0, 30) * r.random()
        pressed(r, sheet, mask, x, (y0 + y1) / 2 + r.normal(0, 4), colour, r.normal(0, 20), r.uniform(0.4, 0.62 + 0.2 * hard), 0.6, soft=pick(r, (0, 0, 0.12, 0.25)),
                double=chance(r, 0.15))


# Copiers and scanners.


def copied(r, px, k, hard, red_light):
    """A copy of a copy: nearly two tones, strokes grown or eaten, specks, the lid's shadow. A lamp of red light hardly sees seals:
    only with it can be read what stands under one."""
    grey = cv2.transform(px, np.array([(0.78, 0.18, 0.04) if red_light else (0.3, 0.59, 0.11)])).reshape(px.shape[:2]).astype(np.float32)
    paper = float(np.percentile(grey, 75))
    turn = cv2.getRotationMatrix2D((grey.shape[1] / 2, grey.shape[0] / 2), r.normal(0, 0.3), r.uniform(0.985, 1.01))
    for generation in range(1 + (hard > 0.45)):
        grey = cv2.GaussianBlur(grey, (0, 0), max(0.5, 0.055 * k))
        grey += noise(r, (*grey.shape, 1), 4 + 5 * hard)[..., 0]
        middle = paper * r.uniform(0.66, 0.78)
        grey = 255 / (1 + np.exp(-(grey - middle) / (16 - 6 * hard)))
        paper = 250.0
        if generation:
            grey = cv2.warpAffine(grey, turn, (grey.shape[1], grey.shape[0]), flags=cv2.INTER_LINEAR, borderValue=255)
    for _ in range(int(r.integers(20, 60 + 260 * hard))):
        x, y = int(r.integers(grey.shape[1])), int(r.integers(grey.shape[0]))
        cv2.circle(grey, (x, y), int(r.integers(0, 2)), float(r.uniform(0, 120)), -1)
    for side in range(4):
        if chance(r, 0.35):
            deep = r.uniform(1, 4) * k
            fall = np.exp(-np.arange(grey.shape[side % 2], dtype=np.float32) / deep) * r.uniform(60, 190)
            fall = fall[::-1] if side > 1 else fall
            grey -= fall[:, None] if side % 2 == 0 else fall[None, :]
    if chance(r, 0.25 + 0.3 * hard):
        x = int(r.integers(grey.shape[1]))
        grey[:, x : x + max(1, round(0.12 * k))] -= 90
    grey = np.clip(grey, 8, 250)
    return cv2.cvtColor(grey.astype(np.uint8), cv2.COLOR_GRAY2RGB)


def scanned(r, px, k, skew=0.3, plain=False):
    """On an office's scanner: a little askew, cropped too wide or too close. Also where a pixel of the sheet came to lie."""
    height, width = px.shape[:2]
    edges = np.maximum(0, r.normal(1.5, 2.5, 4)) * k * (1 if not plain else 0.6)
    left, top, right, bottom = edges
    angle = r.normal(0, skew) if skew < 1 else r.uniform(-skew, skew)
    size = (int(width + left + right), int(height + top + bottom))
    if abs(angle) > 1:
        sine = abs(np.sin(np.radians(angle)))
        left, top = left + height * sine / 2, top + width * sine / 2
        size = (int(size[0] + height * sine), int(size[1] + width * sine))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    matrix[:, 2] += (left, top)
    lid = pick(r, ((250, 250, 250), (242, 243, 244), (232, 232, 230), (206, 206, 208)))
    out = cv2.warpAffine(px, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=lid).astype(np.float32)
    out = cv2.GaussianBlur(out, (0, 0), r.uniform(0.35, 0.75))
    out = (out - 128) * r.uniform(0.92, 1.06) + 128 + r.uniform(-7, 7) + r.normal(0, 1.5, 3).astype(np.float32)
    out += noise(r, out.shape, r.uniform(1, 3.5))
    return np.clip(out, 0, 255).astype(np.uint8), matrix


def shrunk(r, px, k, least, hard):
    """A fax's or a messenger's picture: few pixels, then many blocks. `least` is the smallest print that has to be read, in mm."""
    dpi = max(r.uniform(96, 125) - 8 * hard, 13.8 * 25.4 / least)
    scale = min(1, dpi / (k * 25.4))
    small = cv2.resize(px, None, fx=scale, fy=scale, interpolation=pick(r, (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_AREA)))
    if chance(r, 0.25):
        small = cv2.cvtColor(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return small
