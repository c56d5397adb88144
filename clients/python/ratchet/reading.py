"""What the topics and the stream's page say, as dictionaries and NumPy arrays."""
import json
import time
import urllib.parse
import urllib.request

import avro.schema
import confluent_kafka as ck
import numpy as np

from ratchet.records import SCHEMAS, Decoder
from ratchet.topics import DEFAULT_PREFIX, partition_for, require_run_id, topic

COUNTS = np.dtype([("from", "<u2"), ("to", "<u2"), ("count", "<u8")])


def records(bootstrap, name, run=None, *, prefix=DEFAULT_PREFIX, client=None, timeout=10.0):
    """
    The records that a topic holds now, each as a dictionary of the schema's fields, in the order of their partition.

    :param name: "chain-states", "gradient-updates", "thermodynamics", "alerts" or "runs"
    :param run: only those of this run
    :param client: Kafka client properties as librdkafka names them (TLS, SASL, ...)
    :param timeout: seconds without an answer after which a ConnectionError says so
    """

    def released():
        """The schemas of other releases."""
        listed = _messages(bootstrap, topic("schemas", prefix), None, client, timeout)
        return [avro.schema.parse(message.value().decode()) for message in listed if message.value()]

    decoder = Decoder(released)
    for message in _messages(bootstrap, topic(name, prefix), None if name == "runs" else run, client, timeout):
        # A run's own record has the key run, those of its workers run/worker.
        if message.value() and (run is None or message.key().decode().split("/")[0] == run):
            yield decoder.decode(message.value())[1]


def _messages(bootstrap, name, run, client, timeout):
    """Every committed message of a topic, or of a run's partition of it, up to the end that it has now."""
    consumer = ck.Consumer({
        **(client or {}), "bootstrap.servers": bootstrap, "group.id": "ratchet-python", "enable.auto.commit": False,
        "enable.partition.eof": True, "auto.offset.reset": "earliest", "isolation.level": "read_committed",
        "allow.auto.create.topics": False, "log_level": 0,
        "fetch.wait.max.ms": 10})  # the end of an empty partition is told by an empty answer
    try:
        try:
            found = consumer.list_topics(name, timeout).topics[name]
        except ck.KafkaException as e:
            raise ConnectionError(f"broker {bootstrap} did not answer in {timeout:g} s: {e.args[0].str()}") from e
        if found.error:
            raise LookupError(f"topic {name} at {bootstrap}: {found.error.str()}; ratchet topics create makes it")
        unread = set(found.partitions)
        if run is not None:
            unread = {partition_for(require_run_id(run), len(unread))}
        consumer.assign([ck.TopicPartition(name, p, ck.OFFSET_BEGINNING) for p in unread])
        heard = time.monotonic()
        while unread:
            messages = consumer.consume(1000, 0.05)
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > timeout:
                raise ConnectionError(f"broker {bootstrap} did not send {name} for {timeout:g} s")
            for message in messages:
                if not message.error():
                    yield message
                elif message.error().code() == ck.KafkaError._PARTITION_EOF:
                    unread.discard(message.partition())
                # librdkafka wants a group and looks for its coordinator; nothing here needs one, nor the right to it.
                elif message.error().code() != ck.KafkaError.GROUP_AUTHORIZATION_FAILED:
                    raise ConnectionError(f"{name} at {bootstrap}: {message.error().str()}")
    finally:
        consumer.close()


def windows(bootstrap, run, **options):
    """
    The windows of a run, one array a field, in the order in which they closed; ``pandas.DataFrame`` takes it as it is.

    Columns are named as in ``ratchet export --what metrics --format csv``: "toStep", "entropyProduction.value", ...
    A number that is absent is NaN, never 0; "counts" holds an array of (from, to, count) a window (see
    :func:`count_matrix`). Attempts follow each other: a higher one supersedes the steps from its first on.

    :param options: ``prefix``, ``client``, ``timeout`` as in :func:`records`
    """
    columns = {}
    _name_columns(SCHEMAS["Thermodynamics"], "", columns)
    for window in records(bootstrap, "thermodynamics", run, **options):
        for name, (_, values) in columns.items():
            value = window
            for part in name.split("."):
                value = value and value.get(part)
            values.append(value)
    return {name: _array(kind, values) for name, (kind, values) in columns.items()}


def _name_columns(schema, prefix, columns):
    for field in schema.fields:
        nullable = field.type.type == "union"
        kind = field.type.schemas[1] if nullable else field.type
        if kind.type == "record":
            _name_columns(kind, f"{prefix}{field.name}.", columns)
        else:
            of_optional = prefix or nullable
            columns[prefix + field.name] = ("double" if of_optional and kind.type in ("int", "long") else kind.type, [])
            if kind.type == "bytes":
                columns[prefix + field.name] = (COUNTS if field.name == "counts" else np.dtype("<f8"), [])


def _array(kind, values):
    if isinstance(kind, np.dtype):  # packed numbers, as many as the window has
        values = [None if v is None else np.frombuffer(v, kind) for v in values]
    elif kind == "double":
        return np.array([np.nan if v is None else v for v in values], float)
    elif kind in ("int", "long"):
        return np.array(values, np.int64)
    array = np.empty(len(values), object)  # texts, lists, verdicts that may be absent
    array[:] = values
    return array


def count_matrix(counts, states):
    """K x K transition counts of one window, row = from: the matrix that ``ratchet analyze --counts`` takes."""
    matrix = np.zeros((states, states), np.int64)
    matrix[counts["from"], counts["to"]] = counts["count"]
    return matrix


def series(page, run, timeout=10.0):
    """
    The curves that the live page draws: (updates, windows), each a dictionary of arrays over "step".

    At most 1,024 bins; "logLikelihood.mean", ".min", ".max" and so on are those of all values in a bin (docs/api.md).

    :param page: address of the stream's page, http://127.0.0.1:8080
    """
    address = f"{page.rstrip('/')}/api/v1/run/{urllib.parse.quote(require_run_id(run))}/series"
    with urllib.request.urlopen(address, timeout=timeout) as answer:
        found = json.load(answer)
    return tuple(_history(found[name]) for name in ("updates", "windows"))


def _history(history):
    columns = {"step": np.array(history["step"], np.int64)}
    for quantity, curves in history.items():
        if isinstance(curves, dict):
            for curve, values in curves.items():
                columns[f"{quantity}.{curve}"] = _array("text" if curve == "status" else "double", values)
    return columns
