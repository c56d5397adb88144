"""The contract's records as bytes: Avro single-object encoding, C3 01, fingerprint of the schema, body.

The schemas are the repository's own: ``avro`` in this folder is a symbolic link to schemas/src/main/avro.
Writing is done by functions made once from a schema, because the general writer of Debian's avro takes
17 times as long (79 us a sweep of 512 chains). Reading is done by that library.
"""
import io
import json
import struct
from pathlib import Path

import avro.io
import avro.name
import avro.schema

FOLDER = Path(__file__).parent / "avro"
MAGIC = b"\xc3\x01"
HEADER_BYTES = len(MAGIC) + 8


def _crc64_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (_EMPTY & -(byte & 1))
        table.append(byte)
    return table


_EMPTY = 0xC15D213AA4D7A795  # the polynomial of CRC-64-AVRO, and the fingerprint of nothing (Avro specification)
_TABLE = _crc64_table()


def fingerprint(schema):
    """CRC-64-AVRO of a schema's parsing canonical form, in the order of the bytes on the wire."""
    crc = _EMPTY
    for byte in schema.canonical_form.encode():
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(8, "little")


def _read_schemas():
    names = avro.name.Names()
    for shared in json.loads((FOLDER / "Types.avsc").read_text()):
        avro.schema.make_avsc_object(shared, names)
    schemas = {}
    for file in sorted(FOLDER.glob("*.avsc")):
        if file.name != "Types.avsc":
            schemas[file.stem] = avro.schema.make_avsc_object(json.loads(file.read_text()), names)
    return schemas


SCHEMAS = _read_schemas()
"""Schemas of today by name of record."""


def _long(number):
    """Zigzag, then seven bits a byte, least significant first."""
    number = (number << 1) ^ (number >> 63)
    if number < 128:
        return _ONE_BYTE[number]
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


_ONE_BYTE = [bytes([n]) for n in range(128)]


def _writer(schema):
    """A function (value, append) that hands a value's bytes to ``append``, part by part."""
    kind = schema.type
    if kind in ("int", "long"):
        return lambda value, append: append(_long(value))
    if kind == "double":
        return lambda value, append: append(struct.pack("<d", value))
    if kind == "boolean":
        return lambda value, append: append(b"\x01" if value else b"\x00")
    if kind in ("bytes", "string"):

        def write_bytes(value, append):
            value = value.encode() if kind == "string" else value
            append(_long(len(value)))
            append(value)

        return write_bytes
    if kind == "enum":
        symbols = {symbol: _long(i) for i, symbol in enumerate(schema.symbols)}
        return lambda value, append: append(symbols[value])
    if kind in ("array", "map"):
        write_key = _writer(avro.schema.PrimitiveSchema("string")) if kind == "map" else None
        write_item = _writer(schema.values if kind == "map" else schema.items)

        def write_block(values, append):
            if values:
                append(_long(len(values)))
                for value in values:
                    if write_key:
                        write_key(value, append)
                        value = values[value]
                    write_item(value, append)
            append(b"\x00")

        return write_block
    if kind == "union":  # every union of the contract is [null, something]
        write_present = _writer(schema.schemas[1])

        def write_optional(value, append):
            append(b"\x00" if value is None else b"\x02")
            if value is not None:
                write_present(value, append)

        return write_optional
    if kind == "record":
        fields = [(f.name, _writer(f.type)) for f in schema.fields]

        def write_record(value, append):
            for name, write in fields:
                write(value[name], append)

        return write_record
    raise TypeError(f"{schema.name}: no record of the contract has a {kind}")


class Encoder:
    """Encodes records of one type, some of whose fields are always the same."""

    def __init__(self, name, constants):
        schema = SCHEMAS[name]
        unknown = set(constants) - {f.name for f in schema.fields}
        if unknown:
            raise ValueError(f"{name} has no field {', '.join(sorted(unknown))}")
        self._name = name
        self._head = MAGIC + fingerprint(schema)
        self._fields = []  # (its name or None for a constant, its writer, its bytes where it is not given)
        for field in schema.fields:
            write, constant = _writer(field.type), field.name in constants
            absent = None
            if constant or field.has_default:
                value = constants[field.name] if constant else field.default
                if field.type.type == "bytes" and isinstance(value, str):
                    value = value.encode("latin-1")  # as a schema says bytes (Avro specification)
                parts = []
                write(value, parts.append)
                absent = b"".join(parts)
            self._fields.append((None if constant else field.name, write, absent))
        self._plans = {}

    def encode(self, fields):
        """The bytes of a record; a field that is absent, or None, and no constant has its default."""
        given = {name: value for name, value in fields.items() if value is not None}
        names = tuple(given)
        plan = self._plans.get(names)
        if plan is None:
            plan = self._plans[names] = self._plan(names)
        out = []
        append = out.append
        for constant, name, write in plan[0]:
            append(constant)
            write(given[name], append)
        append(plan[1])
        return b"".join(out)

    def _plan(self, names):
        """All that is the same in records with these fields is joined: a loop that waits for us has few parts to wait for."""
        steps, constant = [], self._head
        for name, write, absent in self._fields:
            if name in names:
                steps.append((constant, name, write))
                constant = b""
            elif absent is None:
                raise ValueError(f"{self._name} lacks {name}")
            else:
                constant += absent
        return steps, constant


class Decoder:
    """Decodes records of any type, written by this release or another, into dictionaries."""

    def __init__(self, released=list):
        """:param released: gives the schemas of other releases, asked when a record names one that is not today's"""
        self._released = released
        self._readers = {}
        self._add(SCHEMAS.values())

    def _add(self, schemas):
        for schema in schemas:
            self._readers[fingerprint(schema)] = (schema.name, avro.io.DatumReader(schema))

    def decode(self, value):
        """(name of the record, its fields); ValueError for bytes that are no record of the contract."""
        if not value or value[:2] != MAGIC or len(value) < HEADER_BYTES:
            raise ValueError("no Avro single-object encoding: does not begin with C3 01 and a fingerprint")
        writer = value[2:HEADER_BYTES]
        if writer not in self._readers:
            self._add(self._released())
        known = self._readers.get(writer)
        if known is None:
            raise ValueError(f"schema {writer.hex()} is not known")
        name, reader = known
        body = io.BytesIO(value[HEADER_BYTES:])
        try:
            return name, reader.read(avro.io.BinaryDecoder(body))
        except Exception as e:  # the library's decoder fails with whatever it trips over
            raise ValueError(f"{name}: {e!r}") from e
