"""What a soak is judged by: does a figure grow with time? Least squares, with the uncertainty of the answer.

Processes come and go in a soak, and each has a level of its own; so one slope is sought for all of them, and a level for
each life of a process (whose beginning is left out, while it warms up). Samples that are seconds apart resemble each
other; what is compared are the means of blocks, which resemble each other less.
"""

import math
import statistics

BLOCK_S = 30
BLOCKS_MIN = 20       # no verdict from less
LIMIT_PERCENT = 1.0   # an hour
DOUBT = 2.0           # standard errors
HOURS_TO_KNOW = 1     # a run of so many has to know


class Life:
    """The samples of one process: (seconds since its start, value)."""

    def __init__(self):
        self.samples = []

    def add(self, age_s, value):
        self.samples.append((age_s, value))

    def blocks(self, warm_up_s):
        """(hours, mean) of every block behind the warm-up."""
        found = {}
        for age_s, value in self.samples:
            if age_s >= warm_up_s:
                found.setdefault(int(age_s // BLOCK_S), []).append((age_s / 3600, value))
        return [tuple(statistics.fmean(one) for one in zip(*block)) for _, block in sorted(found.items())]


class Slope:
    """per_hour and its standard error (infinite while there are too few blocks), and the same in percent of the mean.
    limit: what is still flat, an hour, where it is not LIMIT_PERCENT."""

    def __init__(self, lives, warm_up_s, limit=None):
        groups = [blocks for blocks in (life.blocks(warm_up_s) for life in lives) if len(blocks) >= 2]
        points = [point for group in groups for point in group]
        self.blocks, self.lives = len(points), len(groups)
        self.mean = statistics.fmean(value for _, value in points) if points else 0.0
        self.per_hour, self.error, self._limit = 0.0, math.inf, limit
        if groups:
            self._fit(groups)

    def _fit(self, groups):
        centred = []
        for group in groups:
            hours, values = (statistics.fmean(column) for column in zip(*group))
            centred += [(hour - hours, value - values) for hour, value in group]
        spread = sum(hour * hour for hour, _ in centred)
        freedom = self.blocks - self.lives - 1
        if spread == 0:
            return
        self.per_hour = sum(hour * value for hour, value in centred) / spread
        if freedom > 0:
            rest = sum((value - self.per_hour * hour) ** 2 for hour, value in centred)
            self.error = math.sqrt(rest / freedom / spread)

    @property
    def percent(self):
        return self.per_hour / self.mean * 100 if self.mean else 0.0

    @property
    def percent_error(self):
        return self.error / self.mean * 100 if self.mean else math.inf

    def is_flat(self):
        """True: with all doubt it grows by less than the limit. False: it may not, or it grows by more than LIMIT_PERCENT beyond doubt.
        None: there are too few blocks, or the doubt alone is as large as the limit."""
        doubt = DOUBT * self.percent_error
        limit = LIMIT_PERCENT if self._limit is None or not self.mean else self._limit / self.mean * 100
        if self.blocks >= BLOCKS_MIN and self.percent - doubt > LIMIT_PERCENT:
            return False
        if self.blocks < BLOCKS_MIN or doubt >= limit:
            return None
        return self.percent + doubt < limit

    def row(self):
        error = self.percent_error if math.isfinite(self.percent_error) else None
        return {"mean": round(self.mean, 2), "percent_per_hour": round(self.percent, 3),
                "standard_error": None if error is None else round(error, 3), "blocks": self.blocks, "lives": self.lives,
                "is_flat": self.is_flat()}


def broken(rules, hours):
    """What is wrong with these rules (True: it holds, False: it does not, None: not known) after so many hours."""
    words = {False: "broken", None: "too short to know" if hours >= HOURS_TO_KNOW else ""}
    return [f"{name}: {words[holds]}" for name, holds in rules.items() if words.get(holds)]
