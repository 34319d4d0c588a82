"""What a soak is judged by: does a figure grow with time? Least squares, with the uncertainty of the answer.

Processes come and go in a soak, and each has a level of its own; so one slope is sought for all of them, and a level for
each life of a process (whose beginning is left out, while it warms up). Samples that are seconds apart resemble each
other; what is compared are the means of blocks, which resemble each other less.
"""

import math
import statistics

BLOCK_S = 30
BLOCKS_MIN = 20        # no verdict from less
LIMIT_PERCENT = 1.0   # an hour
DOUBT = 2.0           # standard errors


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
    """per_hour and its standard error (infinite while there are too few blocks), and the same in percent of the mean."""

    def __init__(self, lives, warm_up_s):
        groups = [blocks for blocks in (life.blocks(warm_up_s) for life in lives) if len(blocks) >= 2]
        points = [point for group in groups for point in group]
        self.blocks, self.lives = len(points), len(groups)
        self.mean = statistics.fmean(value for _, value in points) if points else 0.0
        self.per_hour, self.error = 0.0, math.inf
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
        """False: it grows by more than the limit, beyond doubt. A short run is in doubt for long; is_known() says so."""
        return self.blocks < BLOCKS_MIN or self.percent - DOUBT * self.percent_error <= LIMIT_PERCENT

    def is_known(self):
        return self.blocks >= BLOCKS_MIN and self.percent + DOUBT * self.percent_error <= LIMIT_PERCENT

    def row(self):
        error = self.percent_error if math.isfinite(self.percent_error) else None
        return {"mean": round(self.mean, 2), "percent_per_hour": round(self.percent, 3),
                "standard_error": None if error is None else round(error, 3), "blocks": self.blocks, "lives": self.lives,
                "is_flat": self.is_flat(), "is_known": self.is_known()}
