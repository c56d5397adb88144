"""The publisher without a broker: nobody listens on the address, and the loop must not notice."""
import struct
import threading
import time
import tracemalloc
import unittest

import numpy as np

from ratchet import Publisher
from ratchet.publishing import _norm

NOBODY = "127.0.0.1:1"  # tcpmux; nobody listens


def publisher(**more):
    return Publisher(NOBODY, "nobody-hears", **{"states": 3, "chains": 4, "attempt": 1, **more})


class PublishingTest(unittest.TestCase):
    def test_dead_broker_raises_nothing_and_what_does_not_fit_is_counted(self):
        watch = publisher(queue_records=100)
        for step in range(500):
            watch.sweep(step, [0, 1, 2, 0], [1, 2, 0, 0])
            watch.update(step, {"w": np.ones(3)})
        # The queue holds 100 records; the run's own and a heartbeat are among them.
        self.assertEqual(watch.waiting, 100)
        self.assertIn(watch.dropped, (901, 902))
        began = time.monotonic()
        with self.assertLogs("ratchet", "WARNING") as logs:
            self.assertFalse(watch.close(patience=0.5))
        self.assertLess(time.monotonic() - began, 5)
        self.assertIn("did not take everything in time: 100 records", logs.output[-1])
        # Everything but the heartbeat, which is no record of the sampler's.
        self.assertEqual(watch.dropped, 1001)

    def test_names_that_the_stream_refuses_are_refused_here(self):
        watch = publisher()
        watch.update(0, {"layers.0.weight": np.ones(3), "kernel:0": np.ones(3), "gewicht_ü": np.ones(3)})
        for name in ("", "a b", 'a"', "a\n", "a" * 257):
            with self.assertRaisesRegex(ValueError, "allowed: 1 to 256 letters"):
                watch.update(1, {name: np.ones(3)})
        watch.close(patience=0)

    def test_unanswered_start_warns_and_goes_on(self):
        with self.assertLogs("ratchet", "WARNING") as logs:
            watch = publisher(attempt=None, patience=0.5)
            self.assertEqual(watch.attempt, 1)
            watch.close(patience=0)
        self.assertIn("whether run nobody-hears exists already is not known", logs.output[0])
        with self.assertRaises(ConnectionError):
            publisher(attempt=None, resume=True, patience=0.5)

    def test_block_waits_for_room(self):
        watch = publisher(queue_records=10, when_full="block")

        def loop():
            for step in range(15):
                watch.sweep(step, [0, 1, 2, 0], [1, 2, 0, 0])

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        thread.join(0.5)
        self.assertTrue(thread.is_alive())
        self.assertEqual((watch.waiting, watch.dropped), (10, 0))
        watch._producer.purge()  # as if the broker had taken them
        thread.join(5)
        self.assertFalse(thread.is_alive())
        watch.close(patience=0)

    def test_the_caller_s_arrays_are_copied(self):
        watch = publisher()
        state = np.array([0, 1, 2, 0])
        kept = []
        watch._offer = lambda name, key, record, millis: kept.append(record)
        watch.sweep(0, state, state)
        state[:] = 2
        self.assertIn(bytes([0, 1, 2, 0]), kept[0])
        del watch._offer
        watch.close(patience=0)

    def test_tensors_are_read_through_their_own_methods(self):
        class Tensor:  # what PyTorch's have; NumPy refuses one that needs a gradient or is on a GPU
            def __init__(self, values):
                self.values = values

            def detach(self):
                return self

            def cpu(self):
                return self

            def numpy(self):
                return np.array(self.values)

        watch = publisher()
        watch.sweep(0, Tensor([0, 1, 2, 0]), Tensor([1, 2, 0, 0]))
        watch.update(0, {"w": Tensor([[3.0, 4.0]]), "frozen": None})
        self.assertEqual(watch.dropped, 0)
        watch.close(patience=0)

    def test_a_gradient_is_not_copied_for_its_norm(self):
        for kind in (np.float32, np.float64):
            gradient = np.full((1000, 2000), 0.5, kind).T
            watch = publisher()
            kept = []
            watch._offer = lambda name, key, record, millis: kept.append(record)
            watch.update(0, {"w": gradient})
            tracemalloc.start()
            watch.update(1, {"w": gradient})
            self.assertLess(tracemalloc.get_traced_memory()[1], gradient.nbytes / 10)
            tracemalloc.stop()
            self.assertIn(struct.pack("<d", 0.5 * np.sqrt(2_000_000)), kept[0])
            del watch._offer
            watch.close(patience=0)

    def test_a_norm_is_right_where_float32_has_no_squares(self):
        rng = np.random.default_rng(1)
        for scale in (1e-30, 1e-15, 1.0, 1e15, 1e30):
            values = (scale * rng.standard_normal(200_001)).astype(np.float32)
            self.assertAlmostEqual(_norm(values) / np.linalg.norm(values.astype(float)), 1, delta=1e-7)
        self.assertEqual(_norm(np.zeros(3, np.float32)), 0)
        self.assertEqual(_norm(np.array([3, 4])), 5)
        self.assertEqual(_norm(np.array(2.0)), 2)
        self.assertTrue(np.isnan(_norm(np.array([1, np.nan], np.float32))))

    def test_bad_input_is_refused_with_value_and_what_is_allowed(self):
        watch = publisher(states=3, start_step=5)
        four = [0, 1, 2, 0]
        for message, step, before, after, more in [
            ("step 4 after step 5", 4, four, four, {}),
            (r"before has state 3, allowed: 0 to 2", 5, [0, 1, 2, 3], four, {}),
            (r"after has state -1, allowed: 0 to 2", 5, four, [0, 1, 2, -1], {}),
            (r"before has type float64, allowed: whole", 5, [0.0] * 4, four, {}),
            (r"before has shape \(5,\), allowed: one dimension of 1 to 4", 5, [0] * 5, four, {}),
            (r"before has shape \(0,\)", 5, np.zeros(0, int), four, {}),
            (r"before has 3 chains, after 4", 5, [0] * 3, four, {}),
            (r"soft has shape \(4, 2\), allowed: \(4, 3\)", 5, four, four, {"soft": np.ones((4, 2))}),
            (r"classes without class_shares", 5, four, four, {"classes": four}),
        ]:
            with self.assertRaisesRegex(ValueError, message):
                watch.sweep(step, before, after, **more)
        watch.sweep(5, four, four)
        with self.assertRaisesRegex(ValueError, "before has 3 chains, the sweeps so far 4"):
            watch.sweep(6, four[1:], four[1:])
        watch.close(patience=0)
        with self.assertRaisesRegex(ValueError, "closed"):
            watch.sweep(6, four, four)
        for message, more in [
            ("states 0, allowed: 1 to 65536", {"states": 0}),
            ("chain_offset 4, allowed: 0 to 3", {"chain_offset": 4}),
            ("attempt is missing", {"workers": 2, "attempt": None}),
            ("expect 'cyclic', allowed: None, 'irreversible'", {"expect": "cyclic"}),
            ("when_full 'wait', allowed", {"when_full": "wait"}),
            ("client property partitioner: must be murmur2_random", {"client": {"partitioner": "random"}}),
            ("about has states, which is set otherwise", {"about": {"states": 3}}),
            ("Run has no field colour", {"about": {"colour": "red"}}),
        ]:
            with self.assertRaisesRegex(ValueError, message):
                publisher(**more)

    def test_states_of_every_whole_type_are_read_and_checked(self):
        watch = publisher()
        packed = watch._packed("before", [0, 1, 2, 0])
        for kind in (order + kind + size for order in "<>" for kind in "iu" for size in "1248"):
            states = np.array([0, 9, 1, 9, 2, 9, 0, 9], kind)
            self.assertEqual(watch._packed("before", states[::2]), packed, kind)
            for bad in (3, -1) if "i" in kind else (3,):
                states[6] = bad
                with self.assertRaisesRegex(ValueError, f"before has state {bad}, allowed: 0 to 2"):
                    watch._packed("before", states[::2])
        with self.assertRaisesRegex(ValueError, "type bool, allowed: whole numbers"):
            watch._packed("before", np.zeros(4, bool))

    def test_a_failed_block_says_so_and_its_exception_goes_on(self):
        watch = publisher()
        said = []
        watch._settle = lambda patience: True
        watch._say = lambda *word: said.append(word)
        with self.assertRaises(ZeroDivisionError):
            with watch:
                watch.sweep(0, [0, 1, 2, 0], [1, 2, 0, 0])
                1 / 0
        self.assertEqual(said[-1], ("FAILED", 1, 0, "ZeroDivisionError: division by zero"))


if __name__ == "__main__":
    unittest.main()
