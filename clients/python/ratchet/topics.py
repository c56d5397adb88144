"""Names of the topics, and the partition in which a run lies."""
import re

DEFAULT_PREFIX = "ratchet."
RUN_ID = "[a-z0-9][a-z0-9-]{0,62}"
_NAMES = ("runs", "chain-states", "gradient-updates", "thermodynamics", "alerts", "dead-letters", "schemas")


def topic(name, prefix=DEFAULT_PREFIX):
    """Full name of a topic: "chain-states" is ratchet.chain-states.v1."""
    if name not in _NAMES:
        raise ValueError(f"topic '{name}', allowed: {', '.join(_NAMES)}")
    return f"{prefix}{name}.v1"


def require_run_id(run):
    """The id as it is; ValueError if it is none."""
    if not re.fullmatch(RUN_ID, run):
        raise ValueError(f"run '{run}', allowed: {RUN_ID}")
    return run


def partition_for(run, partitions):
    """The partition of everything that is keyed by a run; librdkafka's partitioner murmur2_random does the same."""
    if not partitions > 0:
        raise ValueError(f"partitions {partitions}, allowed: 1 or more")
    return (murmur2(run.encode()) & 0x7FFFFFFF) % partitions


def murmur2(data):
    """MurmurHash2 of Austin Appleby, 32 bits, unsigned, with the seed that Kafka's Java client uses."""
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(data)
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k = (k ^ k >> 24) * m & mask
        h = (h * m & mask) ^ k
    if len(data) > whole:
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h = (h ^ h >> 13) * m & mask
    return h ^ h >> 15
