"""A form as a list of prints, and its rendering. Not here: the forms (layouts.py), later effects (scenes.py)."""

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

NOTO, WQY, ARPHIC = "/usr/share/fonts/opentype/noto/", "/usr/share/fonts/truetype/wqy/", "/usr/share/fonts/truetype/arphic/"
LIBERATION, DEJAVU = "/usr/share/fonts/truetype/liberation/Liberation", "/usr/share/fonts/truetype/dejavu/DejaVu"
# Interchangeable for presses.
FACES = {
    "song": [(ARPHIC + "uming.ttc", 0), (NOTO + "NotoSerifCJK-Regular.ttc", 2)],
    "song-bold": [(NOTO + "NotoSerifCJK-Bold.ttc", 2)],
    "hei": [(WQY + "wqy-zenhei.ttc", 0), (NOTO + "NotoSansCJK-Regular.ttc", 2), (WQY + "wqy-microhei.ttc", 0)],
    "hei-bold": [(NOTO + "NotoSansCJK-Bold.ttc", 2)],
    "kai": [(ARPHIC + "ukai.ttc", 0)],
    "mono": [(LIBERATION + "Mono-Regular.ttf", 0), (DEJAVU + "SansMono.ttf", 0), (LIBERATION + "Mono-Bold.ttf", 0)],
    "sans": [(LIBERATION + "Sans-Regular.ttf", 0), (DEJAVU + "Sans.ttf", 0), (LIBERATION + "SansNarrow-Regular.ttf", 0)],
    "serif": [(LIBERATION + "Serif-Regular.ttf", 0), (DEJAVU + "Serif.ttf", 0)],
}
_fonts = {}


def font(face, size):
    key = (face, max(6, round(size)))
    if key not in _fonts:
        _fonts[key] = ImageFont.truetype(face[0], key[1], index=face[1])
    return _fonts[key]


class Style:
    """One typeface per role, chosen at random."""

    def __init__(self, rng, press=True, dots=0.25):
        self.faces = {role: faces[rng.integers(len(faces))] for role, faces in FACES.items()}
        self.latin = None if rng.random() < 0.35 else self.faces[["mono", "sans", "serif"][rng.integers(3)]]
        inks = [(30, 30, 36), (24, 24, 24), (60, 60, 70), (30, 40, 110), (50, 40, 90)]
        self.ink = inks[rng.integers(len(inks))]
        self.dots = not press and rng.random() < dots
        self.spread = float(rng.choice([0.0, 0.0, 0.06, 0.14]))
        self.grow = float(rng.uniform(0.93, 1.06)) if not press else 1.0


class Sheet:
    """In the form's units: `width` is the whole form, `mm` one millimetre."""

    def __init__(self, width, height, mm, paper=(252, 251, 247), ink=(40, 40, 40)):
        self.width, self.height, self.mm, self.paper, self.ink = width, height, mm, paper, ink
        self.printed, self.rules, self.values, self.slots, self.codes, self.guilloche = [], [], [], {}, [], None

    def fixed(self, text, x, y, size, role="song", spacing=0.0, ink=None, vertical=False):
        self.printed.append((text, x, y, size, role, spacing, ink, vertical))

    def rule(self, x0, y0, x1, y1, thick=1.6):
        self.rules.append((x0, y0, x1, y1, thick))

    def frame(self, x0, y0, x1, y1, thick=1.6):
        for line in [(x0, y0, x1, y0), (x1, y0, x1, y1), (x1, y1, x0, y1), (x0, y1, x0, y0)]:
            self.rule(*line, thick)

    def value(self, area, text, x, y, size, role="song", spacing=0.0, ink=None, press=False):
        """`area` None: in no area. `press`: preprinted."""
        self.values.append((area, text, x, y, size, role, spacing, ink, press))

    def slot(self, area, x0, y0, x1, y1, keywords=None):
        """Where a user draws the area."""
        self.slots[area] = ((x0, y0, x1 - x0, y1 - y0), keywords)

    def code(self, text, x, y, side):
        self.codes.append((text, x, y, side))


def advance(char, face, latin, size):
    wide = ord(char) >= 0x2E80
    return font(latin if latin and not wide else face, size).getlength(char)


def text_width(text, size, face, latin=None, spacing=0.0):
    return sum(advance(c, face, latin, size) + spacing * size for c in text)


def put(draw, text, x, y, size, face, fill, latin=None, spacing=0.0, vertical=False):
    """`x`, `y`: the first character's upper left corner."""
    for char in text:
        wide = ord(char) >= 0x2E80
        chosen = font(latin if latin and not wide else face, size)
        if vertical:
            draw.text((x + (size - chosen.getlength(char)) / 2, y + size * 0.88), char, font=chosen, fill=fill, anchor="ls")
            y += size * (1.05 + spacing)
        else:
            draw.text((x, y + size * 0.88), char, font=chosen, fill=fill, anchor="ls")
            x += chosen.getlength(char) + spacing * size
    return x, y


def dotted(layer, size):
    """Dot-matrix print."""
    period = max(2.0, size / 15)
    height, width = layer.shape
    y, x = np.mgrid[0:height, 0:width]
    dots = ((x % period - period / 2) ** 2 + (y % period - period / 2) ** 2) < (0.6 * period) ** 2
    blurred = Image.fromarray((layer * dots).astype(np.uint8)).filter(ImageFilter.GaussianBlur(period * 0.28))
    return np.minimum(255, np.asarray(blurred, np.float32) * 1.7)


def render(sheet, rng, press, printer, scale, offset=(0.0, 0.0), values_alpha=1.0, form_alpha=1.0):
    """The picture, and where each area's print is. `offset`: of the printer's layer, in form units."""
    size = (round(sheet.width * scale), round(sheet.height * scale))
    image = Image.new("RGB", size, sheet.paper)
    if sheet.guilloche:
        waves(image, sheet.guilloche, rng)
    form = Image.new("L", size, 0)
    draw = ImageDraw.Draw(form)
    coloured = []
    for text, x, y, height, role, spacing, ink, vertical in sheet.printed:
        target = draw
        if ink:
            coloured.append((Image.new("L", size, 0), ink))
            target = ImageDraw.Draw(coloured[-1][0])
        put(target, text, x * scale, y * scale, height * scale, press.faces[role], 255, spacing=spacing, vertical=vertical)
    for x0, y0, x1, y1, thick in sheet.rules:
        draw.line([(x0 * scale, y0 * scale), (x1 * scale, y1 * scale)], fill=255, width=max(1, round(thick * scale)))
    paste(image, form, sheet.ink, form_alpha)
    for layer, ink in coloured:
        paste(image, layer, ink, form_alpha)
    for text, x, y, side in sheet.codes:
        paste_code(image, text, (x + offset[0]) * scale, (y + offset[1]) * scale, side * scale, values_alpha)
    boxes = {}
    for area, text, x, y, height, role, spacing, ink, by_press in sheet.values:
        grow = 1.0 if by_press else printer.grow
        dx, dy = (0, 0) if by_press else offset
        latin = None if by_press else printer.latin
        face = (press if by_press else printer).faces[role]
        gap = spacing if by_press else spacing + printer.spread * (0.4 if len(text) > 12 else 1.0)
        at = ((x + dx) * scale, (y + dy + height * (1 - grow) / 2) * scale)
        long = text_width(text, height * grow * scale, face, latin, gap)
        layer = Image.new("L", size, 0)
        put(ImageDraw.Draw(layer), text, *at, height * grow * scale, face, 255, latin=latin, spacing=gap)
        mask = np.asarray(layer, np.float32)
        if printer.dots and not by_press:
            mask = dotted(mask, height * scale)
        paste(image, Image.fromarray(mask.astype(np.uint8)), ink or printer.ink, 1.0 if by_press and values_alpha < 1 else values_alpha)
        if area:
            box = [at[0], at[1], at[0] + long, at[1] + height * grow * scale]
            old = boxes.get(area)
            boxes[area] = box if old is None else [min(old[0], box[0]), min(old[1], box[1]), max(old[2], box[2]), max(old[3], box[3])]
    return image, boxes


def paste(image, mask, ink, alpha):
    image.paste(Image.new("RGB", image.size, ink), (0, 0), mask.point(lambda v: int(v * alpha)) if alpha < 1 else mask)


def paste_code(image, text, x, y, side, alpha):
    import qrcode

    code = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    picture = code.make_image().get_image().convert("L").resize((round(side), round(side)), Image.Resampling.BOX)
    paste_at = Image.new("L", image.size, 0)
    paste_at.paste(picture.point(lambda v: 255 - v), (round(x), round(y)))
    paste(image, paste_at, (20, 20, 20), max(alpha, 0.7))


def waves(image, colour, rng):
    """The curves of security paper."""
    draw = ImageDraw.Draw(image)
    width, height = image.size
    period, phase = width / rng.uniform(5, 9), rng.uniform(0, 6)
    xs = np.arange(0, width + 6, 6)
    for base in np.arange(-40, height + 40, max(5, height / 90)):
        ys = base + height / 60 * np.sin(xs / period * 6.28 + phase + base / 70)
        draw.line(list(zip(xs.tolist(), ys.tolist())), fill=colour, width=1)


def seal(image, centre, radii, lines, rng, alpha=0.8, colour=(206, 38, 44)):
    """A ring, text along it, star or text inside; patchy ink."""
    big = (int(radii[0] * 2.4), int(radii[1] * 2.4))
    layer = Image.new("L", big, 0)
    draw = ImageDraw.Draw(layer)
    cx, cy = big[0] / 2, big[1] / 2
    thick = max(3, round(radii[1] * 0.05))
    draw.ellipse([cx - radii[0], cy - radii[1], cx + radii[0], cy + radii[1]], outline=255, width=thick)
    around, middle = lines
    size = radii[1] * 0.27
    face = font(FACES["song-bold"][0] if rng.random() < 0.5 else FACES["song"][0], size)
    for i, char in enumerate(around):
        angle = np.deg2rad(150 + 240 * (i + 0.5) / len(around))
        glyph = Image.new("L", (int(size * 1.5),) * 2, 0)
        ImageDraw.Draw(glyph).text((size * 0.75, size * 0.75), char, font=face, fill=255, anchor="mm")
        glyph = glyph.rotate(-np.rad2deg(angle) - 90, resample=Image.Resampling.BICUBIC)
        x, y = cx + (radii[0] - size * 0.95) * np.cos(angle), cy + (radii[1] - size * 0.95) * np.sin(angle)
        layer.paste(255, (int(x - size * 0.75), int(y - size * 0.75)), glyph)
    for row, text in enumerate(middle):
        draw.text((cx, cy + (row + 0.2) * size * 1.2), text, font=face, fill=255, anchor="mm")
    mask = np.asarray(layer.rotate(float(rng.uniform(-25, 25)), resample=Image.Resampling.BICUBIC), np.float32)
    worn = rng.normal(0, 1, (mask.shape[0] // 6 + 1, mask.shape[1] // 6 + 1)).astype(np.float32)
    worn = np.asarray(Image.fromarray(worn).resize((mask.shape[1], mask.shape[0]), Image.Resampling.BILINEAR))
    mask = mask / 255 * np.clip(alpha + 0.18 * worn, 0.15, 1.0)
    # Ink absorbs light: black below stays black.
    left, top = int(centre[0] - big[0] / 2), int(centre[1] - big[1] / 2)
    pixels = np.asarray(image, np.float32).copy()
    y0, x0 = max(0, top), max(0, left)
    y1, x1 = min(pixels.shape[0], top + big[1]), min(pixels.shape[1], left + big[0])
    if y1 > y0 and x1 > x0:
        part = mask[y0 - top : y1 - top, x0 - left : x1 - left, None]
        pixels[y0:y1, x0:x1] *= 1 - part * (1 - np.array(colour, np.float32) / 255)
    return Image.fromarray(pixels.astype(np.uint8))
