#!/usr/bin/python3
"""Reads a run's records with other people's libraries and recomputes its last window.

A client that shares no code with this repository: Debian's confluent-kafka and avro, schemas taken from the topic
ratchet.schemas.v1, the estimates by NumPy from their published formulas. Prints one JSON object; exit 0 if it could be made.
"""
import argparse
import io
import json
import struct
import sys

import avro.io
import avro.schema
import confluent_kafka as ck
import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--bootstrap", required=True)
parser.add_argument("--run", required=True)
parser.add_argument("--prefix", default="ratchet.")
args = parser.parse_args()


def records(topic, committed=True):
    """Every record of a topic, partition by partition in offset order, up to the end that it has now."""
    consumer = ck.Consumer({
        "bootstrap.servers": args.bootstrap, "group.id": "check-run", "enable.auto.commit": False,
        "enable.partition.eof": True, "auto.offset.reset": "earliest",
        "isolation.level": "read_committed" if committed else "read_uncommitted"})
    partitions = consumer.list_topics(topic, 20).topics[topic].partitions
    consumer.assign([ck.TopicPartition(topic, p, ck.OFFSET_BEGINNING) for p in partitions])
    open_partitions = set(partitions)
    while open_partitions:
        message = consumer.poll(20)
        if message is None:
            raise SystemExit(f"{topic}: no answer in 20 s")
        if message.error():
            if message.error().code() == ck.KafkaError._PARTITION_EOF:
                open_partitions.discard(message.partition())
                continue
            raise SystemExit(f"{topic}: {message.error()}")
        yield message
    consumer.close()


schemas = {m.key().decode(): avro.schema.parse(m.value().decode()) for m in records(args.prefix + "schemas.v1") if m.value()}
readers = {fingerprint: avro.io.DatumReader(schema) for fingerprint, schema in schemas.items()}


def decode(value):
    """Avro single-object encoding: C3 01, 8 bytes of fingerprint, body."""
    assert value[:2] == b"\xc3\x01", value[:2]
    return readers[value[2:10].hex()].read(avro.io.BinaryDecoder(io.BytesIO(value[10:])))


def states(record, field):
    kind = {"UINT8": np.uint8, "UINT16_LE": "<u2"}[record["encoding"]]
    return np.frombuffer(record[field], kind).astype(int)


sweeps = {}
chain_records = 0
for m in records(args.prefix + "chain-states.v1"):
    if m.key() == args.run.encode():
        chain_records += 1
        r = decode(m.value())
        sweeps.setdefault((r["attempt"], r["worker"], r["sweep"]), r)
windows = [decode(m.value()) for m in records(args.prefix + "thermodynamics.v1") if m.key() == args.run.encode()]
gradients = sum(1 for m in records(args.prefix + "gradient-updates.v1") if m.key() == args.run.encode() and decode(m.value()))
if not windows:
    print(json.dumps({"chainRecords": chain_records, "gradientRecords": gradients, "windows": 0}))
    sys.exit(0)
last = windows[-1]

K, chains = last["states"], next(iter(sweeps.values()))["chains"]
G = min(chains, 32)
N = np.zeros((G, K, K))
soft = np.zeros((G, K, K))
soft_n = np.zeros(G)
path = np.zeros(G)
path_n = np.zeros(G)
for key in sorted(sweeps):
    r = sweeps[key]
    if r["attempt"] != last["attempt"] or not last["fromStep"] <= r["step"] <= last["toStep"]:
        continue
    f, t = states(r, "from"), states(r, "to")
    if len(f) == 0:
        continue
    g = (r["chainOffset"] + np.arange(len(f))) % G
    np.add.at(N, (g, f, t), 1)
    if r["softTo"] is not None:
        np.add.at(soft, (g, f), np.frombuffer(r["softTo"], "<f4").reshape(len(f), K).astype(float))
        np.add.at(soft_n, g, 1)
    if r["pathEntropy"] is not None:
        np.add.at(path, g, np.frombuffer(r["pathEntropy"], "<f4").astype(float))
        np.add.at(path_n, g, 1)

upper = np.triu_indices(K, 1)


def plug_in(n):
    total = n.sum()
    return ((n - n.T) * np.log((n + .5) / (n.T + .5)))[upper].sum() / total


def components(edges):
    label = list(range(K))
    def find(i):
        while label[i] != i:
            i = label[i]
        return i
    for i, j in edges:
        label[find(i)] = find(j)
    return len({find(i) for e in edges for i in e}), len({i for e in edges for i in e})


def soft_plug_in(s, total):
    i, j = upper
    a, b = s[i, j], s[j, i]
    ok = (a > 0) & (b > 0)
    return float(((a - b)[ok] * np.log(a[ok] / b[ok])).sum() / total)


pooled = N.sum(0)
edges = [(i, j) for i, j in zip(*upper) if pooled[i, j] + pooled[j, i] > 0]
parts, vertices = components(edges)
nu = len(edges) - vertices + parts
total = pooled.sum()
out = {
    "chainRecords": chain_records, "distinctSweeps": len(sweeps), "gradientRecords": gradients, "windows": len(windows),
    "transitions": int(total), "recordTransitions": last["transitions"],
    "countEntropyProduction": max(0.0, plug_in(pooled) - 2 * nu / total),
    "recordCountEntropyProduction": last["entropyProduction"] and last["entropyProduction"]["value"],
    "selfTransition": float(np.trace(pooled) / total),
    "recordSelfTransition": last["selfTransitionProbability"] and last["selfTransitionProbability"]["value"],
    "sequences": [w["sequence"] for w in windows] == list(range(len(windows))),
}
triples = last["counts"]
recorded = np.zeros((K, K))
for k in range(0, len(triples), 12):
    i, j, n = struct.unpack_from("<HHQ", triples, k)
    recorded[i, j] = n
out["countsEqual"] = bool((recorded == pooled).all())
if soft_n.sum() and last["softEntropyProduction"] and last["softEntropyProduction"]["value"] is not None:
    live = [g for g in range(G) if soft_n[g] > 0]
    whole = soft_plug_in(soft.sum(0), soft_n.sum())
    left_out = [soft_plug_in(soft.sum(0) - soft[g], soft_n.sum() - soft_n[g]) for g in live]
    out["softEntropyProduction"] = max(0.0, len(live) * whole - (len(live) - 1) * float(np.mean(left_out)))
    out["recordSoftEntropyProduction"] = last["softEntropyProduction"]["value"]
if path_n.sum() and last["pathEntropyProduction"]:
    out["pathEntropyProduction"] = float(path.sum() / path_n.sum())
    out["recordPathEntropyProduction"] = last["pathEntropyProduction"]["value"]
print(json.dumps(out))
