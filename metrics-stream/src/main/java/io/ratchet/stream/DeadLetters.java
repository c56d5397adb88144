package io.ratchet.stream;

import io.ratchet.schema.Topics;
import io.ratchet.stream.accept.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.processor.api.Record;

/**
 * Records that were refused, as they go to their topic: original key and bytes, cut to 512 KiB, and
 * in headers why, where from and how long they were. Header {@code detail} is for a person.
 */
final class DeadLetters {
  /** Longest key that is kept, bytes. */
  static final int MAX_KEY_BYTES = 1 << 10;

  /** Longest header {@code detail}, characters. */
  static final int MAX_DETAIL = 1_000;

  private DeadLetters() {}

  /**
   * A dead letter.
   *
   * @param key key of the refused record, may be null
   * @param value its bytes, may be null
   * @param timestamp its timestamp, milliseconds since 1970
   */
  static Record<byte[], byte[]> of(
      byte[] key,
      byte[] value,
      long timestamp,
      Reason reason,
      String detail,
      String topic,
      int partition,
      long offset) {
    int length = value == null ? 0 : value.length;
    Headers headers =
        new RecordHeaders()
            .add("reason", text(reason.code()))
            .add("topic", text(topic))
            .add("partition", text(Integer.toString(partition)))
            .add("offset", text(Long.toString(offset)))
            .add("length", text(Integer.toString(length)))
            .add("detail", text(detail.substring(0, Math.min(detail.length(), MAX_DETAIL))));
    byte[] kept =
        length <= Topics.MAX_RESULT_BYTES ? value : Arrays.copyOf(value, Topics.MAX_RESULT_BYTES);
    return new Record<>(cut(key), kept, timestamp, headers);
  }

  /** A key may be as long as a value; what is cut off it is no run id anyway. */
  private static byte[] cut(byte[] key) {
    return key == null || key.length <= MAX_KEY_BYTES ? key : Arrays.copyOf(key, MAX_KEY_BYTES);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
