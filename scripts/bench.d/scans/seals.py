"""Seals: round, oval and square, with a readable company around a star, pressed more or less evenly."""

import cv2
import numpy as np

import fonts
from values import chance, digits, pick

RED, BLUE = (206, 44, 52), (44, 66, 170)


def ring(mask, size, axes, width):
    cv2.ellipse(mask, (size[0] // 2, size[1] // 2), (round(axes[0]), round(axes[1])), 0, 0, 360, 1.0, max(1, round(width)), cv2.LINE_AA)


def arc(mask, text, axes, height, style, middle=-90.0, spread=250.0):
    """Text around an ellipse; signs stand upright on it, at the bottom turned round."""
    cx, cy = mask.shape[1] / 2, mask.shape[0] / 2
    angles = np.radians(np.linspace(middle - spread / 2, middle + spread / 2, 2001))
    xs, ys = np.cos(angles) * axes[0], np.sin(angles) * axes[1]
    along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(xs), np.diff(ys)))])
    below = np.sin(np.radians(middle)) > 0
    for i, sign in enumerate(reversed(text) if below else text):
        j = int(np.searchsorted(along, along[-1] * (i + 0.5) / len(text)))
        glyph, room = fonts.mask(sign, max(8, round(height)), style)
        normal = np.degrees(np.arctan2(ys[j] / axes[1] ** 2, xs[j] / axes[0] ** 2)) + 90 + (180 if below else 0)
        turn = cv2.getRotationMatrix2D((room + height / 2, glyph.shape[0] / 2), -normal, 1)
        turn[:, 2] += (cx + xs[j] - room - height / 2, cy + ys[j] - glyph.shape[0] / 2)
        np.maximum(mask, cv2.warpAffine(glyph, turn, (mask.shape[1], mask.shape[0]), flags=cv2.INTER_LINEAR), out=mask)


def line(mask, text, height, x, y, style, squeeze=1.0):
    glyph, room = fonts.mask(text, max(8, round(height)), style)
    glyph = cv2.resize(glyph, (max(1, round(glyph.shape[1] * squeeze)), glyph.shape[0]), interpolation=cv2.INTER_AREA)
    x0, y0 = round(x - glyph.shape[1] / 2), round(y - glyph.shape[0] / 2)
    x1, y1 = max(0, x0), max(0, y0)
    part = mask[y1 : y0 + glyph.shape[0], x1 : x0 + glyph.shape[1]]
    np.maximum(part, glyph[y1 - y0 : y1 - y0 + part.shape[0], x1 - x0 : x1 - x0 + part.shape[1]], out=part)


def star(mask, radius):
    middle = np.array([mask.shape[1] / 2, mask.shape[0] / 2])
    points = [middle + radius * (1 if i % 2 == 0 else 0.38) * np.array([np.cos(np.radians(36 * i - 90)), np.sin(np.radians(36 * i - 90))]) for i in range(10)]
    cv2.fillPoly(mask, [np.array(points, np.int32)], 1.0, cv2.LINE_AA)


def round_seal(k, company, below="财务专用章", size=40.0, style="serif"):
    n = round(size * k)
    mask = np.zeros((n, n), np.float32)
    ring(mask, (n, n), (n / 2 - 0.8 * k, n / 2 - 0.8 * k), 0.9 * k)
    arc(mask, company, (n * 0.385, n * 0.385), min(0.115, 1.9 / len(company)) * n, style, spread=min(290, 17 * len(company) + 60))
    star(mask, n * 0.13)
    line(mask, below, 0.1 * n, n / 2, n * 0.73, style)
    return mask


def oval_seal(k, company, code, below="发票专用章", style="serif"):
    w, h = round(40 * k), round(30 * k)
    mask = np.zeros((h, w), np.float32)
    ring(mask, (w, h), (w / 2 - 0.7 * k, h / 2 - 0.7 * k), 0.8 * k)
    arc(mask, company, (w * 0.405, h * 0.385), min(0.09, 1.5 / len(company)) * w, style, spread=250)
    if code:
        line(mask, code, 0.075 * w, w / 2, h * 0.5, "hei", 0.9)
    line(mask, below, 0.088 * w, w / 2, h * 0.73, style)
    return mask


def square_seal(k, text, size=20.0):
    """A person's or the finance office's."""
    n = round(size * k)
    mask = np.zeros((n, n), np.float32)
    cv2.rectangle(mask, (round(0.5 * k), round(0.5 * k)), (n - round(0.6 * k), n - round(0.6 * k)), 1.0, max(1, round(0.8 * k)))
    rows = [text[:2], text[2:4]] if len(text) <= 4 else [text[i : i + 3] for i in range(0, len(text), 3)]
    for i, row in enumerate(rows):
        line(mask, row, n * 0.86 / max(2, len(rows)), n / 2, n * (i + 0.5) / len(rows), "kai", 0.95 * 2.05 / max(2, len(row)) * max(2, len(rows)) / 2)
    return mask


def supervision(k, place, style="kai"):
    """The tax office's oval in a form's title."""
    w, h = round(30 * k), round(20 * k)
    mask = np.zeros((h, w), np.float32)
    ring(mask, (w, h), (w / 2 - 0.6 * k, h / 2 - 0.6 * k), 0.5 * k)
    ring(mask, (w, h), (w / 2 - 1.4 * k, h / 2 - 1.4 * k), 0.2 * k)
    arc(mask, "全国统一发票监制章", (w * 0.4, h * 0.36), 2.6 * k, style, spread=210)
    line(mask, "国家税务总局", 2.4 * k, w / 2, h * 0.5, style)
    arc(mask, place, (w * 0.38, h * 0.34), 2.3 * k, style, middle=90, spread=90)
    return mask


def pressed(r, sheet, mask, x, y, colour=RED, turn=None, strength=None, worn=0.5, soft=0.0, double=False):
    """Puts a seal's middle onto a place, in mm: uneven, and ink and print show through each other."""
    h, w = mask.shape
    diagonal = int(np.hypot(h, w)) + 4
    turn = r.normal(0, 9) if turn is None else turn
    matrix = cv2.getRotationMatrix2D((w / 2, h / 2), turn, 1)
    matrix[:, 2] += ((diagonal - w) / 2, (diagonal - h) / 2)
    mask = cv2.warpAffine(mask, matrix, (diagonal, diagonal), flags=cv2.INTER_LINEAR)
    if double:
        mask = np.maximum(mask, 0.5 * np.roll(mask, (round(0.5 * sheet.k), round(0.7 * sheet.k)), (0, 1)))
    if soft:
        mask = cv2.GaussianBlur(mask, (0, 0), soft * sheet.k)
    cloud = cv2.resize(r.random((7, 7)).astype(np.float32), (diagonal, diagonal), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(r.random((diagonal, diagonal)).astype(np.float32), (0, 0), 1.1)
    mask = mask * np.clip(1.15 - worn * 0.8 * np.clip(cloud, 0, 1) - worn * 3 * np.clip(grain - 0.56, 0, 1), 0, 1)
    strength = r.uniform(0.55, 0.85) if strength is None else strength
    place = (round(x * sheet.k - diagonal / 2), round(y * sheet.k - diagonal / 2))

    half_w, half_h = w / sheet.k / 2, h / sheet.k / 2
    sheet.stamped.append((x - half_w, y - half_h, x + half_w, y + half_h))

    def stamp(pixels):
        window, part = sheet.clip(mask, place)
        tint = 1 - part[..., None] * strength * (1 - np.array(colour, np.float32) / 255)
        pixels[window] *= tint
        return pixels

    sheet.stamps.append(stamp)


def any_seal(r, k, company):
    """One of those that an office's clerks have on their desk."""
    shape = r.random()
    if shape < 0.45:
        return round_seal(k, company.name, pick(r, ("财务专用章", "合同专用章", "业务专用章", "")), pick(r, (38.0, 40.0, 42.0)), pick(r, ("serif", "song")))
    if shape < 0.75:
        return oval_seal(k, company.name, company.code if chance(r, 0.7) else digits(r, 10))
    if shape < 0.9:
        return square_seal(k, pick(r, ("现金收讫", "转账付讫", "已核对章", "业务清讫")), r.uniform(14, 22))
    return round_seal(k, company.name, "收讫", 32.0)
