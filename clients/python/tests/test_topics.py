"""The partitioner against values of Kafka's own tests, and the names."""
import unittest

from ratchet.topics import murmur2, partition_for, require_run_id, topic


class TopicsTest(unittest.TestCase):
    def test_murmur2_is_kafka_s(self):
        # From UtilsTest.testMurmur2 of Apache Kafka; signed there.
        for text, signed in {
            "21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
            "a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
            "abc": 479470107}.items():
            self.assertEqual(murmur2(text.encode()), signed & 0xFFFFFFFF, text)

    def test_partition_is_within_bounds(self):
        self.assertEqual({partition_for(f"run-{i}", 6) for i in range(100)}, set(range(6)))
        with self.assertRaisesRegex(ValueError, "partitions 0"):
            partition_for("run", 0)

    def test_names(self):
        self.assertEqual(topic("chain-states"), "ratchet.chain-states.v1")
        self.assertEqual(topic("runs", "team-a."), "team-a.runs.v1")
        with self.assertRaisesRegex(ValueError, "topic 'states', allowed: runs, "):
            topic("states")

    def test_run_id_is_narrow(self):
        for run in ("a", "0", "mnist-4", "a" * 63):
            self.assertEqual(require_run_id(run), run)
        for run in ("", "-a", "A", "a_b", "a/0", "ä", "a\n", "a" * 64):
            with self.assertRaises(ValueError):
                require_run_id(run)


if __name__ == "__main__":
    unittest.main()
