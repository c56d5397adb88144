package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.WorkerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunArchiveTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String RUN = "glyphs-1";

  private Instant now = Instant.ofEpochMilli(Records.EPOCH);
  private final RunArchive archive =
      new RunArchive(
          new Clock() {
            @Override
            public Instant instant() {
              return now;
            }

            @Override
            public ZoneId getZone() {
              return ZoneOffset.UTC;
            }

            @Override
            public Clock withZone(ZoneId zone) {
              return this;
            }
          });

  @Test
  void updates_areFoldedIntoCurves() {
    archive.accept(Records.run(RUN).build());
    for (int step = 0; step < 3; step++) {
      archive.accept(Records.update(RUN, step).setLogLikelihood(-100.0 + step).build());
    }
    JsonNode updates = series().get("updates");
    assertThat(updates.get("step").toString()).isEqualTo("[0,1,2]");
    assertThat(updates.at("/logLikelihood/mean").toString()).isEqualTo("[-100,-99,-98]");
    assertThat(updates.at("/gradientNorm.W/max").toString()).isEqualTo("[0.25,0.25,0.25]");
    assertThat(run().get("step").asLong()).isEqualTo(3);
    assertThat(run().get("logLikelihood").asDouble()).isEqualTo(-98);
  }

  @Test
  void aRecordThatComesTwice_orFromASecondProcess_countsOnce() {
    archive.accept(Records.update(RUN, 0).setLogLikelihood(-1.0).build());
    archive.accept(Records.update(RUN, 0).setLogLikelihood(-1.0).build());
    archive.accept(Records.update(RUN, 1).setIncarnation(43).setLogLikelihood(-9.0).build());
    archive.read(
        RUN,
        history -> {
          assertThat(history.updates().size()).isEqualTo(1);
          assertThat(history.updates().count(0, "logLikelihood")).isEqualTo(1);
          return history;
        });
  }

  @Test
  void aHigherAttempt_supersedesTheStepsFromItsStart_andOneLineIsShown() {
    archive.accept(Records.run(RUN).build());
    for (int step = 0; step < 10; step++) {
      archive.accept(Records.update(RUN, step).setLogLikelihood(-1.0).build());
    }
    archive.accept(Records.window(RUN, 4).build());
    archive.accept(Records.window(RUN, 9).build());

    archive.accept(Records.run(RUN).setAttempt(2).setStartStep(6).build());
    assertThat(series().at("/updates/step").toString()).isEqualTo("[0,1,2,3,4,5]");
    assertThat(series().at("/windows/step").toString()).isEqualTo("[4]");

    archive.accept(Records.update(RUN, 9).setSequence(9).setLogLikelihood(-1.0).build());
    for (int step = 6; step < 8; step++) {
      archive.accept(
          Records.update(RUN, step)
              .setAttempt(2)
              .setIncarnation(99)
              .setSequence(step - 6)
              .setLogLikelihood(-2.0)
              .build());
    }
    assertThat(series().at("/updates/step").toString()).isEqualTo("[0,1,2,3,4,5,6,7]");
    assertThat(series().at("/updates/logLikelihood/mean").toString())
        .isEqualTo("[-1,-1,-1,-1,-1,-1,-2,-2]");
    assertThat(run().get("attempt").asInt()).isEqualTo(2);
  }

  @Test
  void readAgainFromTheBeginning_theOldAttemptEndsWhereTheNewOneStarts() {
    archive.accept(Records.run(RUN).setAttempt(2).setStartStep(2).build());
    for (int step = 0; step < 4; step++) {
      archive.accept(Records.update(RUN, step).build());
    }
    archive.accept(Records.update(RUN, 2).setAttempt(2).setIncarnation(99).setSequence(0).build());
    assertThat(series().at("/updates/step").toString()).isEqualTo("[0,1,2]");
  }

  @Test
  void anEstimateThatIsNone_isAGapWithItsReason() {
    archive.accept(Records.window(RUN, 24).build());
    archive.accept(
        Records.window(RUN, 49)
            .setEntropyProduction(Records.without(EstimateStatus.INSUFFICIENT))
            .build());
    archive.accept(
        Records.window(RUN, 74)
            .setEntropyProduction(Records.without(EstimateStatus.FROZEN))
            .setSoftEntropyProduction(null)
            .build());
    JsonNode windows = series().get("windows");
    assertThat(windows.at("/entropyProduction/mean").toString()).isEqualTo("[1.5,null,null]");
    assertThat(windows.at("/entropyProduction/lower").toString()).isEqualTo("[1.35,null,null]");
    assertThat(windows.at("/entropyProduction/status").toString())
        .isEqualTo("[\"estimated\",\"insufficient\",\"frozen\"]");
    assertThat(windows.at("/softEntropyProduction/status").toString())
        .isEqualTo("[\"estimated\",\"estimated\",null]");
  }

  @Test
  void noNumberThatIsNone_reachesTheJson() {
    archive.accept(
        Records.update(RUN, 0)
            .setLogLikelihood(Double.NaN)
            .setLearningRate(Double.POSITIVE_INFINITY)
            .setBlocks(List.of(GradientBlock.newBuilder().setName("W").setNorm(Double.NaN).build()))
            .build());
    archive.accept(
        Records.window(RUN, 24)
            .setEntropyProduction(Records.estimate("counts", Double.NaN))
            .setCurrentMagnitude(Double.NEGATIVE_INFINITY)
            .build());
    for (Optional<byte[]> body :
        List.of(
            ApiJson.run(archive, RUN),
            ApiJson.series(archive, RUN, 0),
            ApiJson.chain(archive, RUN),
            Optional.of(ApiJson.runs(archive)))) {
      assertThat(new String(body.orElseThrow(), java.nio.charset.StandardCharsets.UTF_8))
          .doesNotContain("NaN", "Infinity");
    }
    assertThat(run().get("logLikelihood").isNull()).isTrue();
    assertThat(run().at("/window/entropyProduction/value").isNull()).isTrue();
  }

  @Test
  void theStateOfARun_isTrueEvenWhenItsProcessWasKilled() {
    archive.accept(Records.run(RUN).build());
    archive.accept(Records.worker(RUN).build());
    assertThat(run().get("state").asText()).isEqualTo("running");
    now = now.plus(Duration.ofMinutes(1));
    assertThat(run().get("state").asText()).isEqualTo("stalled");
    archive.accept(Records.worker(RUN).setState(WorkerState.FINISHED).build());
    assertThat(run().get("state").asText()).isEqualTo("finished");
  }

  @Test
  void theRate_isThatOfTheProducersClock() {
    archive.accept(Records.run(RUN).build());
    for (int step = 0; step < 2_000; step++) {
      archive.accept(Records.update(RUN, step).build()); // 2 ms apart
    }
    assertThat(run().get("updatesPerSecond").asDouble()).isEqualTo(500);
  }

  @Test
  void aDeletedRun_isHiddenAtOnce_andStaysHidden() {
    archive.accept(Records.run(RUN).build());
    archive.accept(Records.run(RUN).setDeleted(true).build());
    archive.accept(Records.update(RUN, 0).build());
    assertThat(archive.ids()).isEmpty();
    assertThat(ApiJson.run(archive, RUN)).isEmpty();
  }

  @Test
  void theChain_isThatOfTheLastWindow() {
    archive.accept(Records.window(RUN, 49).build());
    archive.accept(Records.window(RUN, 24).build()); // read twice after a reconnect
    JsonNode chain = json(ApiJson.chain(archive, RUN));
    assertThat(chain.at("/window/toStep").asLong()).isEqualTo(49);
    assertThat(chain.at("/currents/0/from").asInt()).isZero();
    assertThat(chain.at("/currents/0/to").asInt()).isEqualTo(1);
    assertThat(chain.at("/counts/1").toString()).isEqualTo("[0,1,4000]");
    assertThat(chain.get("stationaryDistribution").size()).isEqualTo(10);
  }

  @Test
  void samples_keepTheirBitsAndTheirShape() {
    archive.accept(Records.run(RUN).setVisible(6).setImageWidth(3).setImageHeight(2).build());
    archive.accept(
        Records.sweep(RUN, 5, 6, new byte[] {0b10_0101}, new byte[] {0b01_0010}).build());
    archive.accept(Records.sweep(RUN, 6, 6).build());
    JsonNode samples = json(ApiJson.samples(archive, RUN));
    assertThat(samples.get("step").asLong()).isEqualTo(5);
    assertThat(samples.get("width").asInt()).isEqualTo(3);
    assertThat(samples.get("height").asInt()).isEqualTo(2);
    assertThat(samples.get("images").toString()).isEqualTo("[\"JQ==\",\"Eg==\"]");
    assertThat(samples.get("states").toString()).isEqualTo("[0,1]");
  }

  @Test
  void samplesWithoutAShape_areLaidOutNearlySquare() {
    archive.accept(Records.sweep(RUN, 0, 7, new byte[1]).build());
    JsonNode samples = json(ApiJson.samples(archive, RUN));
    assertThat(samples.get("width").asInt()).isEqualTo(3);
    assertThat(samples.get("height").asInt()).isEqualTo(3);
  }

  @Test
  void strangeRecords_takeNoMoreThanTheirBounds() {
    for (int block = 0; block < 100; block++) {
      archive.accept(
          Records.update(RUN, block)
              .setBlocks(
                  List.of(GradientBlock.newBuilder().setName("b" + block).setNorm(1).build()))
              .build());
    }
    archive.accept(Records.update(RUN, -1).setSequence(1_000).build());
    archive.accept(Records.sweep(RUN, 0, 8, new byte[1]).setVisible(Integer.MAX_VALUE).build());
    archive.read(
        RUN,
        history -> {
          assertThat(history.updates().quantities()).hasSizeLessThanOrEqualTo(20);
          assertThat(history.updates().bin(0)).isZero();
          return history;
        });
  }

  @Test
  void curves_areKeptForTheRunsHeardOfLast() {
    for (int i = 0; i <= RunArchive.MAX_HISTORIES; i++) {
      String id = "run-" + i;
      archive.accept(Records.run(id).setCreatedMillis(Records.EPOCH + i).build());
      archive.accept(Records.update(id, 0).setTimestampMillis(Records.EPOCH + i).build());
    }
    assertThat(archive.ids()).hasSize(RunArchive.MAX_HISTORIES + 1);
    assertThat(archive.read("run-0", history -> history.updates().size())).hasValue(0);
    assertThat(archive.read("run-1", history -> history.updates().size())).hasValue(1);
    archive.accept(Records.update("run-0", 1).build());
    assertThat(archive.read("run-0", RunHistory::step)).hasValue(2L);
  }

  private JsonNode series() {
    return json(ApiJson.series(archive, RUN, 0));
  }

  private JsonNode run() {
    return json(ApiJson.run(archive, RUN));
  }

  private static JsonNode json(Optional<byte[]> body) {
    try {
      return MAPPER.readTree(body.orElseThrow());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
