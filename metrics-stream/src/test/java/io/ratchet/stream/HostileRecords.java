package io.ratchet.stream;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecord;

/**
 * Records that no honest producer sends, each with what must become of it. One that begins as a
 * good record, and of which some bytes are then changed, has no foretold fate.
 */
final class HostileRecords {
  /** Fates. */
  static final String ACCEPTED = "accepted";

  static final String OPEN = "open";

  /**
   * Run ids that are none: long, of other alphabets, of control characters, of paths and markup.
   */
  static final List<String> IDS =
      List.of(
          "",
          "A",
          "-a",
          "a".repeat(64),
          "a".repeat(100_000),
          "größe",
          "ラン",
          "😀",
          "a b",
          "a\nb",
          "a\r\nSet-Cookie: x",
          "a\u0000b",
          "\u001b[2J",
          "\u009b31m",
          "\u202eb",
          "../../etc/passwd",
          "a/0",
          "a\\b",
          "a\"b",
          "<script>alert(1)</script>",
          "',--",
          "${jndi:ldap://x}",
          "%s%n");

  /**
   * A record.
   *
   * @param partition where it is sent; not where it belongs, perhaps
   * @param fate reason of its dead letter, {@link #ACCEPTED} or {@link #OPEN}
   */
  @SuppressWarnings("ArrayRecordComponent") // sent, never compared
  record Hostile(Topics.Topic topic, int partition, byte[] key, byte[] value, String fate) {}

  private final Topics topics = Topics.of(Topics.DEFAULT_PREFIX);
  private final Random random;
  private final ChainStates victim;
  private int runs;

  /**
   * A source.
   *
   * @param victim a record of a run that goes on while this is sent: of attempt 2, and long dealt
   *     with, at a step above 0
   */
  HostileRecords(Random random, ChainStates victim) {
    this.random = random;
    this.victim = victim;
  }

  /** The next one. */
  Hostile next() {
    return switch (random.nextInt(20)) {
      case 0, 1, 2 -> undecodable(any());
      case 3, 4, 5 -> invalidSweep();
      case 6, 7 -> ofVictim();
      case 8, 9 -> misplaced();
      case 10, 11, 12 -> invalidUpdate();
      case 13, 14 -> invalidRegistration();
      case 15, 16, 17 -> mutant();
      case 18 -> notARun();
      default -> flood();
    };
  }

  /** Good records, to be spoilt. */
  private Hostile any() {
    return switch (random.nextInt(5)) {
      case 0, 1 -> sweep(sweep -> {}, OPEN);
      case 2 -> update(update -> {}, OPEN);
      case 3 -> run(run -> {}, OPEN);
      default -> worker(worker -> {}, OPEN);
    };
  }

  private Hostile undecodable(Hostile good) {
    byte[] value = good.value();
    byte[] bad =
        switch (random.nextInt(10)) {
          case 0 -> null;
          case 1 -> new byte[0];
          case 2 -> { // magic
            byte[] other = value.clone();
            other[random.nextInt(2)] ^= (byte) (1 << random.nextInt(8));
            yield other;
          }
          case 3 -> { // fingerprint
            byte[] other = value.clone();
            other[2 + random.nextInt(8)] ^= (byte) (1 << random.nextInt(8));
            yield other;
          }
          case 4, 5 -> Arrays.copyOf(value, random.nextInt(value.length));
          case 6 -> Arrays.copyOf(value, value.length + 1 + random.nextInt(100));
          case 7 -> lengthOf(value, random.nextBoolean() ? Long.MAX_VALUE : 1L << 30);
          case 8 -> lengthOf(value, -1 - random.nextInt(1_000));
          default -> ofAnotherTopic(good.topic());
        };
    return new Hostile(good.topic(), good.partition(), good.key(), bad, "undecodable");
  }

  /** The first field, the run, says that it is so long. */
  private static byte[] lengthOf(byte[] value, long length) {
    ByteBuffer bytes = ByteBuffer.allocate(value.length + 10).put(value, 0, 10);
    long zigzag = (length << 1) ^ (length >> 63);
    while ((zigzag & ~0x7FL) != 0) {
      bytes.put((byte) ((zigzag & 0x7F) | 0x80));
      zigzag >>>= 7;
    }
    bytes.put((byte) zigzag).put(value, 11, value.length - 11);
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private byte[] ofAnotherTopic(Topics.Topic topic) {
    return topic.name().equals(topics.chainStates().name())
        ? update(update -> {}, OPEN).value()
        : sweep(sweep -> {}, OPEN).value();
  }

  /** Where a sweep lies is asked before what it says. */
  private Hostile invalidSweep() {
    List<Consumer<ChainStates>> spoil =
        List.of(
            s -> s.setAttempt(-random.nextInt(10)),
            s -> s.setWorker(-1),
            s -> s.setWorkers(random.nextBoolean() ? 0 : 4_097),
            s -> s.setChains(-random.nextInt(2)),
            s -> s.setChainOffset(Integer.MAX_VALUE),
            s -> s.setStartStep(-1),
            s -> s.setStep(random.nextBoolean() ? Long.MIN_VALUE : Long.MAX_VALUE),
            s -> s.setSweep(random.nextBoolean() ? -1 : (1L << 53) + 1),
            s -> s.setStates(random.nextBoolean() ? -3 : 65_536),
            s -> s.setStates(257),
            s -> s.setEncoding(StateEncoding.UNKNOWN),
            s -> s.setFrom(ByteBuffer.allocate(0)),
            s -> s.setFrom(ByteBuffer.wrap(new byte[] {3})),
            s -> s.setTo(ByteBuffer.wrap(new byte[] {(byte) random.nextInt(3, 256)})),
            s -> s.setTo(ByteBuffer.allocate(2 + random.nextInt(9))),
            s -> s.setEncoding(StateEncoding.UINT16_LE),
            s -> s.setPathEntropy(floats(nonsense())),
            s -> s.setPathEntropy(floats(0, 0)),
            s -> s.setSoftTo(floats(0.5f, nonsense(), 0.5f)),
            s -> s.setSoftTo(floats(0.5f, -0.5f, 1)),
            s -> s.setSoftTo(floats(1)),
            s -> s.setDataLatent(floats(nonsense(), 0, 0)),
            s -> s.setClasses(ByteBuffer.allocate(2)),
            s -> s.setClassReference(Sweeps.bytes(8).putDouble(Double.NaN).flip()),
            s -> s.setClassReference(ByteBuffer.allocate(7)));
    return sweep(spoil.get(random.nextInt(spoil.size())), "invalid");
  }

  private float nonsense() {
    float[] numbers = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    return numbers[random.nextInt(numbers.length)];
  }

  /** In the name of the run that goes on, by one who has seen its records. */
  private Hostile ofVictim() {
    ChainStates.Builder record = ChainStates.newBuilder(victim).setEnd(false);
    String fate =
        switch (random.nextInt(5)) {
          case 0 -> {
            record.setStates(record.getStates() + 1).setSoftTo(null).setDataLatent(null);
            yield "mismatch";
          }
          case 1 -> {
            record.setWorker(record.getWorkers());
            yield "mismatch";
          }
          case 2 -> {
            record.setAttempt(1);
            yield "superseded";
          }
          case 3 -> {
            record.setIncarnation(record.getIncarnation() + 1 + random.nextInt(1_000));
            record.setSweep(random.nextLong(1L << 50));
            yield "second-producer";
          }
          default -> {
            record.setSweep((1L << 52) + random.nextInt(1_000)).setStep(0).setEnd(true);
            yield "step-order";
          }
        };
    return hostile(topics.chainStates(), record.getRun(), record.build(), fate);
  }

  private Hostile misplaced() {
    Hostile good = random.nextBoolean() ? sweep(s -> {}, OPEN) : update(u -> {}, OPEN);
    int elsewhere =
        (good.partition() + random.nextInt(1, Topics.DEFAULT_PARTITIONS))
            % Topics.DEFAULT_PARTITIONS;
    return switch (random.nextInt(4)) {
      case 0 -> new Hostile(good.topic(), good.partition(), null, good.value(), "wrong-partition");
      case 1 -> new Hostile(good.topic(), elsewhere, good.key(), good.value(), "wrong-partition");
      case 2 ->
          new Hostile(
              good.topic(), good.partition(), bytes("other"), good.value(), "wrong-partition");
      default -> {
        byte[] long1 = new byte[2_000];
        random.nextBytes(long1);
        yield new Hostile(good.topic(), good.partition(), long1, good.value(), "wrong-partition");
      }
    };
  }

  private Hostile invalidUpdate() {
    List<Consumer<GradientUpdate>> spoil =
        List.of(
            u -> u.setAttempt(0),
            u -> u.setWorker(random.nextBoolean() ? -1 : 4_096),
            u -> u.setStep(random.nextBoolean() ? -1 : Long.MAX_VALUE),
            u -> u.setSequence(-1),
            u -> u.setLogLikelihood(Double.NaN),
            u -> u.setLogLikelihood(Double.NEGATIVE_INFINITY),
            u -> u.setGradientAngle(random.nextBoolean() ? Double.NaN : 4),
            u -> u.setBlocks(List.of(block("W", -1))),
            u -> u.setBlocks(List.of(block("W", nonsense()))),
            u -> u.setBlocks(List.of(block(IDS.get(4), 1))),
            u -> u.setBlocks(List.of(block("a,b\"\n", 1))),
            u -> u.setBlocks(List.of(block("\u001b[2J", 1))),
            u -> u.setBlocks(List.of(block("", 1))),
            u -> u.setBlocks(Collections.nCopies(4_097, block("W", 1))));
    return update(spoil.get(random.nextInt(spoil.size())), "invalid");
  }

  private Hostile invalidRegistration() {
    List<Consumer<Run>> ofRun =
        List.of(
            r -> r.setAttempt(0),
            r -> r.setStates(random.nextBoolean() ? -1 : 65_536),
            r -> r.setStartStep(-1),
            r -> r.setModel("m".repeat(65)),
            r -> r.setAlgorithm("a\u001b[2J"),
            r -> r.setNotes("n".repeat(65_537)),
            r -> r.setSettings(Map.of("s".repeat(70_000), "")),
            r -> r.setTags(Collections.nCopies(30_000, "tag")));
    List<Consumer<Worker>> ofWorker =
        List.of(
            w -> w.setAttempt(-1),
            w -> w.setWorker(random.nextBoolean() ? -1 : 4_096),
            w -> w.setStep(-1),
            w -> w.setDropped(-1),
            w -> w.setMessage("m".repeat(70_000)));
    return switch (random.nextInt(4)) {
      case 0 -> random.nextBoolean() ? run(r -> {}, ACCEPTED) : worker(w -> {}, ACCEPTED);
      case 1 -> worker(ofWorker.get(random.nextInt(ofWorker.size())), "invalid");
      default -> run(ofRun.get(random.nextInt(ofRun.size())), "invalid");
    };
  }

  private Hostile notARun() {
    String id = IDS.get(random.nextInt(IDS.size()));
    Hostile named =
        switch (random.nextInt(3)) {
          case 0 -> sweep(s -> s.setRun(id), "invalid");
          case 1 -> update(u -> u.setRun(id), "invalid");
          default -> run(r -> r.setRun(id), "invalid");
        };
    byte[] key = bytes(id);
    int home = Topics.partitionFor(key, Topics.DEFAULT_PARTITIONS);
    return new Hostile(named.topic(), home, key, named.value(), named.fate());
  }

  /** A good record of which a few bytes of the body were changed. */
  private Hostile mutant() {
    Hostile good =
        sweep(
            s -> {
              s.setRun("mutant-" + random.nextInt(50));
              s.setSweep(random.nextInt(100));
              s.setStep(random.nextInt(100));
            },
            OPEN);
    byte[] value = good.value().clone();
    for (int changes = random.nextInt(4); changes > 0; changes--) {
      value[10 + random.nextInt(value.length - 10)] = (byte) random.nextInt(256);
    }
    return new Hostile(good.topic(), good.partition(), good.key(), value, OPEN);
  }

  /** One of very many runs of one sweep, or an update of one, with times that make no sense. */
  private Hostile flood() {
    if (random.nextInt(4) == 0) {
      return update(
          u -> {
            u.setSequence(random.nextLong(Long.MAX_VALUE));
            u.setAttempt(random.nextInt(1, Integer.MAX_VALUE));
            u.setTimestampMillis(random.nextBoolean() ? Long.MAX_VALUE : random.nextLong());
            u.setUpdateMicros(random.nextLong());
            u.setLearningRate(Double.NaN);
          },
          ACCEPTED);
    }
    return sweep(s -> s.setRun("flood-" + runs++), ACCEPTED);
  }

  private Hostile sweep(Consumer<ChainStates> spoil, String fate) {
    ChainStates record = Sweeps.plain("spoilt-" + random.nextInt(20), 0, 0).build();
    spoil.accept(record);
    return hostile(topics.chainStates(), record.getRun(), record, fate);
  }

  private Hostile update(Consumer<GradientUpdate> spoil, String fate) {
    GradientUpdate record =
        GradientUpdate.newBuilder()
            .setRun("spoilt-" + random.nextInt(20))
            .setAttempt(1)
            .setWorker(0)
            .setIncarnation(7)
            .setSequence(1)
            .setStep(1)
            .setBlocks(List.of(block("W", 1)))
            .build();
    spoil.accept(record);
    return hostile(topics.gradientUpdates(), record.getRun(), record, fate);
  }

  private Hostile run(Consumer<Run> spoil, String fate) {
    Run record =
        Run.newBuilder()
            .setRun("spoilt-" + random.nextInt(20))
            .setAttempt(1)
            .setCreatedMillis(random.nextLong())
            .build();
    spoil.accept(record);
    return hostile(topics.runs(), record.getRun(), record, fate);
  }

  private Hostile worker(Consumer<Worker> spoil, String fate) {
    Worker record =
        Worker.newBuilder()
            .setRun("spoilt-" + random.nextInt(20))
            .setAttempt(1)
            .setWorker(0)
            .setIncarnation(7)
            .setStep(1)
            .setState(WorkerState.RUNNING)
            .setHeartbeatMillis(random.nextLong())
            .setPromisedIntervalMillis(random.nextLong())
            .build();
    spoil.accept(record);
    return hostile(
        topics.runs(), Topics.workerKey(record.getRun(), record.getWorker()), record, fate);
  }

  private static Hostile hostile(
      Topics.Topic topic, String key, SpecificRecord record, String fate) {
    byte[] bytes = bytes(key);
    return new Hostile(
        topic,
        Topics.partitionFor(bytes, Topics.DEFAULT_PARTITIONS),
        bytes,
        RecordCodec.encode(record),
        fate);
  }

  private static GradientBlock block(String name, double norm) {
    return new GradientBlock(name, List.of(1), null, norm);
  }

  private static ByteBuffer floats(float... values) {
    ByteBuffer floats = Sweeps.bytes(values.length * Float.BYTES);
    for (float value : values) {
      floats.putFloat(value);
    }
    return floats.flip();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
