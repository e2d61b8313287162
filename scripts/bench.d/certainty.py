"""Fits the engine's certainty (src/engine/builtin/certainty.rs has the formula) and says how far it can be trusted: each form's areas are
judged by a fit that has not seen that form, those of forms held out by a fit on all others. Logistic regression (Platt, 1999) with a
ridge that holds what is seldom seen near what the engine has."""

import math
import re
from collections import defaultdict
from pathlib import Path

import numpy as np

SURE = 0.9
SOURCE = Path(__file__).parents[2] / "src/engine/builtin/certainty.rs"
# Log odds of a reading are no surer than this; as in the engine.
MOST = 8.0
# How many areas' worth of evidence it takes to move a constant by one.
RIDGE = 3.0
STEPS = 60


def log_odds(p):
    p = min(max(p, 1e-9), 1 - 1e-9)
    return math.log(p / (1 - p))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Constants:
    """As they stand in the source: of figures and words an offset and a slope, and a weight per doubt."""

    def __init__(self):
        text = SOURCE.read_text()
        pair = lambda name: [float(n) for n in re.search(rf"const {name}: \(f32, f32\) = \(([-\d.]+), ([-\d.]+)\);", text).groups()]
        self.groups = {"figures": pair("FIGURES"), "words": pair("WORDS")}
        words = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in re.findall(r"Doubt::(\w+) =>", text)}
        self.weights = {words[name]: float(weight) for name, weight in re.findall(r"Doubt::(\w+) => ([\d.]+),", text)}

    def vector(self):
        return np.array(self.groups["figures"] + self.groups["words"] + list(self.weights.values()))

    def print(self, vector):
        pair = lambda at: f"({vector[at]:.2f}, {vector[at + 1]:.2f})"
        print(f"fitted to the forms that may be looked at: FIGURES {pair(0)}, WORDS {pair(2)}, " + ", ".join(f"{name} {weight:.2f}" for name, weight in zip(self.weights, vector[4:])))


def group_of(text):
    """Ideographs have the context of a language; figures and letters have none."""
    return "words" if any("\u4e00" <= c <= "\u9fff" for c in text) else "figures"


def features(row, constants):
    """So that the log odds are their product with the constants."""
    offset, slope = constants.groups[group_of(row["read"])]
    left = row["probability"] + sum(row["doubts"].values())
    z = log_odds(left)
    x = np.zeros(4 + len(constants.weights))
    at = 0 if group_of(row["read"]) == "figures" else 2
    x[at], x[at + 1] = 1, min(MOST, max(-MOST, (z - offset) / slope))
    for doubt, by in row["doubts"].items():
        left -= by
        x[4 + list(constants.weights).index(doubt)] = -(z - log_odds(left)) / constants.weights[doubt]
        z = log_odds(left)
    return x


def fit(x, right, start):
    """Newton's method; weights of doubts never raise."""
    at = start.copy()
    for _ in range(STEPS):
        p = sigmoid(x @ at)
        gradient = x.T @ (p - right) + RIDGE * (at - start)
        curvature = (x * (p * (1 - p))[:, None]).T @ x + RIDGE * np.eye(len(at))
        at = at - np.linalg.solve(curvature, gradient)
        at[4:] = np.maximum(at[4:], 0)
        at[[1, 3]] = np.maximum(at[[1, 3]], 0.05)
    return at


def left_out(rows, constants):
    """Of each row the probability by a fit that has not seen its form."""
    x, right = np.array([features(row, constants) for row in rows]), np.array([row["right"] for row in rows], float)
    seen = np.array([not row["held_out"] for row in rows])
    names = np.array([f"{row['hand']} {row['form']}" for row in rows])
    start, found = constants.vector(), np.zeros(len(rows))
    whole = fit(x[seen], right[seen], start)
    for name in set(names):
        own = names == name
        used = seen & ~own
        of = whole if not seen[own][0] else fit(x[used], right[used], start)
        found[own] = sigmoid(x[own] @ of)
    return found, whole


def share(part, of):
    return f"{100 * part / max(1, of):.2f} %"


def said(name, rows, p):
    sure = p >= SURE
    wrong = sum(1 for row, is_sure in zip(rows, sure) if is_sure and not row["right"])
    clean = [is_sure for row, is_sure in zip(rows, sure) if row["kind"] == "clean"]
    print(f"{name:44}{share(sum(sure), len(rows)):>10} sure, {wrong} of them wrong ({share(wrong, sum(sure))}); of clean papers {share(sum(clean), len(clean))} sure")


def report(rows, diagram):
    # What was not read is not sure, whatever is fitted.
    rows = [row for row in rows if row["read"]]
    constants = Constants()
    p, whole = left_out(rows, constants)
    own = np.array([row["probability"] for row in rows])
    print("\nof areas that were read:")
    said("as the engine says", rows, own)
    said("by a fit that has not seen the form", rows, p)
    held = [i for i, row in enumerate(rows) if row["held_out"]]
    said("as the engine says, forms held out", [rows[i] for i in held], own[held])
    constants.print(whole)
    bins = binned(rows, own)
    print(f"\n{'said to be right with':>24}{'areas':>8}{'said on average':>18}{'right':>9}")
    for low, high, count, mean, right in bins:
        print(f"{low:13.2f} to {high:.3f}{count:10}{100 * mean:17.2f} %{100 * right:8.2f} %")
    draw(bins, binned(rows, p), diagram)
    print(f"drawn in {diagram}")


EDGES = [0.0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.97, 0.99, 0.995, 1.0001]


def binned(rows, p):
    bins = []
    for low, high in zip(EDGES, EDGES[1:]):
        own = [i for i in range(len(rows)) if low <= p[i] < high]
        if own:
            bins.append((low, min(high, 1.0), len(own), float(np.mean(p[own])), float(np.mean([rows[i]["right"] for i in own]))))
    return bins


def draw(engine, unseen, path):
    """A reliability diagram (Murphy and Winkler, 1977): on the diagonal, what is said is what comes."""
    side, edge = 360, 48
    at = lambda mean, right: (edge + side * mean, edge + side * (1 - right))
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side + 2 * edge + 150} {side + 2 * edge}" font-family="sans-serif" font-size="12" fill="#444">',
             f'<rect width="100%" height="100%" fill="#fff"/><rect x="{edge}" y="{edge}" width="{side}" height="{side}" fill="none" stroke="#bbb"/>',
             f'<path d="M{edge} {edge + side}L{edge + side} {edge}" stroke="#bbb" stroke-dasharray="4 4"/>']
    for n in range(0, 11, 2):
        parts.append(f'<text x="{edge + side * n / 10}" y="{edge + side + 18}" text-anchor="middle">{n * 10} %</text>')
        parts.append(f'<text x="{edge - 6}" y="{edge + side * (1 - n / 10) + 4}" text-anchor="end">{n * 10} %</text>')
    for bins, colour, name, line in ((engine, "#2563eb", "as the engine says", 0), (unseen, "#d97706", "by a fit that has", 1)):
        for _, _, count, mean, right in bins:
            x, y = at(mean, right)
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2 + math.log10(count) * 2.2:.1f}" fill="{colour}" fill-opacity=".55"><title>{count} areas</title></circle>')
        parts.append(f'<circle cx="{edge + side + 18}" cy="{edge + 10 + 36 * line}" r="6" fill="{colour}"/><text x="{edge + side + 30}" y="{edge + 14 + 36 * line}">{name}</text>')
    parts.append(f'<text x="{edge + side + 30}" y="{edge + 66}">not seen the form</text><text x="{edge + side / 2}" y="{edge + side + 38}" text-anchor="middle">said to be right</text>')
    parts.append(f'<text transform="translate(14 {edge + side / 2}) rotate(-90)" text-anchor="middle">right</text></svg>')
    path.write_text("\n".join(parts) + "\n")
