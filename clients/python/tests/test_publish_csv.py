"""What the example takes of a file of states; that its run equals `ratchet analyze` is PythonClientIT's."""
import gzip
import runpy
import tempfile
import unittest
from pathlib import Path

EXAMPLE = runpy.run_path(str(Path(__file__).parents[1] / "examples" / "publish_csv.py"))


class PublishCsvTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name, "chains.csv")

    def tearDown(self):
        self.folder.cleanup()

    def read(self, text, cut=False):
        self.file.write_bytes(text)
        return EXAMPLE["read_chains"](str(self.file), cut)

    def test_a_chain_is_a_line(self):
        text = b"# mine\n0,1,2\n\n1, 0,1\n2.000e+00,1.000e+00,0\n"
        for bytes_ in (text, gzip.compress(text)):
            self.assertEqual(self.read(bytes_).tolist(), [[0, 1, 2], [1, 0, 1], [2, 1, 0]])

    def test_chains_of_several_lengths_are_refused_or_cut(self):
        text = b"0,1,2\n1,0\n"
        with self.assertRaisesRegex(ValueError, "chains of 2 to 3 states, allowed: one length; --cut"):
            self.read(text)
        self.assertEqual(self.read(text, cut=True).tolist(), [[0, 1], [1, 0]])

    def test_what_is_no_state_is_refused_with_its_line(self):
        for text, message in [
            (b"0,1\n0,x\n", r":2: '0,x', allowed: states 0 to 65535"),
            (b"0,1\n0,-1\n", r":2: state -1, allowed"),
            (b"0,1.5\n", r":1: state 1.5, allowed"),
            (b"0,nan\n", r":1: state nan, allowed"),
            (b"0,65536\n", r":1: state 65536, allowed"),
            (b"0\n1\n", "no transition, allowed: one chain a line"),
            (b"", "no transition, allowed"),
        ]:
            with self.assertRaisesRegex(ValueError, message):
                self.read(text)


if __name__ == "__main__":
    unittest.main()
