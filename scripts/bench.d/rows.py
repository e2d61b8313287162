"""A row of the table: contestants take turns, compared round by round. Not here: what they do."""

import statistics
import sys


class Table:
    def __init__(self, rounds):
        self.rounds = rounds
        self.lines = []

    def beside(self, work, unit, ours, others):
        """`others`: (name, figure, required ratio or 0). More is better."""
        contestants = [ours, *(figure for _, figure, _ in others)]
        taken = [[] for _ in contestants]
        for round in range(self.rounds):
            # The first turn finds a rested machine.
            for turn in range(len(contestants)):
                which = (turn + round) % len(contestants)
                taken[which].append(contestants[which]())
                print(".", end="", file=sys.stderr, flush=True)
        for (name, _, least), figures in zip(others, taken[1:]):
            ratios = [mine / theirs for mine, theirs in zip(taken[0], figures)]
            said = f"{quantity(statistics.median(taken[0]))} to {quantity(statistics.median(figures))} {unit}"
            self.line(work, name, ratios, least, said)

    def line(self, work, name, ratios, least, said):
        middle = statistics.median(ratios)
        ratio = f"{middle:.2f} × [{min(ratios):.2f} – {max(ratios):.2f}]"
        self.add(work, name, ratio, f"≥ {least} ×" if least else "–", middle >= least, said)

    def bound(self, work, name, figures, most, unit, said="", asked=None):
        """Less is better; at most `most`."""
        middle = statistics.median(figures)
        text = f"{quantity(middle)} {unit} [{quantity(min(figures))} – {quantity(max(figures))}]"
        self.add(work, name, text, asked or f"< {most} {unit}", middle < most, said)

    def add(self, work, name, figure, asked, reached, said):
        print(f"\r{work} | {name} | {figure} | {asked} | {'yes' if reached else 'NO'} | {said}", file=sys.stderr, flush=True)
        self.lines.append((work, name, figure, asked, "yes" if reached else "**no**", said))

    def print(self):
        print("| work | beside | ratio or figure, median [min – max] | asked | reached | medians, and notes |")
        print("|---|---|---|---|---|---|")
        for line in self.lines:
            print("| " + " | ".join(line) + " |")


def quantity(figure):
    if figure >= 1000:
        return f"{figure:,.0f}"
    return f"{figure:.3g}" if figure < 100 else f"{figure:.0f}"
