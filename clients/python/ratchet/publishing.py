"""Publishes what a sampler does, from its own loop, without holding it up."""
import atexit
import itertools
import logging
import operator
import platform
import random
import re
import socket
import threading
import time

import confluent_kafka as ck
import numpy as np

from ratchet.reading import records
from ratchet.records import Encoder
from ratchet.topics import DEFAULT_PREFIX, require_run_id, topic

LOG = logging.getLogger("ratchet")
EXPECTATIONS = {None: "UNKNOWN", "irreversible": "IRREVERSIBLE", "reversible": "REVERSIBLE", "driven": "DRIVEN"}

# The same times as the Java trainer's: a heartbeat may be lost twice before the promise is broken.
HEARTBEAT_SECONDS = 3.0
PROMISE_MILLIS = 10_000
STALLED_SECONDS = 60.0

_BLOCK_NAME = re.compile(r"[\w.:/()\[\]-]{1,256}")  # the stream refuses updates with other names

_UNSIGNED = {np.dtype(order + kind + size): np.dtype(order + "u" + size)
             for order in "<>" for kind in "iu" for size in "1248"}

NORM_PART = 1 << 16  # longer, and float32 rounds more than 2e-8 of a norm away

DEFAULTS = {
    "compression.type": "lz4",
    "linger.ms": 50,  # each request wakes other threads, which on few cores take the loop's; the page has 5 pictures a second
    "batch.size": 256 << 10,
    "message.max.bytes": (16 << 20) + 1024,
}

# Order and delivery rest on these. One request under way: the first batch to a partition without a leader is refused,
# and the next one must not take its place.
FIXED = {
    "acks": "all",
    "enable.idempotence": True,
    "max.in.flight": 1,
    "message.timeout.ms": 0,  # while the process lives, librdkafka keeps trying
    "partitioner": "murmur2_random",  # Java's; librdkafka's own puts four runs of five elsewhere
    "allow.auto.create.topics": False,
    "log_level": 0,  # what matters is told through LOG, once
}


class Publisher:
    """
    One worker of one attempt of a run. Use it in ``with``: how the block ends says how the run ended.

    A call encodes its record (microseconds) and puts it into librdkafka's bounded queue, whose own threads compress
    and send it without Python's lock. When the queue is full because the broker is away or slow, the record is
    dropped and counted, or the call waits (``when_full="block"``). The number of a dropped sweep is used up, so the
    stream sees the gap. A broker that is away, from the start on or later, raises nothing; bad arguments raise
    ValueError.

    :param bootstrap: HOST:PORT of the broker
    :param run: id of the run, ``[a-z0-9][a-z0-9-]{0,62}``; a new one, or ``resume=True``
    :param states: number of states K, 1 to 65,536
    :param chains: number of chains of the run, over all workers
    :param expect: "irreversible", "reversible", "driven" or None: what sets the alerts (docs/guarantees.md)
    :param about: fields of the Run record as its schema names them: model, updates, settings, tags, notes, ...
    :param start_step: step at which the attempt begins; of a resumed run, the first that is made again
    :param resume: begin the run's next attempt; its number is one above the highest that the runs topic knows
    :param attempt: the attempt's number where the runs topic cannot say it: more than one worker, or a dead broker
    :param worker, workers, chain_offset: of several workers, which this is, and the number of its first chain
    :param visible: number of visible units V, if ``samples`` are published
    :param class_shares: class shares of the data, if ``classes`` are published
    :param when_full: "drop" or "block"
    :param queue_records, queue_bytes: bounds of the queue
    :param client: Kafka client properties as librdkafka names them (TLS, SASL, ...)
    :param patience: seconds to ask the runs topic at the start before going on without an answer
    :param clock: seconds since 1970
    :param incarnation: random number of this process start
    """

    def __init__(self, bootstrap, run, *, states, chains, expect=None, about=None, start_step=0, resume=False,
                 attempt=None, worker=0, workers=1, chain_offset=0, visible=0, class_shares=None, when_full="drop",
                 queue_records=1 << 14, queue_bytes=64 << 20, client=None, prefix=DEFAULT_PREFIX, patience=5.0,
                 clock=time.time, incarnation=None):
        require_run_id(run)
        _require_between("states", states, 1, 1 << 16)
        _require_between("chains", chains, 1, (1 << 31) - 1)
        _require_between("workers", workers, 1, (1 << 31) - 1)
        _require_between("worker", worker, 0, workers - 1)
        _require_between("chain_offset", chain_offset, 0, chains - 1)
        _require_between("start_step", start_step, 0, (1 << 63) - 1)
        if expect not in EXPECTATIONS:
            raise ValueError(f"expect {expect!r}, allowed: {', '.join(map(repr, EXPECTATIONS))}")
        if when_full not in ("drop", "block"):
            raise ValueError(f"when_full {when_full!r}, allowed: 'drop', 'block'")
        if attempt is None and workers > 1:
            raise ValueError("attempt is missing: all workers of a run must begin with the same number")
        changed = [key for key in FIXED if key in (client or {})]
        if changed:
            raise ValueError(f"client property {changed[0]}: must be {FIXED[changed[0]]}; delivery in order rests on it")
        self._address = bootstrap
        self._states = states
        self._chains = chains
        self._chain_offset = chain_offset
        self._own = None  # chains of this worker
        self._waits = when_full == "block"
        self._clock = clock
        self._shares = None if class_shares is None else np.asarray(class_shares, "<f8").tobytes()
        self._step = start_step
        self._sweeps = itertools.count()
        self._updates = itertools.count()
        self._lock = threading.Lock()  # of the figures that two threads change
        self._dropped = 0
        self._problem = None
        self._away = False
        self._open = True

        before = None
        if attempt is None:
            attempt, before = _next_attempt(bootstrap, run, resume, prefix, client, patience)
        who = {"run": run, "attempt": attempt, "worker": worker,
               "incarnation": random.SystemRandom().getrandbits(63) if incarnation is None else incarnation}
        what = {"expectation": EXPECTATIONS[expect], "states": states, "workers": workers, "chains": chains,
                "startStep": start_step, "visible": visible}
        self._sweep_encoder = Encoder("ChainStates", {
            **who, **what, "chainOffset": chain_offset, "encoding": "UINT8" if states <= 256 else "UINT16_LE"})
        self._update_encoder = Encoder("GradientUpdate", {**who, "workers": workers})
        self._worker_encoder = Encoder("Worker", {**who, "spilled": 0})
        self.attempt = attempt
        record = _run_record(run, attempt, what, about, before, self._millis())

        self._topics = {name: topic(name, prefix) for name in ("runs", "chain-states", "gradient-updates")}
        self._key = run
        self._worker_key = f"{run}/{worker}"
        self._producer = ck.Producer({
            **DEFAULTS, **(client or {}), **FIXED, "bootstrap.servers": bootstrap, "error_cb": self._on_error,
            "queue.buffering.max.messages": queue_records, "queue.buffering.max.kbytes": max(1, queue_bytes >> 10)})
        if worker == 0:
            self._offer("runs", run, record, self._millis())
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._heartbeats, name="ratchet-heartbeat", daemon=True)
        self._thread.start()
        atexit.register(self.close, "INTERRUPTED", "the process ended without close()")

    def __enter__(self):
        return self

    def __exit__(self, kind, problem, trace):
        if kind is None:
            self.close()
        elif issubclass(kind, KeyboardInterrupt):
            self.close("INTERRUPTED")
        else:
            self.close("FAILED", f"{kind.__name__}: {problem}")

    # ---- the sampler's thread

    def sweep(self, step, before, after, *, path_entropy=None, soft=None, classes=None, data_latent=None, samples=None,
              phase=None, protocol_time=None):
        """
        Publishes one application of the kernel: chain i of this worker went from ``before[i]`` to ``after[i]``.

        :param step: updates applied to the parameters so far (or the sweep's number, if nothing is trained); never
            less than at the call before
        :param before, after: states 0..K-1; anything that NumPy reads, PyTorch tensors too. Copied
        :param path_entropy: [C] ln p(x|z) + ln p(y|x) - ln p(x|y) - ln p(z|x), nats
        :param soft: [C, K] p(y|x_i), for K up to 256
        :param classes: [C] class of chain i's visible state, 255 for none
        :param data_latent: [K] minibatch mean of p(z|x) over the data
        :param samples: [n, V] visible states, 0 or 1, of the first few chains
        :param phase, protocol_time: of driven runs
        """
        step = self._next_step(step)
        before, chains = self._packed("before", before)
        after, others = self._packed("after", after)
        if chains != others:
            raise ValueError(f"before has {chains} chains, after {others}")
        if self._own not in (None, chains):  # the stream would refuse it
            raise ValueError(f"before has {chains} chains, the sweeps so far {self._own}: a worker's chains stay")
        self._own = chains
        millis = self._millis()
        fields = {"step": step, "from": before, "to": after, "phase": phase, "protocolTime": protocol_time,
                  "timestampMillis": millis}
        if path_entropy is not None:
            fields["pathEntropy"] = _numbers("path_entropy", path_entropy, (chains,), "<f4")
        if soft is not None:
            _require_between("states, with soft,", self._states, 1, 256)
            fields["softTo"] = _numbers("soft", soft, (chains, self._states), "<f4")
        if classes is not None:
            if self._shares is None:
                raise ValueError("classes without class_shares: the stream compares with the data's")
            fields["classes"] = _numbers("classes", classes, (chains,), "u1")
            fields["classReference"] = self._shares
        if data_latent is not None:
            fields["dataLatent"] = _numbers("data_latent", data_latent, (self._states,), "<f4")
        if samples is not None:
            fields["samples"] = np.packbits(_array(samples).astype(bool), axis=1, bitorder="little").tobytes()
        fields["sweep"] = next(self._sweeps)
        self._step = step
        self._offer("chain-states", self._key, self._sweep_encoder.encode(fields), millis)

    def update(self, step, gradients, *, log_likelihood=None, learning_rate=0.0, seconds=0.0, angle=None,
               digest=None, values=False):
        """
        Publishes one parameter update.

        :param step: updates applied before it
        :param gradients: {name of the parameter: its gradient}; those that are None are left out, so that
            ``{name: p.grad for name, p in model.named_parameters()}`` will do
        :param log_likelihood: mean of the minibatch, nats per example
        :param seconds: how long the update took
        :param angle: between this gradient and another estimate of it, radians
        :param digest: of the parameters before the update, 64 bits
        :param values: publish the gradients themselves as float32, not only their Euclidean norms
        """
        step = self._next_step(step)
        blocks = []
        for name, gradient in gradients.items():
            if gradient is not None:
                if not _BLOCK_NAME.fullmatch(name):
                    raise ValueError(f"parameter {name!r}, allowed: 1 to 256 letters, digits and _.:/()[]-")
                array = _array(gradient)
                blocks.append({"name": name, "shape": array.shape, "norm": _norm(array),
                               "values": np.ascontiguousarray(array, "<f4").tobytes() if values else None})
        millis = self._millis()
        record = self._update_encoder.encode({
            "step": step, "blocks": blocks, "parametersDigest": digest, "logLikelihood": _or_none(log_likelihood),
            "gradientAngle": _or_none(angle), "learningRate": float(learning_rate), "updateMicros": int(seconds * 1e6),
            "timestampMillis": millis, "sequence": next(self._updates)})
        self._step = max(self._step, step)
        self._offer("gradient-updates", self._key, record, millis)

    def _next_step(self, step):
        if not self._open:
            raise ValueError("the publisher is closed")
        step = operator.index(step)
        if step < self._step:
            raise ValueError(f"step {step} after step {self._step}: steps never go back within an attempt")
        return step

    def _packed(self, name, states):
        states = _array(states)
        most = self._chains - self._chain_offset
        if states.ndim != 1 or not 1 <= len(states) <= most:
            raise ValueError(f"{name} has shape {states.shape}, allowed: one dimension of 1 to {most} chains")
        unsigned = _UNSIGNED.get(states.dtype)
        if unsigned is None:
            raise ValueError(f"{name} has type {states.dtype}, allowed: whole numbers")
        if np.maximum.reduce(states.view(unsigned)) >= self._states:  # in which what is negative is large
            least, most = states.min(), states.max()
            raise ValueError(f"{name} has state {least if least < 0 else most}, allowed: 0 to {self._states - 1}")
        return states.astype("u1" if self._states <= 256 else "<u2").tobytes(), len(states)

    def _millis(self):
        return int(self._clock() * 1000)

    def _offer(self, name, key, record, millis):
        while True:
            try:
                self._producer.produce(
                    self._topics[name], record, key, timestamp=millis, on_delivery=self._on_delivery)
            except BufferError:  # the queue is full
                if self._waits:
                    self._producer.poll(0.1)
                    continue
                self._drop()
            except ck.KafkaException as e:  # too large, or the producer has failed for good
                self._drop(e.args[0].str())
            self._producer.poll(0)  # acknowledgements: here they cost this thread a microsecond, and no wait for a lock
            return

    # ---- any thread

    @property
    def dropped(self):
        """Records that will never be in the topics: the queue was full, or the broker refused them."""
        return self._dropped

    @property
    def waiting(self):
        """Records that the broker has not acknowledged yet."""
        return len(self._producer)

    def _drop(self, problem=None, records=1):
        with self._lock:
            self._dropped += records
            first = problem is not None and self._problem is None
            self._problem = self._problem or problem
        if first:
            LOG.warning("broker %s: records of %s are dropped: %s", self._address, self._key, problem)

    def _on_delivery(self, error, message):
        if error is not None:
            purged = error.code() in (ck.KafkaError._PURGE_QUEUE, ck.KafkaError._PURGE_INFLIGHT)
            self._drop(None if purged else error.str())
        elif self._away:
            self._away = False
            LOG.warning("broker %s is back", self._address)

    def _on_error(self, error):
        if error.code() == ck.KafkaError._ALL_BROKERS_DOWN and not self._away:
            self._away = True
            LOG.warning("broker %s is away, records wait: %s", self._address, error.str())

    # ---- heartbeat

    def _heartbeats(self):
        """Says that the worker lives; polls, for a sampler that is busy elsewhere."""
        seen, since, said = None, 0.0, [True]
        while True:
            if self._step != seen:
                seen, since = self._step, time.monotonic()
            if said[0]:  # a word that has not arrived yet is not followed by another
                stalled = time.monotonic() - since > STALLED_SECONDS
                said = self._say("STALLED" if stalled else "RUNNING", seen, PROMISE_MILLIS)
            self._producer.poll(0)
            if self._closing.wait(HEARTBEAT_SECONDS):
                return

    def _say(self, state, step, promise, message=""):
        millis = self._millis()
        word = self._worker_encoder.encode({
            "step": step, "state": state, "heartbeatMillis": millis, "promisedIntervalMillis": promise,
            "dropped": self._dropped, "message": message})
        arrived = [False]
        try:
            self._producer.produce(
                self._topics["runs"], word, self._worker_key, timestamp=millis,
                on_delivery=lambda error, _: arrived.__setitem__(0, True))
        except (BufferError, ck.KafkaException):
            arrived[0] = True  # it never left; the next one may
        return arrived

    # ---- end

    def close(self, state="FINISHED", message="", patience=10.0):
        """
        Ends this worker's part in the attempt: sends what waits, then the end, then the last word.

        :param state: "FINISHED", "FAILED" or "INTERRUPTED"
        :param message: one line for a person
        :param patience: seconds without an acknowledgement after which what still waits is dropped and counted
        :return: whether everything was acknowledged
        """
        if not self._open:
            return self._dropped == 0
        self._open = False
        atexit.unregister(self.close)
        self._closing.set()
        self._thread.join()
        sweep = next(self._sweeps)
        step = self._step + 1 if sweep else self._step
        if self._settle(patience):  # the end may only come when all before it has
            millis = self._millis()
            end = self._sweep_encoder.encode({
                "step": step, "sweep": sweep, "end": True, "from": b"", "to": b"", "timestampMillis": millis})
            self._offer("chain-states", self._key, end, millis)
            if self._settle(patience):
                self._say(state, step, 0, message)
                if self._settle(patience):
                    return self._dropped == 0
        left = len(self._producer)
        self._producer.purge()
        self._producer.flush(1)  # their callbacks count them
        LOG.warning("broker %s did not take everything in time: %d records of %s dropped", self._address, left, self._key)
        return False

    def _settle(self, patience):
        """Waits until nothing waits, for as long as something arrives."""
        left, since = len(self._producer), time.monotonic()
        while left and time.monotonic() - since < patience:
            now = self._producer.flush(0.1)
            if now < left:
                left, since = now, time.monotonic()
        return len(self._producer) == 0


def _next_attempt(bootstrap, run, resume, prefix, client, patience):
    """(number of the attempt that begins, the run's record so far or None)."""
    try:
        known = list(records(bootstrap, "runs", run, prefix=prefix, client=client, timeout=patience))
    except ConnectionError as e:
        if resume:
            raise
        LOG.warning("%s; whether run %s exists already is not known", e, run)
        return 1, None
    before = next((r for r in reversed(known) if "createdMillis" in r), None)
    highest = max((r["attempt"] for r in known), default=0)
    if before and before["deleted"]:
        raise ValueError(f"run '{run}' exists already (deleted; its id is never free again); choose another id")
    if highest and not resume:
        raise ValueError(f"run '{run}' exists already; choose another id, or resume=True")
    if resume and not highest:
        raise ValueError(f"run '{run}' is not known at {bootstrap}; a new run is begun without resume")
    return highest + 1, before


def _run_record(run, attempt, what, about, before, millis):
    ours = {"run", "attempt", "createdMillis", "host", "versions", "deleted", *what}
    taken = sorted(ours & set(about or {}))
    if taken:
        raise ValueError(f"about has {taken[0]}, which is set otherwise")
    about = dict(about or {})
    about["settings"] = {str(name): str(value) for name, value in about.get("settings", {}).items()}
    return Encoder("Run", {
        **(before or {"createdMillis": millis}), **about, **what, "run": run, "attempt": attempt,
        "host": socket.gethostname(),
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "confluent-kafka": ck.version()[0],
                     "librdkafka": ck.libversion()[0]}}).encode({})


def _require_between(name, value, least, most):
    if not least <= value <= most:
        raise ValueError(f"{name} {value}, allowed: {least} to {most}")


def _array(values):
    if hasattr(values, "detach"):  # a PyTorch tensor, wherever it lives
        values = values.detach().cpu().numpy()
    return np.asarray(values)


def _numbers(name, values, shape, kind):
    array = _array(values)
    if array.shape != shape:
        raise ValueError(f"{name} has shape {array.shape}, allowed: {shape}")
    return array.astype(kind).tobytes()


def _norm(array):
    """
    Euclidean norm. A gradient may have millions of numbers, and the loop waits: nothing is copied, BLAS adds the squares
    in the array's own precision. In parts, so that float32 keeps its seven digits whatever the length.
    """
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(float)
    flat = array.ravel("K")  # in the order of memory, so that a transposed one is not copied either
    parts = (flat[i:i + NORM_PART] for i in range(0, flat.size, NORM_PART))
    with np.errstate(over="ignore"):
        squares = sum(float(part @ part) for part in parts)
    if flat.dtype == np.float32 and not 1e-30 < squares < np.inf:  # squares that float32 does not hold
        flat = flat.astype(float)
        squares = float(flat @ flat)
    return squares ** 0.5


def _or_none(number):
    number = None if number is None else float(number)
    return None if number is None or number != number else number
