package io.ratchet.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.DecodeException;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.Run;
import io.ratchet.schema.Topics;
import io.ratchet.schema.Worker;
import io.ratchet.stream.HostileRecords.Hostile;
import io.ratchet.stream.accept.RejectedException;
import io.ratchet.stream.accept.SweepSequence;
import io.ratchet.stream.runs.Registrations;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.Test;

/** What is refused for what a record says, before any book is asked; {@link HostileProducersIT}. */
class HostileRecordsTest {
  private static final Set<String> OF_THE_RECORD =
      Set.of("undecodable", "invalid", "wrong-partition");
  private static final Topics TOPICS = Topics.of(Topics.DEFAULT_PREFIX);

  @Test
  void sweepsAndRegistrations_areRefusedForTheReasonThatIsTheirs() {
    Random random = new Random(1);
    HostileRecords source = new HostileRecords(random, Sweeps.plain("victim", 9, 9).build());
    SweepSequence sweeps = new SweepSequence(Topics.DEFAULT_PARTITIONS);
    Set<String> seen = new TreeSet<>();
    for (int i = 0; i < 20_000; i++) {
      Hostile record = source.next();
      boolean sweep = record.topic().name().equals(TOPICS.chainStates().name());
      boolean registration = record.topic().name().equals(TOPICS.runs().name());
      if (record.fate().equals(HostileRecords.OPEN) || !(sweep || registration)) {
        continue;
      }
      String reason = "";
      try {
        if (sweep) {
          var unused = sweeps.next(record.key(), record.value(), record.partition());
        } else {
          check(record);
        }
      } catch (RejectedException e) {
        reason = e.reason().code();
      }
      assertThat(reason)
          .as(() -> describe(record))
          .isEqualTo(OF_THE_RECORD.contains(record.fate()) ? record.fate() : "");
      seen.add(record.topic().name() + " " + record.fate());
    }
    assertThat(seen).hasSize(3 + 5 + 3); // of sweeps: of the record, of the book, accepted
  }

  private static void check(Hostile record) throws RejectedException {
    SpecificRecord decoded;
    try {
      decoded = RecordCodec.decode(record.value());
    } catch (DecodeException e) {
      assertThat(record.fate()).isEqualTo("undecodable");
      throw new RejectedException(io.ratchet.stream.accept.Reason.UNDECODABLE, e.getMessage());
    }
    if (decoded instanceof Run run) {
      Registrations.check(run, record.key(), record.value().length);
    } else if (decoded instanceof Worker worker) {
      Registrations.check(worker, record.key(), record.value().length);
    } else {
      throw new RejectedException(io.ratchet.stream.accept.Reason.UNDECODABLE, "another type");
    }
  }

  private static String describe(Hostile record) {
    try {
      String text = RecordCodec.decode(record.value()).toString();
      return record.fate() + ": " + text.substring(0, Math.min(text.length(), 1_000));
    } catch (DecodeException e) {
      return record.fate() + ": " + e.getMessage();
    }
  }
}
