package io.ratchet.stream.accept;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import io.ratchet.stream.Sweeps;
import io.ratchet.stream.store.BytesWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import org.junit.jupiter.api.Test;

/** Reading one record after another beside reading each for itself. */
class SweepSequenceTest {
  private static final int PARTITIONS = 6;

  @Property(tries = 300, shrinking = ShrinkingMode.OFF)
  void whatCameBefore_changesNothing(@ForAll long seed) {
    Random random = new Random(seed);
    SweepSequence sequence = new SweepSequence(PARTITIONS);
    for (int i = 0; i < 60; i++) {
      String run = random.nextInt(4) == 0 ? "run-b" : "run-a";
      byte[] key = bytes(random.nextInt(10) == 0 ? "run-b" : run);
      byte[] value = RecordCodec.encode(record(run, i, random));
      if (random.nextInt(5) == 0) { // above all what two records have in common
        value[10 + random.nextInt(Math.min(40, value.length - 10))] = (byte) random.nextInt();
      }
      if (random.nextInt(10) == 0) {
        value = Arrays.copyOf(value, random.nextInt(value.length));
      }
      int partition =
          random.nextInt(10) == 0
              ? random.nextInt(PARTITIONS)
              : Topics.partitionFor(key, PARTITIONS);

      assertThat(read(sequence, key, value, partition))
          .isEqualTo(read(new SweepSequence(PARTITIONS), key, value, partition));
    }
  }

  @Test
  void theRecordsOfAWorker_shareRunAndShape() throws RejectedException {
    SweepSequence sequence = new SweepSequence(PARTITIONS);
    byte[] key = bytes("run-a");
    int partition = Topics.partitionFor(key, PARTITIONS);
    byte[] value = RecordCodec.encode(Sweeps.plain("run-a", 0, 0).build());
    Sweep first = sequence.next(key, value, partition);
    value = RecordCodec.encode(Sweeps.plain("run-a", 1, 300).build());
    Sweep second = sequence.next(key.clone(), value, partition);

    assertThat(second.step()).isEqualTo(300);
    assertThat(second.run()).isSameAs(first.run());
    assertThat(second.shape()).isSameAs(first.shape());
  }

  /** A record that is good, or nearly. */
  private static ChainStates record(String run, int sweep, Random random) {
    return Sweeps.plain(random.nextInt(20) == 0 ? "Not A Run" : run, sweep, 10L * sweep)
        .setAttempt(1 + random.nextInt(8) / 7)
        .setWorker(random.nextInt(8) / 7)
        .setWorkers(2)
        .setChains(random.nextInt(20) == 0 ? -1 : 300)
        .setStates(random.nextInt(8) == 0 ? 200 : 3)
        .setExpectation(random.nextInt(8) == 0 ? Expectation.DRIVEN : Expectation.IRREVERSIBLE)
        .build();
  }

  /** Everything that is read of a record, or why it is refused. */
  private static String read(SweepSequence sequence, byte[] key, byte[] value, int partition) {
    try {
      Sweep sweep = sequence.next(key, value, partition);
      BytesWriter transitions = new BytesWriter();
      sweep.transitions().writeTo(transitions);
      return "%s %d %d %d %s %d %d %d %s %s"
          .formatted(
              sweep.run(),
              sweep.attempt(),
              sweep.worker(),
              sweep.incarnation(),
              sweep.shape(),
              sweep.chainOffset(),
              sweep.step(),
              sweep.number(),
              sweep.end(),
              HexFormat.of().formatHex(transitions.toBytes()));
    } catch (RejectedException e) {
      return e.reason() + ": " + e.getMessage();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
