"""What the client writes and reads, held against bytes that the Java codec wrote and against Avro's own writer."""
import io
import random
import unittest
from pathlib import Path

import avro.io
import avro.schema

from ratchet.records import HEADER_BYTES, SCHEMAS, Decoder, Encoder, fingerprint

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = ROOT / "schemas/src/test/resources/golden"


class RecordsTest(unittest.TestCase):
    def test_schemas_are_the_repositorys(self):
        for file in (ROOT / "schemas/src/main/avro").glob("*.avsc"):
            self.assertTrue((ROOT / "clients/python/ratchet/avro" / file.name).samefile(file))

    def test_java_s_bytes_of_the_newest_release_come_out_again(self):
        newest = max(GOLDEN.iterdir())
        seen = set()
        for file in newest.glob("*.bin"):
            name, fields = Decoder().decode(file.read_bytes())
            self.assertEqual(Encoder(name, {}).encode(fields), file.read_bytes(), file.name)
            seen.add(name)
        self.assertEqual(seen, set(SCHEMAS))

    def test_earlier_releases_are_read_by_their_own_schemas(self):
        oldest = ROOT / "schemas/src/main/resources/io/ratchet/schema/released/0.1.0"
        bytes_then = (GOLDEN / "0.1.0" / "gradient-update-full.bin").read_bytes()
        with self.assertRaisesRegex(ValueError, "schema [0-9a-f]{16} is not known"):
            Decoder().decode(bytes_then)
        released = [avro.schema.parse(file.read_text()) for file in oldest.glob("*.avsc")]
        name, fields = Decoder(lambda: released).decode(bytes_then)
        self.assertEqual((name, "gradientAngle" in fields), ("GradientUpdate", False))

    def test_constants_change_no_byte(self):
        name, fields = Decoder().decode((max(GOLDEN.iterdir()) / "chain-states-full.bin").read_bytes())
        names = list(fields)
        for constant in ([], names[:8], names[3:5] + names[-1:], names):
            encoder = Encoder(name, {n: fields[n] for n in constant})
            rest = {n: fields[n] for n in names if n not in constant}
            self.assertEqual(encoder.encode(rest), Encoder(name, {}).encode(fields))

    def test_any_numbers_are_written_as_avro_writes_them(self):
        chance = random.Random(20261122)
        schema = SCHEMAS["ChainStates"]
        for _ in range(300):
            def number(bits):
                return chance.randrange(-(1 << bits - 1), 1 << bits - 1) >> chance.randrange(bits)

            def blob():
                return chance.randbytes(chance.choice([0, 1, 63, 64, 127, 128, 8191, 8192]))

            fields = {}
            for field in schema.fields:
                kind = field.type.schemas[1] if field.type.type == "union" else field.type
                fields[field.name] = {
                    "string": lambda: "läuft", "int": lambda: number(32), "long": lambda: number(64), "bytes": blob,
                    "boolean": lambda: chance.random() < 0.5, "enum": lambda: chance.choice(kind.symbols)}[kind.type]()
                if field.type.type == "union" and chance.random() < 0.5:
                    fields[field.name] = None
            expected = io.BytesIO()
            avro.io.DatumWriter(schema).write(fields, avro.io.BinaryEncoder(expected))
            self.assertEqual(Encoder("ChainStates", {}).encode(fields)[HEADER_BYTES:], expected.getvalue())

    def test_hostile_bytes_are_refused_as_such(self):
        header = b"\xc3\x01" + fingerprint(SCHEMAS["ChainStates"])
        for value in (None, b"", b"\xc3", b"\xc3\x01", header[:9], b"\x00" * 40, header, header + b"\xff" * 11,
                      b"\xc3\x01" + b"\x00" * 30, header + b"\xfe\xff\xff\xff\x0f"):
            with self.assertRaises(ValueError):
                Decoder().decode(value)

    def test_missing_field_is_refused(self):
        with self.assertRaisesRegex(ValueError, "ChainStates lacks run"):
            Encoder("ChainStates", {}).encode({"step": 1})

    def test_unknown_field_is_refused(self):
        with self.assertRaisesRegex(ValueError, "Run has no field colour"):
            Encoder("Run", {"colour": "red"})


if __name__ == "__main__":
    unittest.main()
