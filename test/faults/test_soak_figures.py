#!/usr/bin/python3
"""The arithmetic of the soak: a leak is found, and nothing else is taken for one."""

import os
import random
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from soak_figures import Life, Slope  # noqa: E402

WARM_UP_S = 60


def life(seconds, level=10000.0, per_hour=0.0, noise=0.0, start_up=0.0, seed=1):
    """A process that lives so long, is sampled every 5 s, and grows by start_up while it warms up."""
    chance, made = random.Random(seed), Life()
    for age in range(0, seconds, 5):
        made.add(age, level + per_hour * age / 3600 + chance.gauss(0, noise) - (start_up if age < WARM_UP_S else 0))
    return made


class Figures(unittest.TestCase):
    def test_what_does_not_grow_is_flat(self):
        slope = Slope([life(3600, noise=20)], WARM_UP_S)
        self.assertTrue(slope.is_flat() and slope.is_known())
        self.assertAlmostEqual(slope.percent, 0, delta=0.3)

    def test_a_leak_of_two_percent_an_hour_is_found_in_an_hour(self):
        slope = Slope([life(3600, per_hour=200, noise=20)], WARM_UP_S)
        self.assertFalse(slope.is_flat())
        self.assertAlmostEqual(slope.percent, 2, delta=0.3)

    def test_a_leak_is_found_across_lives_of_different_levels(self):
        slope = Slope([life(1200, level=9000 + 500 * i, per_hour=300, noise=5, seed=i) for i in range(4)], WARM_UP_S)
        self.assertFalse(slope.is_flat())
        self.assertEqual(slope.lives, 4)
        self.assertAlmostEqual(slope.per_hour, 300, delta=60)

    def test_lives_of_rising_levels_are_no_leak(self):
        slope = Slope([life(1200, level=9000 + 500 * i, noise=5, seed=i) for i in range(4)], WARM_UP_S)
        self.assertTrue(slope.is_flat() and slope.is_known())

    def test_the_warm_up_does_not_count(self):
        self.assertTrue(Slope([life(3600, noise=5, start_up=4000)], WARM_UP_S).is_known())

    def test_a_short_noisy_run_is_in_doubt_and_no_failure(self):
        slope = Slope([life(180, per_hour=5000, noise=200)], WARM_UP_S)
        self.assertTrue(slope.is_flat())
        self.assertFalse(slope.is_known())

    def test_without_samples_nothing_is_known(self):
        for lives in ([], [Life()], [life(30)]):
            slope = Slope(lives, WARM_UP_S)
            self.assertTrue(slope.is_flat())
            self.assertFalse(slope.is_known())
            self.assertIsNone(slope.row()["standard_error"])


if __name__ == "__main__":
    unittest.main()
