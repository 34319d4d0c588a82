"""The goals, and the arithmetic: what becomes of many rounds, what a goal asks for, how cost grows with size."""

import math
import statistics


def median(values):
    return statistics.median(values)


def percentile(values, percent):
    """The smallest value that percent of a sorted list do not exceed."""
    return values[max(0, math.ceil(len(values) * percent / 100) - 1)]


def spread(values):
    """The distance between the quartiles, as a share of the median; of few values, between the least and the greatest."""
    middle = median(values)
    if not middle:
        return 0.0
    if len(values) < 4:
        return (max(values) - min(values)) / abs(middle)
    quarters = statistics.quantiles(values, n=4)
    return (quarters[2] - quarters[0]) / abs(middle)


def exponent(sizes, costs):
    """The slope of log cost over log size (least squares): 1 is linear."""
    points = [(math.log(size), math.log(cost)) for size, cost in zip(sizes, costs) if cost > 0]
    if len(points) < 2:
        return None
    mean_x, mean_y = (sum(values) / len(points) for values in zip(*points))
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


class Goal:
    """What one figure of Sluice has to be: at most this share of the peer's, of the floor's, and at most this much."""

    def __init__(self, of_peer=None, of_floor=None, at_most=None, unit="", because=""):
        self.of_peer, self.of_floor, self.at_most, self.unit, self.because = of_peer, of_floor, at_most, unit, because

    def is_met(self, sluice, peer, floor):
        """None: nothing is asked for, or one of the figures that it needs was not measured."""
        needs = [(self.of_peer, peer), (self.of_floor, floor)]
        if sluice is None or any(share is not None and other is None for share, other in needs):
            return None
        limits = [share * other for share, other in needs if share is not None]
        limits += [self.at_most] if self.at_most is not None else []
        if not limits:
            return None
        return all(sluice <= limit for limit in limits)

    def __str__(self):
        parts = [f"≤ {self.at_most:g} {self.unit}".strip()] if self.at_most is not None else []
        parts += [f"≤ {self.of_peer:.3g} × the peer"] if self.of_peer is not None else []
        parts += [f"≤ {self.of_floor:.3g} × {self.because or 'curl'}"] if self.of_floor is not None else []
        return ", ".join(parts) or "none"


class Row:
    """One line of the table. Each side is the median of its rounds, or None."""

    def __init__(self, name, unit, goal, sluice=(), peer=(), floor=()):
        self.name, self.unit, self.goal = name, unit, goal
        self.values = {"sluice": list(sluice), "peer": list(peer), "floor": list(floor)}

    def side(self, name):
        values = self.values[name]
        return median(values) if values else None

    def ratio(self, to):
        """None as well where one is no amount: what is beyond something else may be below zero."""
        other, own = self.side(to), self.side("sluice")
        return None if own is None or own < 0 or not other or other < 0 else own / other

    def as_json(self):
        met = self.goal.is_met(*(self.side(name) for name in ("sluice", "peer", "floor")))
        return {"name": self.name, "unit": self.unit, **{side: self.side(side) for side in self.values},
                "ratio": self.ratio("peer"), "ratio_floor": self.ratio("floor"), "goal": str(self.goal), "met": met,
                "rounds": {side: values for side, values in self.values.items() if values},
                "spread": {side: spread(values) for side, values in self.values.items() if values}}
