"""A cheap phone over a desk: perspective, bent paper, uneven light, little focus, a moving hand."""

import cv2
import numpy as np

from damage import cloud, noise
from values import chance, pick


def desk(r, height, width):
    """What lies beneath: wood, cloth, stone, or another sheet's white."""
    base = np.array(pick(r, ((138, 98, 62), (96, 74, 58), (176, 150, 118), (70, 74, 80), (206, 204, 198), (52, 60, 78), (150, 152, 150))), np.float32)
    small = np.zeros((height // 4 + 1, width // 4 + 1), np.float32)
    ys, xs = np.mgrid[0 : small.shape[0], 0 : small.shape[1]].astype(np.float32)
    kind = r.random()
    if kind < 0.5:
        small = 10 * np.sin(ys * 0.09 + 3 * np.sin(xs * 0.004) + 2.5 * cloud(r, *small.shape, 7)) + 6 * np.sin(ys * 0.41 + 5 * cloud(r, *small.shape, 5))
    elif kind < 0.75:
        small = 7 * np.sin(xs * 1.3) + 7 * np.sin(ys * 1.3)
    small = small + 26 * (cloud(r, *small.shape, 5) - 0.5)
    return np.clip(base + cv2.resize(small, (width, height))[..., None], 0, 255)


def corners(r, px, long, hard):
    """Where the sheet's corners come to lie, on what canvas."""
    height, width = px.shape[:2]
    fill = r.uniform(0.72, 0.93)
    upright = chance(r, 0.5) if 0.6 < width / height < 1.6 else width < height
    canvas = (round(long * 0.75), long) if upright else (long, round(long * 0.75))
    scale = fill * min(canvas[0] / width, canvas[1] / height)
    w, h = width * scale / 2, height * scale / 2
    square = np.array([(-w, -h), (w, -h), (w, h), (-w, h)], np.float32)
    angle = np.radians(r.normal(0, 2 + 3 * hard))
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))], np.float32)
    tilt = r.normal(0, 0.02 + 0.035 * hard, 2)
    square *= 1 + (square @ (tilt / np.array([w, h])))[:, None]
    place = square @ turn.T + r.normal(0, 0.006, (4, 2)) * min(w, h)
    # No corner leaves the picture: what is printed there could not be read.
    room = np.array(canvas) / 2 - 0.008 * long
    shrink = min(1.0, float((room / np.abs(place).max(0)).min()))
    spare = np.maximum(0, room - np.abs(place * shrink).max(0))
    middle = np.array(canvas) / 2 + r.uniform(-0.6, 0.6, 2) * spare
    return canvas, (place * shrink + middle).astype(np.float32), scale * shrink


def bent(r, canvas, place, px, hard):
    """For each pixel of the photo, where on the sheet it looks: through the lens, then along the paper's curl."""
    height, width = px.shape[:2]
    back = cv2.getPerspectiveTransform(place, np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32))
    xs, ys = np.meshgrid(np.arange(canvas[0], dtype=np.float32), np.arange(canvas[1], dtype=np.float32))
    deep = back[2, 0] * xs + back[2, 1] * ys + back[2, 2]
    sx = ((back[0, 0] * xs + back[0, 1] * ys + back[0, 2]) / deep).astype(np.float32)
    sy = ((back[1, 0] * xs + back[1, 1] * ys + back[1, 2]) / deep).astype(np.float32)
    bend = r.normal(0, 0.004 + 0.009 * hard, 2) * min(height, width * 1.5)
    phase = r.uniform(0, 3, 2)
    curl = np.sin(sx / width * r.uniform(2, 4) + phase[0])
    bent_x, bent_y = sx + bend[1] * 0.4 * np.sin(sy / height * 3 + phase[1]), sy + bend[0] * curl
    return bent_x.astype(np.float32), bent_y.astype(np.float32), (curl * np.sign(bend[0])).astype(np.float32)


def photographed(r, px, least_px, hard, moving=False):
    """`least_px`: how high the smallest print is that has to be read. Returns the photo."""
    wish = int(r.choice([1600, 2000, 2400, 2800, 3000]))
    canvas, place, scale = corners(r, px, wish, hard)
    need = min(15.0 / (least_px * scale), 3000 / max(canvas))
    if need > 1:
        canvas, place, scale = tuple(round(c * need) for c in canvas), place * np.float32(need), scale * need
    if scale < 0.8:
        px = cv2.GaussianBlur(px, (0, 0), 0.35 / scale)
    sx, sy, curl = bent(r, canvas, place, px, hard)
    inside = cv2.remap(np.full(px.shape[:2], 255, np.uint8), sx, sy, cv2.INTER_LINEAR, borderValue=0).astype(np.float32) / 255
    page = cv2.remap(px, sx, sy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    ground = desk(r, canvas[1], canvas[0])
    reach = max(3, canvas[0] // 160)
    ground *= 1 - 0.45 * cv2.blur(np.roll(inside, (reach, reach // 2), (0, 1)), (4 * reach, 4 * reach))[..., None]
    page += curl[..., None] * (4 + 9 * hard)
    out = ground + (page - ground) * inside[..., None]
    light = 1 - (0.18 + 0.3 * hard) * cloud(r, canvas[1], canvas[0], 3)
    if chance(r, 0.4):
        shade = np.zeros((canvas[1] // 8, canvas[0] // 8), np.float32)
        points = (r.random((4, 2)) * (canvas[0] // 8, canvas[1] // 8) * 1.4 - 20).astype(np.int32)
        cv2.fillPoly(shade, [points], 1.0)
        light *= 1 - (0.15 + 0.25 * hard) * cv2.resize(cv2.GaussianBlur(shade, (0, 0), 6), canvas)
    warm = np.array(pick(r, ((1, 0.98, 0.93), (1, 0.95, 0.84), (0.95, 0.98, 1), (1, 1, 0.97))), np.float32)
    out *= light[..., None] * warm
    print_px = least_px * scale
    if moving:
        out = shaken(r, out, print_px, hard)
    out = cv2.GaussianBlur(out, (0, 0), float(np.clip(print_px * (0.028 + 0.032 * hard), 0.5, 2.6 if not moving else 0.9)))
    out += noise(r, out.shape, r.uniform(2, 5 + 6 * hard))
    return np.clip(out, 0, 255).astype(np.uint8)


def shaken(r, out, print_px, hard):
    """Motion, and the lamp's bands over a shutter that rolls."""
    length = max(2.2, print_px * (0.1 + 0.13 * hard))
    size = int(length) | 1
    size = size + 2 if size < length else size
    kernel = np.zeros((size * 4, size * 4), np.float32)
    angle, middle = r.uniform(0, np.pi), size * 2
    reach = np.array([np.cos(angle), np.sin(angle)]) * length * 2
    cv2.line(kernel, tuple(int(x) for x in (middle - reach).round()), tuple(int(x) for x in (middle + reach).round()), 1.0, 4)
    kernel = cv2.resize(kernel, (size, size), interpolation=cv2.INTER_AREA)
    out = cv2.filter2D(out, -1, kernel / kernel.sum())
    rows = np.arange(out.shape[0], dtype=np.float32)
    bands = 1 + (0.05 + 0.09 * hard) * np.sin(rows * 2 * np.pi / r.uniform(90, 420) + r.uniform(0, 6))
    return out * bands[:, None, None]
