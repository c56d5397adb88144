package io.ratchet.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.ratchet.schema.DecodeException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import org.apache.avro.SystemLimitException;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.message.BinaryMessageDecoder;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecord;
import org.apache.avro.util.ClassSecurityValidator;
import org.junit.jupiter.api.Test;

class RecordCodecTest {

  @Test
  void everyRecord_comesBackEqual() throws Exception {
    for (SpecificRecord record : GoldenRecords.all().values()) {
      byte[] bytes = RecordCodec.encode(record);
      assertThat(RecordCodec.decode(bytes)).isEqualTo(record).isNotSameAs(record);
      assertThat((SpecificRecord) RecordCodec.decode(bytes, record.getClass())).isEqualTo(record);
    }
  }

  @Test
  void encoding_isAvrosSingleObjectEncoding() throws Exception {
    SpecificRecord record = GoldenRecords.all().get("chain-states-full");
    BinaryMessageDecoder<ChainStates> avros =
        new BinaryMessageDecoder<>(new SpecificData(), ChainStates.getClassSchema());
    assertThat(avros.decode(RecordCodec.encode(record))).isEqualTo(record);
  }

  @Test
  void nothing_isEmpty() {
    assertThat(reason(null)).isEqualTo(Reason.EMPTY);
    assertThat(reason(new byte[0])).isEqualTo(Reason.EMPTY);
  }

  @Test
  void otherFirstBytes_areAnotherFormat() {
    assertThat(reason("{\"run\": \"a text\"}".getBytes(StandardCharsets.UTF_8)))
        .isEqualTo(Reason.MAGIC);
    assertThat(reason(new byte[] {(byte) 0xC3, 2})).isEqualTo(Reason.MAGIC);
  }

  @Test
  void unreleasedSchema_isNamedByItsFingerprint() {
    byte[] bytes = golden("worker-full");
    bytes[2] ^= 1;
    assertThatThrownBy(() -> RecordCodec.decode(bytes))
        .isInstanceOf(DecodeException.class)
        .hasMessageStartingWith("fingerprint: ")
        .hasMessageContaining(HexFormat.of().formatHex(bytes, 2, 10));
  }

  @Test
  void anotherType_isRefused() {
    byte[] bytes = golden("worker-full");
    DecodeException e =
        catchThrowableOfType(DecodeException.class, () -> RecordCodec.decode(bytes, Run.class));
    assertThat(e.reason()).isEqualTo(Reason.TYPE);
  }

  @Test
  void everyPrefix_isTruncated() {
    GoldenRecords.all()
        .keySet()
        .forEach(
            name -> {
              byte[] bytes = golden(name);
              for (int length = 1; length < bytes.length; length++) {
                assertThat(reason(Arrays.copyOf(bytes, length)))
                    .as("%s cut to %d", name, length)
                    .isIn(Reason.TRUNCATED, Reason.MALFORMED);
              }
            });
  }

  @Test
  void oneByteMore_isTrailing() {
    byte[] bytes = golden("alert-full");
    assertThat(reason(Arrays.copyOf(bytes, bytes.length + 1))).isEqualTo(Reason.TRAILING_BYTES);
  }

  @Test
  void lengthBeyondTheInput_isRefusedBeforeAnythingIsAllocated() throws IOException {
    byte[] head = Arrays.copyOf(golden("gradient-update-least"), 10);
    for (long claim : new long[] {1L << 31, Integer.MAX_VALUE, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertThat(reason(body(head, out -> out.writeLong(claim))))
          .as("string")
          .satisfies(RecordCodecTest::refused);
      assertThat(reason(body(head, out -> updateUpToBlocks(out, claim))))
          .satisfies(RecordCodecTest::refused);
      assertThat(
              reason(
                  body(
                      head,
                      out -> {
                        updateUpToBlocks(out, 1);
                        out.writeString("W");
                        out.writeLong(claim); // the shape, an array in an array
                      })))
          .satisfies(RecordCodecTest::refused);
    }
  }

  @Test
  void avrosOwnLimits_areSet() throws IOException {
    RecordCodec.encode(GoldenRecords.all().get("worker-full"));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    encoder.writeLong((1 << 20) + 1);
    encoder.flush();
    byte[] bytes = out.toByteArray();
    assertThatThrownBy(() -> DecoderFactory.get().binaryDecoder(bytes, null).readArrayStart())
        .isInstanceOf(SystemLimitException.class);
    assertThatThrownBy(() -> DecoderFactory.get().binaryDecoder(bytes, null).readString())
        .isInstanceOf(SystemLimitException.class);
  }

  @Test
  void onlyTheContractsClasses_areTrusted() {
    AvroGuard.install();
    ClassSecurityValidator.validate(ChainStates.class);
    assertThatThrownBy(() -> ClassSecurityValidator.validate(ArrayList.class))
        .isInstanceOf(SecurityException.class);
  }

  private interface Body {
    void write(BinaryEncoder out) throws IOException;
  }

  private static byte[] body(byte[] head, Body body) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(head);
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    body.write(encoder);
    encoder.flush();
    return out.toByteArray();
  }

  private static void updateUpToBlocks(BinaryEncoder out, long blocks) throws IOException {
    out.writeString("r");
    out.writeInt(1);
    out.writeInt(0);
    out.writeLong(1);
    out.writeLong(0);
    out.writeLong(0);
    out.writeLong(blocks);
  }

  private static void refused(Reason reason) {
    assertThat(reason).isIn(Reason.TRUNCATED, Reason.MALFORMED);
  }

  private static byte[] golden(String name) {
    return RecordCodec.encode(GoldenRecords.all().get(name));
  }

  private static Reason reason(byte[] bytes) {
    return catchThrowableOfType(DecodeException.class, () -> RecordCodec.decode(bytes)).reason();
  }
}
