package io.ratchet.trainer.publish;

import io.ratchet.schema.Denial;
import io.ratchet.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to the broker: gives records to a producer in order and keeps each until it is
 * acknowledged.
 *
 * <p>A record that the producer did not take stays the caller's. A producer that failed for good is
 * replaced, and what it left unacknowledged is given to the next one first, in order; the broker
 * may then hold a record twice, never out of order after the first of each is taken, and never not
 * at all. Only a record that the broker will never take, as one beyond the topic's size, is dropped
 * and counted. Used by the publishing thread alone; no call takes much longer than {@link
 * ClientProperties#MAX_BLOCK_MILLIS}.
 */
final class ProducerLink {
  private static final Logger LOG = LoggerFactory.getLogger(ProducerLink.class);

  /**
   * Most bytes that wait for an acknowledgement: enough for 16 batches under way, and far below the
   * producer's own buffer, so that giving it a record never waits for memory. What is beyond waits
   * in the queue and then in the spill file, where it survives the process.
   */
  private static final long MAX_UNSETTLED_BYTES = 4 << 20;

  /** Time between two attempts to reach a broker that is away. */
  private static final long BACKOFF_NANOS = Duration.ofMillis(500).toNanos();

  /** Time without an acknowledgement after which the broker counts as away. */
  private static final long SILENCE_NANOS = Duration.ofSeconds(5).toNanos();

  private final Supplier<Producer<byte[], byte[]>> producers;
  private final PublishSettings settings;
  private final String run;
  private final byte[] runKey;
  private final Runnable woken;
  private final LongSupplier nanoTime;

  /** Given to the producer, in order, until acknowledged. */
  private final ArrayDeque<Outgoing> unsettled = new ArrayDeque<>();

  /** Left over by a producer that failed; before everything else. */
  private final ArrayDeque<Outgoing> again = new ArrayDeque<>();

  private byte[] workerKey;
  private Producer<byte[], byte[]> producer;
  private int partitions;
  private long unsettledBytes;
  private long given;
  private long settled;
  private long refused;
  private long notBefore;
  private long lastSettled;
  private boolean away;
  private String denial;

  ProducerLink(
      Supplier<Producer<byte[], byte[]>> producers,
      PublishSettings settings,
      RunIdentity identity,
      Runnable woken,
      LongSupplier nanoTime) {
    this.producers = producers;
    this.settings = settings;
    this.run = identity.run();
    this.runKey = run.getBytes(StandardCharsets.UTF_8);
    this.woken = woken;
    worker(identity.worker());
    this.nanoTime = nanoTime;
    this.notBefore = nanoTime.getAsLong();
  }

  /** The number under which the worker speaks of itself from now on. */
  void worker(int worker) {
    workerKey = Topics.workerKey(run, worker).getBytes(StandardCharsets.UTF_8);
  }

  /** Whether a record would be welcome; connects, and repeats what a failed producer left. */
  boolean hasRoom() {
    settle();
    if (nanoTime.getAsLong() - notBefore < 0 || !connect()) {
      return false;
    }
    while (!again.isEmpty() && !isFull()) {
      Outgoing first = again.removeFirst();
      if (!send(first)) {
        again.addFirst(first);
        return false;
      }
    }
    return !isFull();
  }

  private boolean isFull() {
    if (unsettled.isEmpty() || unsettledBytes < MAX_UNSETTLED_BYTES) {
      return false;
    }
    if (nanoTime.getAsLong() - lastSettled > SILENCE_NANOS) {
      away("it does not acknowledge");
    }
    return true;
  }

  private boolean connect() {
    try {
      if (producer == null) {
        producer = producers.get();
      }
      if (partitions == 0) {
        partitions = producer.partitionsFor(settings.topics().chainStates().name()).size();
      }
      return true;
    } catch (RuntimeException e) { // unresolvable, not there, topic not created, not allowed
      failed(e);
      return false;
    }
  }

  /**
   * Gives a record to the producer; only after {@link #hasRoom} said yes.
   *
   * @return false if it was not taken and stays the caller's
   */
  boolean give(Outgoing record) {
    if (!send(record)) {
      return false;
    }
    given++;
    return true;
  }

  private boolean send(Outgoing record) {
    boolean ofWorker = record.kind() == Outgoing.Kind.WORKER;
    boolean ofRun = record.kind() == Outgoing.Kind.RUN;
    Integer partition = ofRun || ofWorker ? null : Topics.partitionFor(run, partitions);
    record.fail(null);
    if (unsettled.isEmpty()) {
      lastSettled = nanoTime.getAsLong();
    }
    try {
      Future<RecordMetadata> unused = // the callback gets all that the future would tell
          producer.send(
              new ProducerRecord<>(
                  record.kind().topic(settings.topics()).name(),
                  partition,
                  record.millis(),
                  ofWorker ? workerKey : runKey,
                  record.value()),
              (metadata, failure) -> {
                if (failure == null) {
                  record.acknowledge();
                } else {
                  record.fail(failure);
                }
                woken.run();
              });
    } catch (RuntimeException e) { // the producer itself is broken
      record.fail(e);
    }
    Exception failure = record.failure();
    if (failure == null) {
      unsettled.addLast(record);
      unsettledBytes += record.value().length;
      return true;
    }
    if (isRefusal(failure)) {
      refuse(record, failure);
      settled++;
      return true;
    }
    failed(failure);
    return false;
  }

  /** Takes note of acknowledgements and failures. */
  void settle() {
    while (!unsettled.isEmpty()) {
      Outgoing first = unsettled.getFirst();
      Exception failure = first.failure();
      if (first.isAcknowledged()) {
        back();
      } else if (failure != null && isRefusal(failure)) {
        refuse(first, failure);
      } else if (failure != null) {
        failed(failure);
        replaceProducer();
        return;
      } else {
        return;
      }
      unsettled.removeFirst();
      unsettledBytes -= first.value().length;
      settled++;
      lastSettled = nanoTime.getAsLong();
    }
  }

  /** The broker will never take this record, however often it is sent. */
  private static boolean isRefusal(Exception e) {
    return e instanceof RecordTooLargeException
        || e instanceof InvalidTimestampException
        || e instanceof InvalidRecordException;
  }

  private void refuse(Outgoing record, Exception why) {
    if (refused == 0) {
      LOG.error(
          "{} refuses a record of {} bytes for {}; it is dropped: {}",
          settings.address(),
          record.value().length,
          record.kind().topic(settings.topics()).name(),
          why.getMessage());
    }
    refused++;
  }

  private void failed(Exception e) {
    notBefore = nanoTime.getAsLong() + BACKOFF_NANOS;
    if (e instanceof AuthorizationException) {
      denied(e);
    } else {
      denial = null; // whatever it was that Kafka did not allow, this is something else
      away(e.getMessage());
    }
    if (!(e instanceof TimeoutException)) {
      replaceProducer(); // in an error state it would refuse everything from now on
    }
  }

  private void replaceProducer() {
    if (producer == null) {
      return;
    }
    try {
      producer.close(Duration.ZERO); // when it returns, every callback has run
    } catch (RuntimeException e) {
      LOG.debug("closing a failed producer", e);
    }
    producer = null;
    List<Outgoing> left = unacknowledged();
    settled += unsettled.size() + again.size() - left.size();
    unsettled.clear();
    unsettledBytes = 0;
    again.clear();
    again.addAll(left);
  }

  /** What was given and not acknowledged, in order. */
  private List<Outgoing> unacknowledged() {
    List<Outgoing> left = new ArrayList<>();
    for (ArrayDeque<Outgoing> records : List.of(unsettled, again)) {
      for (Outgoing record : records) {
        if (!record.isAcknowledged()) {
          left.add(record);
        }
      }
    }
    return left;
  }

  private void away(String why) {
    if (!away) {
      away = true;
      LOG.warn("broker {} is away, records wait: {}", settings.address(), why);
    }
  }

  /** A right may be given meanwhile: records wait as they do for a broker that is away. */
  private void denied(Exception e) {
    String resource =
        e instanceof TopicAuthorizationException topics
            ? "topic " + String.join(", ", new TreeSet<>(topics.unauthorizedTopics()))
            : "the topics (" + e.getMessage() + ")";
    String message = Denial.message(settings.address(), "Write", resource);
    if (!message.equals(denial)) {
      denial = message;
      away = true;
      LOG.warn("training goes on, records wait: {}", message);
    }
  }

  private void back() {
    denial = null;
    if (away) {
      away = false;
      LOG.info("broker {} is back", settings.address());
    }
  }

  /** Whether the broker was last seen to be away. */
  boolean isAway() {
    return away;
  }

  /** Why Kafka takes nothing, where it is a matter of rights; null otherwise. */
  String denial() {
    return denial;
  }

  /** Whether everything given has been settled. */
  boolean isIdle() {
    return unsettled.isEmpty() && again.isEmpty();
  }

  /**
   * Whether a gradient given now cannot be in the log before the sweeps that were given before it:
   * they are acknowledged, or one broker takes both, over one connection and in order.
   */
  boolean keepsOrder() {
    if (isIdle()) {
      return true;
    }
    int states = leader(settings.topics().chainStates());
    return states >= 0 && states == leader(settings.topics().gradientUpdates());
  }

  private int leader(Topics.Topic topic) {
    try {
      int partition = Topics.partitionFor(run, partitions);
      return producer.partitionsFor(topic.name()).stream()
          .filter(info -> info.partition() == partition && info.leader() != null)
          .mapToInt(info -> info.leader().id())
          .findFirst()
          .orElse(-1);
    } catch (RuntimeException e) { // not known now: then the slow way
      return -1;
    }
  }

  /** Records given so far. */
  long given() {
    return given;
  }

  /** Of the records given, how many of the first are settled: acknowledged or refused. */
  long settled() {
    return settled;
  }

  /** Records that the broker will never take. */
  long refused() {
    return refused;
  }

  /** Ends the link at once and hands back what was not acknowledged, in order. */
  List<Outgoing> abandon() {
    replaceProducer();
    return List.copyOf(again);
  }

  /** Ends the link when everything is settled. */
  void close() {
    if (producer != null) {
      producer.close(Duration.ofSeconds(1));
    }
  }
}
