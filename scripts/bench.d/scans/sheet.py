"""A sheet of paper in millimetres: what the press printed long ago, and above it what a printer put in, which may stand off by some
millimetres, lack pins or fade. Remembers what was printed where."""

import cv2
import numpy as np
import qrcode
from PIL import Image, ImageDraw

import fonts

DARK = (38, 36, 40)


class Press:
    """How the values get onto the paper: a laser, a head of needles, or heat."""

    def __init__(self, kind="laser", r=None, tired=0.0, doubled=0.0, missing=(), colour=DARK):
        self.kind, self.tired, self.doubled, self.missing, self.colour, self.r = kind, tired, doubled, missing, colour, r

    def dots(self, height_mm, style):
        """How many dots high an em is, where that can be seen."""
        if style in fonts.FIXED:
            return fonts.FIXED[style]
        if self.kind == "needle":
            return max(14, round(height_mm * 180 / 25.4))
        return None


class Sheet:
    def __init__(self, r, width, height, dpi, paper=(252, 251, 248), press=None):
        self.r, self.w, self.h, self.dpi, self.k = r, width, height, dpi, dpi / 25.4
        self.image = Image.new("RGB", (round(width * self.k), round(height * self.k)), paper)
        self.draw = ImageDraw.Draw(self.image)
        self.ink = np.zeros((self.image.height, self.image.width), np.float32)
        self.press = press or Press()
        self.offset = (0.0, 0.0)
        self.style = "song"
        self.areas, self.boxes, self.keywords = {}, {}, {}
        self.stamps, self.stamped = [], []
        # Every piece of print, and the height of the smallest that has to be read.
        self.prints, self.least = [], 9.0

    # What stands on the paper before it is filled in.

    def text(self, x, y, text, height, style="song", colour=DARK, at="l", track=0.0, fit=None, area=None, slot=None, kw=None, bold=0):
        """Preprinted. `y` is the middle; `at`: where `x` is."""
        height, track = self.fitted(text, height, style, track, fit)
        mask, room = fonts.mask(text, max(6, round(height * self.k)), style, track * self.k, bold=bold)
        place = self.place(x, y, mask, room, at)
        self.blend(mask, place, colour)
        self.remember(area, text, mask, place, slot, kw, height)

    def down(self, x, y, text, height, step, style="song", colour=DARK):
        """Upright, one sign below the other."""
        for i, sign in enumerate(text):
            self.text(x, y + i * step, sign, height, style, colour, "m")

    def lines(self, colour, width, *lines):
        for x0, y0, x1, y1 in lines:
            self.draw.line([(round(x0 * self.k), round(y0 * self.k)), (round(x1 * self.k), round(y1 * self.k))], fill=colour, width=max(1, round(width * self.k)))

    def box(self, x0, y0, x1, y1, colour, width=0.25, fill=None):
        self.draw.rectangle([round(v * self.k) for v in (x0, y0, x1, y1)], outline=colour if width else None, width=max(1, round(width * self.k)), fill=fill)

    def guilloche(self, colour, strength=0.35, fine=1.0, box=None):
        """The fine waves that make a form hard to copy."""
        x0, y0, x1, y1 = [round(v * self.k) for v in box or (0, 0, self.w, self.h)]
        ys, xs = np.mgrid[y0:y1, x0:x1].astype(np.float32) / self.k
        a, b, c = self.r.uniform(0.6, 1.6, 3)
        wave = np.sin((ys * 4 + 2.2 * np.sin(xs * 0.22 * a) + 1.5 * np.sin(xs * 0.07 + ys * 0.1 * b)) * fine * 1.6)
        wave = np.maximum(wave, np.sin((xs * 3.2 + 3 * np.sin(ys * 0.2 * c) + ys) * fine))
        mask = np.clip(wave * 1.5 - 0.4, 0, 1)[..., None] * strength
        pixels = np.asarray(self.image, np.float32).copy()
        part = pixels[y0:y1, x0:x1]
        part += (np.array(colour, np.float32) - part) * mask[: part.shape[0], : part.shape[1]]
        self.replace(pixels)

    def replace(self, pixels):
        self.image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        self.draw = ImageDraw.Draw(self.image)

    def qr(self, x, y, size, text, colour=(20, 20, 20), printed=False):
        code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_M)
        code.add_data(text)
        code.make()
        mask = Image.fromarray((np.array(code.get_matrix()) * 255).astype(np.uint8))
        px = round(size * self.k)
        mask = np.asarray(mask.resize((px, px), Image.Resampling.BOX if px < mask.width * 3 else Image.Resampling.NEAREST), np.float32) / 255
        self.stroke(mask, (round(x * self.k), round(y * self.k)), colour, printed)

    def bars(self, x, y, width, height, number, printed=False):
        """Interleaved 2 of 5."""
        wide = ("nnwwn", "wnnnw", "nwnnw", "wwnnn", "nnwnw", "wnwnn", "nwwnn", "nnnww", "wnnwn", "nwnwn")
        number = "0" * (len(number) % 2) + number
        row, units = "nnnn", []
        for a, b in zip(number[::2], number[1::2]):
            row += "".join(p + q for p, q in zip(wide[int(a)], wide[int(b)]))
        for i, bar in enumerate(row + "wnn"):
            units += [1 - i % 2] * (3 if bar == "w" else 1)
        mask = cv2.resize(np.array([units], np.float32), (round(width * self.k), round(height * self.k)), interpolation=cv2.INTER_AREA)
        self.stroke(mask, (round(x * self.k), round(y * self.k)), (20, 20, 20), printed)

    # What is filled in.

    def fill(self, x, y, text, height, style=None, at="l", track=0.0, fit=None, area=None, slot=None, kw=None, bold=0):
        """Printed by the press of the moment. `slot`: from where to where the place of the value reaches, as the form shows it."""
        style = style or self.style
        if self.press.kind == "needle" and style.startswith(("hei", "serif", "sans")):
            style = "song" if style != "heimono" else "songmono"
        height, track = self.fitted(text, height, style, track, fit)
        dots = self.press.dots(height, style)
        if dots:
            mask, room = self.struck(text, height, style, track, dots)
        else:
            mask, room = fonts.mask(text, max(6, round(height * self.k)), style, track * self.k, bold=bold)
        dx, dy = self.offset
        place = self.place(x + dx, y + dy, mask, room, at)
        self.stroke(mask, place, None, True)
        self.remember(area, text, mask, place, slot and (slot[0] + dx * 0.5, slot[1] + dx * 0.5), kw, height)

    def struck(self, text, height, style, track, dots):
        """Text of round dots of ink, as needles strike them through a ribbon."""
        bits, room = fonts.mask(text, dots, style, round(track / height * dots), one_bit=True)
        bits = (bits > 0.5).astype(np.float32)
        press = self.press
        if press.kind == "needle":
            for pin in press.missing:
                bits[room + int(pin * dots)] *= 0.2
            if press.tired:
                ribbon = cv2.resize(self.r.random((1, max(3, bits.shape[1] // 25))).astype(np.float32), (bits.shape[1], 1), interpolation=cv2.INTER_CUBIC)
                bits *= 1 - press.tired * (0.35 + 0.45 * np.clip(ribbon, 0, 1)) - press.tired * 0.35 * self.r.random(bits.shape).astype(np.float32)
            if press.doubled:
                bits = np.maximum(bits, 0.6 * np.roll(bits, 1, 1) * press.doubled)
        up = 5
        big = np.zeros((bits.shape[0] * up, bits.shape[1] * up), np.float32)
        big[up // 2 :: up, up // 2 :: up] = bits
        size = 7 if press.kind == "needle" else 5
        disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE if press.kind == "needle" else cv2.MORPH_RECT, (size, size))
        big = cv2.dilate(big, disk)
        scale = height * self.k / dots
        mask = cv2.resize(big, (max(1, round(bits.shape[1] * scale)), max(1, round(bits.shape[0] * scale))), interpolation=cv2.INTER_AREA)
        return np.clip(mask * 1.1, 0, 1), round(room * scale)

    # How both get there.

    def fitted(self, text, height, style, track, fit):
        """Smaller where it would not go in, as forms' software does."""
        if fit:
            wide = fonts.width(text, 100, style) * height / (100 if style not in fonts.FIXED else fonts.FIXED[style]) + track * len(text)
            if wide > fit:
                return height * fit / wide, track * fit / wide
        return height, track

    def place(self, x, y, mask, room, at):
        inner = mask.shape[1] - 2 * room
        left = x * self.k - {"l": 0, "m": inner / 2, "r": inner}[at] - room
        return round(left), round(y * self.k - mask.shape[0] / 2)

    def stroke(self, mask, place, colour, printed):
        if printed:
            window, part = self.clip(mask, place)
            self.ink[window] = np.maximum(self.ink[window], part)
        else:
            self.blend(mask, place, colour)

    def clip(self, mask, place):
        x, y = place
        height, width = self.ink.shape
        y0, y1, x0, x1 = max(0, y), min(height, y + mask.shape[0]), max(0, x), min(width, x + mask.shape[1])
        return (slice(y0, y1), slice(x0, x1)), mask[y0 - y : max(y0, y1) - y, x0 - x : max(x0, x1) - x]

    def blend(self, mask, place, colour):
        image = Image.fromarray((np.clip(mask, 0, 1) * 255).astype(np.uint8))
        self.image.paste(Image.new("RGB", image.size, colour), place, image)

    def remember(self, area, text, mask, place, slot, kw, height):
        rows, columns = np.where(mask.max(1) > 0.2)[0], np.where(mask.max(0) > 0.2)[0]
        if not len(rows):
            return
        x0, x1 = (place[0] + columns[0]) / self.k, (place[0] + columns[-1] + 1) / self.k
        y0, y1 = (place[1] + rows[0]) / self.k, (place[1] + rows[-1] + 1) / self.k
        self.prints.append((x0, y0, x1, y1))
        if not area:
            return
        assert x0 > -0.5 and y0 > -0.5 and x1 < self.w + 0.5 and y1 < self.h + 0.5, (area, text, x0, x1, self.w)
        self.least = min(self.least, height)
        self.areas[area] = self.areas.get(area, "") + text
        print_box = [x0, y0, x1, y1]
        old = self.boxes.get(area)
        if slot:
            # A place ends where a label stands, but for one that is to be taken off again.
            beside = [b for b in self.prints[:-1] if b[1] < y1 and b[3] > y0] if not kw else []
            print_box[0] = min(x0, max([slot[0], *[b[2] + 0.1 for b in beside if b[2] <= x0]]))
            print_box[2] = max(x1, min([slot[1], *[b[0] - 0.1 for b in beside if b[0] >= x1]]))
            label = [b for b in self.prints[:-1] if kw and b[0] >= slot[0] - 0.5 and b[2] <= x1 and b[1] < y1 and b[3] > y0]
            print_box[1], print_box[3] = min([y0, *[b[1] for b in label]]), max([y1, *[b[3] for b in label]])
        if old:
            print_box = [*map(min, old[:2], print_box[:2]), *map(max, old[2:], print_box[2:])]
        self.boxes[area] = print_box
        if kw:
            self.keywords[area] = kw

    def flat(self):
        """Paper and print as one picture; ink lets the paper through a little."""
        pixels = np.asarray(self.image, np.float32)
        mask = (np.clip(self.ink, 0, 1) * (0.93 if self.press.kind == "laser" else 0.86))[..., None]
        pixels = pixels * (1 - mask) + np.array(self.press.colour, np.float32) * mask
        for stamp in self.stamps:
            pixels = stamp(pixels)
        return np.clip(pixels, 0, 255).astype(np.uint8)
