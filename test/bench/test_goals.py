#!/usr/bin/python3
"""The arithmetic of the benchmarks, and what they read out of an audit log."""

import math
import os
import sys
import tempfile
import types
import unittest
import unittest.mock

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "cluster")]
import audit  # noqa: E402
import bench  # noqa: E402
import cluster  # noqa: E402
import cpu_profile  # noqa: E402
import goals  # noqa: E402
import objects  # noqa: E402
import report  # noqa: E402


def event(verb, resource, received_ms, answered_ms, name="shop", user="admin", subresource=None, code=200, group="sluice.dev"):
    def at(ms):
        return f"2026-01-01T00:00:{ms // 1000:02}.{ms % 1000:03}000Z"
    target = {"resource": resource, "namespace": "a", "name": name, "apiGroup": group}
    if subresource:
        target["subresource"] = subresource
    return {"verb": verb, "user": {"username": user}, "objectRef": target, "responseStatus": {"code": code},
            "requestReceivedTimestamp": at(received_ms), "stageTimestamp": at(answered_ms)}


def answer(received_ms, **words):
    return event("patch", "releasechannels", received_ms, received_ms + 5, user=cluster.OPERATOR, subresource="status", **words)


class Arithmetic(unittest.TestCase):
    def test_a_percentile_is_a_value_of_the_list(self):
        self.assertEqual(goals.percentile(list(range(1, 101)), 99), 99)
        self.assertEqual(goals.percentile(list(range(1, 101)), 50), 50)
        self.assertEqual(goals.percentile([7], 99), 7)

    def test_the_spread_of_few_values_is_their_range(self):
        self.assertAlmostEqual(goals.spread([9, 10, 12]), 0.3)
        self.assertEqual(goals.spread([5]), 0)

    def test_the_spread_of_more_is_between_the_quartiles(self):
        self.assertAlmostEqual(goals.spread([10, 10, 11, 12, 90]), (51 - 10) / 11)

    def test_a_spread_is_never_below_nothing(self):
        self.assertEqual(goals.spread([-10, -20, -30]), 1)

    def test_a_linear_cost_has_the_exponent_one_and_a_square_one_two(self):
        self.assertAlmostEqual(goals.exponent([10, 100, 1000], [3, 30, 300]), 1)
        self.assertAlmostEqual(goals.exponent([10, 100, 1000], [1, 100, 10000]), 2)

    def test_one_size_has_no_exponent(self):
        self.assertIsNone(goals.exponent([10], [3]))


class Goals(unittest.TestCase):
    def test_every_part_of_a_goal_has_to_be_met(self):
        goal = goals.Goal(of_peer=0.25, of_floor=1.5, at_most=48)
        self.assertTrue(goal.is_met(10, 40, 10))
        self.assertFalse(goal.is_met(11, 40, 10))
        self.assertFalse(goal.is_met(10, 40, 6))
        self.assertFalse(goal.is_met(50, 400, 400))

    def test_a_goal_that_lacks_a_figure_is_neither_met_nor_missed(self):
        self.assertIsNone(goals.Goal(of_peer=0.5).is_met(1, None, None))
        self.assertIsNone(goals.Goal(at_most=1).is_met(None, None, None))

    def test_where_nothing_is_asked_for_nothing_is_met(self):
        self.assertIsNone(goals.Goal().is_met(1, 2, 3))

    def test_a_row_has_the_medians_of_its_rounds_and_their_ratio(self):
        told = goals.Row("memory", "MiB", goals.Goal(of_peer=0.5), sluice=[10, 12, 11], peer=[40, 44, 48]).as_json()
        self.assertEqual((told["sluice"], told["peer"], told["ratio"], told["met"]), (11, 44, 0.25, True))

    def test_what_is_below_zero_is_no_multiple_of_anything(self):
        for sluice, peer in ((-33, 13), (13, -33), (-33, -13), (1, 0)):
            self.assertIsNone(goals.Row("start", "ms", goals.Goal(at_most=100), sluice=[sluice], peer=[peer]).ratio("peer"), (sluice, peer))


class Audit(unittest.TestCase):
    def test_a_latency_runs_from_the_answer_to_the_writer_to_the_arrival_of_the_status(self):
        found = audit.latencies_ms([event("patch", "releasechannels", 100, 110), answer(113)], "releasechannels")
        self.assertEqual([round(ms) for ms in found], [3])

    def test_an_operator_that_is_quicker_than_the_answer_to_the_writer_takes_no_time(self):
        later = answer(9000)
        self.assertEqual(audit.latencies_ms([event("patch", "releasechannels", 100, 110), answer(105), later], "releasechannels"), [0])

    def test_a_status_that_answers_nobody_counts_for_nothing(self):
        self.assertEqual(audit.latencies_ms([answer(113), event("patch", "releasechannels", 120, 130, name="other")], "releasechannels"), [])

    def test_writes_are_counted_by_what_was_written_and_refused_ones_apart(self):
        events = [answer(1), answer(2), answer(3, code=409), event("update", "leases", 1, 2, user=cluster.OPERATOR),
                  event("patch", "releasechannels", 1, 2)]
        self.assertEqual(audit.writes(events), {"patch releasechannels/status": 2, "patch releasechannels/status 409": 1})

    def test_who_acts_as_the_operator_is_not_the_operator(self):
        acting = dict(answer(1), impersonatedUser={"username": cluster.OPERATOR}, user={"username": "admin"})
        self.assertEqual(audit.writes([acting]), {})


    def test_an_apply_that_changed_nothing_is_told_apart_from_those_that_did(self):
        counts = {"patch cronjobs": 12, "patch configmaps": 10}
        self.assertEqual(audit.effects(counts, 10), ({"patch cronjobs": 10, "patch configmaps": 10}, 2))

    def test_a_change_too_many_makes_counts_unequal(self):
        self.assertNotEqual(audit.effects({"patch cronjobs": 11}, 11)[0], audit.effects({"patch cronjobs": 10}, 10)[0])

    def test_a_kind_is_listed_by_a_list_and_by_a_watch_with_initial_events_but_not_by_a_watch_that_goes_on(self):
        def read(verb, resource, query, **words):
            return dict(event(verb, resource, 1, 2, user=cluster.OPERATOR, **words), requestURI="/apis/x?" + query)
        self.assertEqual(audit.listed([read("list", "services", "resourceVersion=0"), read("watch", "deployments", "sendInitialEvents=true&watch=1"),
                                       read("watch", "promotions", "resourceVersion=7&watch=1"), read("list", "pods", "", code=410)]),
                         {"services", "deployments"})


class Objects(unittest.TestCase):
    def test_two_statuses_of_one_channel_are_two(self):
        channel = {"apiVersion": "v1", "kind": "X", "metadata": {"name": "a", "namespace": "b", "uid": "c"}, "status": {"observedGeneration": 1, "phase": "x"}}
        bodies = [objects.status_body(channel, generation) for generation in (1, 2)]
        self.assertEqual([body["status"] for body in bodies], [{"observedGeneration": 1, "phase": "x"}, {"observedGeneration": 2, "phase": "x"}])


TRACES = """File: kube-apiserver
Type: cpu
-----------+-------------------------------------------------------
      10ms   runtime.scanobject
             runtime.gcDrain
             runtime.gcBgMarkWorker
-----------+-------------------------------------------------------
     bytes:  12
      30ms   encoding/json.Marshal
             sigs.k8s.io/structured-merge-diff/v6/typed.Merge
-----------+-------------------------------------------------------
       5ms   main.main
-----------+-------------------------------------------------------
"""


class Profiles(unittest.TestCase):
    def test_a_stack_counts_for_the_work_that_called_it_not_for_what_it_called(self):
        self.assertEqual({"collecting garbage": 10, "server-side apply": 30, cpu_profile.REST: 5}, cpu_profile.read_traces(TRACES))

    def test_all_of_the_kernel_is_the_kernel_and_a_library_is_itself(self):
        told = "    60.00%  sluice\n    25.50%  [kernel.kallsyms]\n     4.50%  [vdso]\n    10.00%  libcurl.so.4.8.0\n\n"
        self.assertEqual({"sluice": 60, "kernel": 30, "libcurl.so.4.8.0": 10}, cpu_profile.read_objects(told))

    def test_shares_are_told_by_their_size_and_what_is_small_together(self):
        self.assertEqual("60 % b, 38 % a, 2 % the rest", cpu_profile.shares({"a": 38, "b": 60, "c": 1, cpu_profile.REST: 1}))
        self.assertEqual("", cpu_profile.shares({}))


class Rounds(unittest.TestCase):
    def run_until(self, end):
        """How many rounds of five there are at one size."""
        run = object.__new__(bench.Run)
        run.arguments = types.SimpleNamespace(rounds=5, end=end, plan=lambda size: None)
        run.candidates, run.figures, run.floor, run.digests = [], {}, {}, [""]
        run.one_floor = lambda size, plan: run.floor[size]["lists"].append(1)
        with unittest.mock.patch.object(objects, "fill"), unittest.mock.patch.object(bench, "hold_server"), unittest.mock.patch.object(bench, "say"):
            run.size(0, 100)
        return len(run.floor[100]["lists"])

    def test_all_are_made_where_there_is_time_and_the_first_where_there_is_none(self):
        self.assertEqual(self.run_until(math.inf), 5)
        self.assertEqual(self.run_until(-math.inf), 1)

    def test_the_page_says_how_many_each_size_had(self):
        floor = {size: {"lists": [1] * count} for size, count in ((100, 5), (1000, 5), (10000, 4))}
        self.assertEqual("5 rounds at 100 and 1,000, 4 rounds at 10,000", bench.rounds_of(types.SimpleNamespace(floor=floor)))


class Report(unittest.TestCase):
    def test_a_missed_goal_stands_out_in_the_table(self):
        rows = [goals.Row("memory", "MiB", goals.Goal(at_most=1, unit="MiB"), sluice=[2], peer=[8])]
        self.assertIn("| memory | 0.25 | – | ≤ 1 MiB | **no** | 2.00 MiB | 8.00 MiB | – | one round |", report.table(rows))

    def test_each_side_that_had_rounds_has_a_spread(self):
        rows = [goals.Row("lists", "s", goals.Goal(), sluice=[9, 10, 11], peer=[10], floor=[5, 10, 15])]
        self.assertIn("| 20 %, 100 % |", report.table(rows))

    def test_what_stands_in_the_way_of_a_goal_is_told_when_it_is_missed_and_only_then(self):
        results = {"candidates": {"sluice": {"CPU of the apiserver until ready, s": 8.1, "CPU until ready, s": 2.5},
                                  "peer tuned": {"CPU of the apiserver until ready, s": 6.2}}, "lists": {"lists_server_cpu_s": 7.7}}
        def told(seconds):
            return report.why([goals.Row("Cold sync, 10 channels", "s", goals.Goal(at_most=1), sluice=[seconds])], results)
        self.assertEqual("", told(1))
        self.assertIn("Its CPU time is 8.10 s for Sluice, 6.20 s for the peer and 7.70 s for curl", told(2))
        self.assertIn("(pprof): not measured.", told(2))
        results["profile"] = {"sync": {"making JSON": 750, "copying objects": 250}, "busy": {}, "own": {}, "busy_core": 0.5}
        self.assertIn("(pprof): 75 % making JSON, 25 % copying objects.", told(2))

    def test_a_plot_has_a_line_for_each_series_and_says_how_its_cost_grows(self):
        plot = report.Plot("memory", "Memory", "KiB", [10, 100, 1000], {"sluice": [1, 1, 1], "peer": [1, 10, 100]})
        self.assertEqual({name: round(value, 2) for name, value in plot.fits().items()}, {"sluice": 1, "peer": 2})
        self.assertEqual(plot.svg().count("<polyline"), 2)
        self.assertIn("cost ~ n^2.00", plot.svg())

    def test_growth_that_a_small_cluster_hides_is_told(self):
        plot = report.Plot("sync", "Sync", "µs", [100, 1000, 10000], {"sluice": [100, 10, 10], "curl": [100, 10, 20]})
        self.assertLess(plot.fits()["curl"], 1)
        self.assertEqual("From 1,000 to 10,000 channels the cost of all objects grows faster than their number for: curl n^1.30.", plot.told())

    def test_the_page_is_written_with_its_plots_and_says_what_was_void(self):
        results = {"facts": {"Machine": "2 cores"}, "equal": "**Rounds that count for nothing:** one.", "candidates": {"sluice": {"peak, MiB": 2}, "peer": {"peak, MiB": 8}},
                   "figures": {}, "limit": "256MiB", "idle_s": 60, "lists": {"lists_server_cpu_s": 1}}
        plot = report.Plot("memory", "Memory", "KiB", [10, 100], {"sluice": [1, 1]})
        with tempfile.TemporaryDirectory() as folder:
            report.write(results, [goals.Row("memory", "MiB", goals.Goal(), sluice=[2])], [plot], folder, os.path.join(folder, "page.md"))
            with open(os.path.join(folder, "page.md")) as file:
                page = file.read()
            self.assertTrue(os.path.exists(os.path.join(folder, "bench", "memory.svg")))
        for text in ("- Machine: 2 cores", "| peak, MiB (Sluice: 2.00) | 1.00 | 4.00 |", "**Rounds that count for nothing:** one.", "256MiB"):
            self.assertIn(text, page)


if __name__ == "__main__":
    unittest.main()
