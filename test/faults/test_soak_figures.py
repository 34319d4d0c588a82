#!/usr/bin/python3
"""The arithmetic of the soak: a leak is found, and nothing else is taken for one."""

import os
import random
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from soak_figures import Life, Slope, broken  # noqa: E402

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
        self.assertIs(slope.is_flat(), True)
        self.assertAlmostEqual(slope.percent, 0, delta=0.3)

    def test_what_grows_by_less_than_the_limit_is_flat(self):
        self.assertIs(Slope([life(7200, per_hour=56, noise=10)], WARM_UP_S).is_flat(), True)

    def test_growth_that_may_be_beyond_the_limit_is_not_flat(self):
        slope = Slope([life(3600, per_hour=90, noise=60, seed=2)], WARM_UP_S)
        self.assertLess(slope.percent, 1)
        self.assertGreater(slope.percent + 2 * slope.percent_error, 1)
        self.assertIs(slope.is_flat(), False)

    def test_a_leak_of_two_percent_an_hour_is_found_in_an_hour(self):
        slope = Slope([life(3600, per_hour=200, noise=20)], WARM_UP_S)
        self.assertIs(slope.is_flat(), False)
        self.assertAlmostEqual(slope.percent, 2, delta=0.3)

    def test_a_leak_is_found_across_lives_of_different_levels(self):
        slope = Slope([life(1200, level=9000 + 500 * i, per_hour=300, noise=5, seed=i) for i in range(4)], WARM_UP_S)
        self.assertIs(slope.is_flat(), False)
        self.assertEqual(slope.lives, 4)
        self.assertAlmostEqual(slope.per_hour, 300, delta=60)

    def test_lives_of_rising_levels_are_no_leak(self):
        slope = Slope([life(1200, level=9000 + 500 * i, noise=5, seed=i) for i in range(4)], WARM_UP_S)
        self.assertIs(slope.is_flat(), True)

    def test_the_warm_up_does_not_count(self):
        self.assertIs(Slope([life(3600, noise=5, start_up=4000)], WARM_UP_S).is_flat(), True)

    def test_of_a_short_run_nothing_is_known(self):
        for per_hour in (0, 5000):
            slope = Slope([life(180, per_hour=per_hour, noise=200)], WARM_UP_S)
            self.assertIsNone(slope.is_flat())
            self.assertIsNone(slope.row()["is_flat"])

    def test_of_a_noisy_run_nothing_is_known(self):
        self.assertIsNone(Slope([life(1200, noise=500)], WARM_UP_S).is_flat())

    def test_a_leak_is_found_in_a_run_that_is_too_short_for_its_absence(self):
        slope = Slope([life(1200, per_hour=3000, noise=200)], WARM_UP_S)
        self.assertGreater(2 * slope.percent_error, 1)
        self.assertIs(slope.is_flat(), False)

    def test_without_samples_nothing_is_known(self):
        for lives in ([], [Life()], [life(30)]):
            slope = Slope(lives, WARM_UP_S)
            self.assertIsNone(slope.is_flat())
            self.assertIsNone(slope.row()["standard_error"])

    def test_what_is_counted_in_pieces_has_a_limit_in_pieces(self):
        steady, leaking = (Slope([life(3600, level=20, per_hour=per_hour, noise=0.9)], WARM_UP_S, limit=1) for per_hour in (0, 2))
        self.assertIsNone(Slope([life(3600, level=20, noise=0.9)], WARM_UP_S).is_flat())
        self.assertIs(steady.is_flat(), True)
        self.assertIs(leaking.is_flat(), False)

    def test_a_piece_in_two_hours_is_found_when_it_is_beyond_doubt(self):
        self.assertIs(Slope([life(7200, level=20, per_hour=0.5, noise=0.3)], WARM_UP_S, limit=1).is_flat(), False)


class Verdict(unittest.TestCase):
    RULES = {"memory": None, "descriptors": True, "lost": False}

    def test_a_short_run_need_not_know(self):
        self.assertEqual(broken(self.RULES, 1 / 60), ["lost: broken"])

    def test_a_run_of_an_hour_has_to_know(self):
        self.assertEqual(broken(self.RULES, 1), ["memory: too short to know", "lost: broken"])

    def test_rules_that_hold_are_not_broken(self):
        self.assertEqual(broken({"memory": True, "lost": True}, 2), [])


if __name__ == "__main__":
    unittest.main()
