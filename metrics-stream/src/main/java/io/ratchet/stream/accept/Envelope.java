package io.ratchet.stream.accept;

import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Topics;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;
import org.apache.avro.specific.SpecificRecord;

/**
 * What is checked of every record before its content: that it decodes and lies where it belongs.
 */
public final class Envelope {
  private Envelope() {}

  /**
   * Decodes a record.
   *
   * @param partition partition in which it lay
   * @param partitions partitions of its topic
   * @param runOf the run that the record says it is of
   * @throws RejectedException if it does not decode, or lies where its run does not belong
   */
  public static <T extends SpecificRecord> T open(
      byte[] key,
      byte[] value,
      int partition,
      int partitions,
      Class<T> type,
      Function<T, String> runOf)
      throws RejectedException {
    T record;
    try {
      record = RecordCodec.decode(value, type);
    } catch (DecodeException e) {
      throw new RejectedException(Reason.UNDECODABLE, e.getMessage());
    }
    String run = runOf.apply(record);
    if (!Topics.isRunId(run)) {
      throw new RejectedException(Reason.INVALID, "run is not " + Topics.RUN_ID);
    }
    checkPlace(key, run, partition, partitions);
    return record;
  }

  /** Checks that a record lies where its run belongs. */
  static void checkPlace(byte[] key, String run, int partition, int partitions)
      throws RejectedException {
    if (!Arrays.equals(key, run.getBytes(StandardCharsets.UTF_8))) {
      throw new RejectedException(Reason.WRONG_PARTITION, "the key is not the run " + run);
    }
    int home = Topics.partitionFor(key, partitions);
    if (partition != home) {
      throw new RejectedException(
          Reason.WRONG_PARTITION,
          "partition %d; run %s belongs to %d".formatted(partition, run, home));
    }
  }
}
