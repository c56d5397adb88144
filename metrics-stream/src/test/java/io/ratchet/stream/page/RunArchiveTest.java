package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.WorkerState;
import io.ratchet.stream.SetClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RunArchiveTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String RUN = "glyphs-1";

  private final SetClock clock = new SetClock(Instant.ofEpochMilli(Records.EPOCH));
  private final RunArchive archive = new RunArchive(clock);

  @Test
  void updates_areFoldedIntoCurves() {
    archive.accept(Records.run(RUN).build());
    for (int step = 0; step < 3; step++) {
      archive.accept(
          Records.update(RUN, step)
              .setLogLikelihood(-100.0 + step)
              .setGradientAngle(step == 1 ? 0.75 : null)
              .build());
    }
    JsonNode updates = series().get("updates");
    assertThat(updates.at("/gradientAngle/mean").toString()).isEqualTo("[null,0.75,null]");
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
            archive.read(RUN, h -> ApiSeries.json(h, SeriesQuery.overview(0))),
            archive.read(RUN, ApiJson::chain),
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
    clock.advance(Duration.ofMinutes(1));
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
    JsonNode chain = json(archive.read(RUN, ApiJson::chain));
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
    JsonNode samples = json(archive.read(RUN, ApiJson::samples));
    assertThat(samples.get("step").asLong()).isEqualTo(5);
    assertThat(samples.get("width").asInt()).isEqualTo(3);
    assertThat(samples.get("height").asInt()).isEqualTo(2);
    assertThat(samples.get("images").toString()).isEqualTo("[\"JQ==\",\"Eg==\"]");
    assertThat(samples.get("states").toString()).isEqualTo("[0,1]");
  }

  @Test
  void samplesWithoutAShape_areLaidOutNearlySquare() {
    archive.accept(Records.sweep(RUN, 0, 7, new byte[1]).build());
    JsonNode samples = json(archive.read(RUN, ApiJson::samples));
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

  @Test
  void aWindowOfThePast_isReadFromTheLog_byTheStepAtWhichItEnds() {
    RecordedWindows log = new RecordedWindows();
    for (int toStep = 24; toStep < 100; toStep += 25) {
      Thermodynamics window = Records.window(RUN, toStep).setTransitions(toStep).build();
      archive.accept(window, log.append(window), -1);
    }
    assertThat(chainAt(log, 50).at("/window/toStep").asLong()).isEqualTo(49);
    assertThat(chainAt(log, 49).at("/window/transitions").asLong()).isEqualTo(49);
    assertThat(chainAt(log, 49).get("number").asInt()).isEqualTo(1);
    assertThat(chainAt(log, 3).at("/window/toStep").asLong()).isEqualTo(24);
    assertThat(chainAt(log, 1_000).at("/window/toStep").asLong()).isEqualTo(99);
    assertThat(chainAt(log, 1_000).get("windows").asInt()).isEqualTo(4);
    assertThat(chainAt(log, 0).get("firstToStep").asInt()).isEqualTo(24);
    // What a higher attempt supersedes is not found any more.
    archive.accept(Records.run(RUN).setAttempt(2).setStartStep(60).build());
    assertThat(chainAt(log, 1_000).get("lastToStep").asInt()).isEqualTo(49);
    // A window that cannot be read is absent, not another.
    WindowLog broken = (run, offset) -> Optional.empty();
    assertThat(chainAt(broken, 24).get("window").isNull()).isTrue();
  }

  @Test
  void windows_haveTheTimeOfTheirRecord_whereItIsKnown_andARunOfSweepsAloneIsHeardOf() {
    clock.advance(Duration.ofMillis(7));
    archive.accept(Records.window(RUN, 24).build(), 0, Records.EPOCH + 7);
    archive.accept(Records.window(RUN, 49).build(), 1, -1);
    assertThat(series().at("/windows/timeMillis/max").toString())
        .isEqualTo("[" + (Records.EPOCH + 7) + ",null]");
    assertThat(run().get("activeMillis").asLong()).isEqualTo(Records.EPOCH + 7);
  }

  @Test
  void theFirstStep_isKnown_howeverManyAreJoinedInABin() {
    archive.accept(Records.run(RUN).build());
    assertThat(series().at("/updates/first").isNull()).isTrue();
    for (int step = 5; step < 3_000; step++) {
      archive.accept(Records.update(RUN, step).build());
    }
    assertThat(series().at("/updates/step/0").asLong()).isGreaterThan(5);
    assertThat(series().at("/updates/first").asLong()).isEqualTo(5);
  }

  private JsonNode chainAt(WindowLog log, long step) {
    return json(ApiJson.chain(archive, log, RUN, index -> index.at(step)));
  }

  @Test
  void alertsAndAttempts_areToldWithTheRun_exceptWhatAHigherAttemptSupersedes() {
    archive.accept(Records.run(RUN).build());
    archive.accept(alert(AlertAction.RAISED, 1, 200));
    archive.accept(alert(AlertAction.RAISED, 1, 400));
    assertThat(run().get("alerts")).hasSize(2);
    assertThat(run().at("/alerts/0/kind").asText()).isEqualTo("collapse");
    archive.accept(Records.run(RUN).setAttempt(2).setStartStep(300).build());
    assertThat(run().get("alerts")).hasSize(1);
    assertThat(run().at("/attempts").toString())
        .isEqualTo("[{\"attempt\":1,\"startStep\":0},{\"attempt\":2,\"startStep\":300}]");
  }

  private static Alert alert(AlertAction action, int attempt, long toStep) {
    return Alert.newBuilder()
        .setRun(RUN)
        .setAttempt(attempt)
        .setKind(AlertKind.COLLAPSE)
        .setAction(action)
        .setSequence(0)
        .setFromStep(Math.max(0, toStep - 500))
        .setToStep(toStep)
        .build();
  }

  @Test
  void whenAllSeriesTogetherTakeTooMuch_theRunHeardOfLongestAgo_keepsItsOverviewAlone() {
    RunArchive small = new RunArchive(Clock.systemUTC(), 400_000, Long.MAX_VALUE);
    for (String run : List.of("old", "new")) {
      for (int step = 0; step < 3_000; step++) {
        small.accept(
            Records.update(run, step)
                .setTimestampMillis(Records.EPOCH + step + (run.equals("new") ? 10_000 : 0))
                .build());
      }
    }
    SeriesQuery closely = new SeriesQuery(0, 100, 109, 1_024, 0);
    JsonNode recent = json(small.read("new", h -> ApiSeries.json(h, closely)));
    assertThat(recent.get("full").asBoolean()).isTrue();
    assertThat(recent.at("/updates/step")).hasSize(10);
    JsonNode old = json(small.read("old", h -> ApiSeries.json(h, closely)));
    assertThat(old.get("full").asBoolean()).isFalse();
    assertThat(old.at("/updates/stride").asInt()).isEqualTo(4);
    assertThat(old.at("/updates/step")).hasSize(750);
  }

  @Test
  void ofMoreRunsThanFit_theOneHeardOfLongestAgoIsForgotten_andComesBackWhenItSpeaks() {
    clock.advance(Duration.ofSeconds(1_000_000));
    for (int i = 0; i < RunArchive.MAX_RUNS + 5; i++) {
      archive.accept(Records.run("run-" + i).setCreatedMillis(Records.EPOCH + i).build());
    }
    assertThat(archive.ids()).hasSize(RunArchive.MAX_RUNS).doesNotContain("run-0", "run-4");
    archive.accept(Records.run("run-0").setCreatedMillis(Records.EPOCH + 1_000_000).build());
    assertThat(archive.ids())
        .hasSize(RunArchive.MAX_RUNS)
        .contains("run-0")
        .doesNotContain("run-5");
  }

  @Test
  void aRunThatSaysMuch_takesTheRoomOfMany_andAWordFromTheFutureIsOneFromNow_andAges() {
    RunArchive small = new RunArchive(Clock.systemUTC(), Long.MAX_VALUE, 100_000);
    small.accept(Records.run("from-the-future").setCreatedMillis(Long.MAX_VALUE).build());
    for (int i = 0; i < 10; i++) {
      small.accept(
          Records.run("loud-" + i).setCreatedMillis(i + 1).setNotes("n".repeat(20_000)).build());
    }
    assertThat(small.ids()).hasSizeBetween(2, 3).contains("loud-9", "from-the-future");
    for (int i = 0; i < 10; i++) {
      small.accept(
          Records.run("later-" + i)
              .setCreatedMillis(System.currentTimeMillis() + 1_000)
              .setNotes("n".repeat(20_000))
              .build());
    }
    assertThat(small.ids()).doesNotContain("from-the-future");
  }

  @Test
  void whateverItsClockSays_theMomentsOfARunAreFew() {
    for (int step = 0; step < 10_000; step++) {
      archive.accept(Records.update(RUN, step).setTimestampMillis(Long.MAX_VALUE).build());
    }
    assertThat(archive.read(RUN, RunHistory::moments))
        .hasValueSatisfying(moments -> assertThat(moments).isLessThan(100));
  }

  @Test
  void csv_hasARowForEachStep_andNothingWhereThereIsNoNumber() {
    archive.accept(Records.update(RUN, 0).setLogLikelihood(null).build());
    archive.accept(Records.update(RUN, 1).setLogLikelihood(-0.1).build());
    SeriesQuery all = SeriesQuery.of(name -> null, SeriesQuery.MAX_POINTS);
    String csv = text(archive.read(RUN, h -> ApiSeries.updatesCsv(h, all)));
    assertThat(csv.lines().toList())
        .element(0)
        .asString()
        .startsWith("step,learningRate,learningRate.min,learningRate.max,updateMicros");
    assertThat(csv.lines().skip(1))
        .first()
        .asString()
        .startsWith("0,0.01,0.01,0.01,2000.0")
        .endsWith(",,,");
    assertThat(csv.lines().skip(2)).first().asString().endsWith(",-0.1,-0.1,-0.1");
    archive.accept(
        Records.window(RUN, 24)
            .setEntropyProduction(Records.without(EstimateStatus.FROZEN))
            .build());
    String windows = text(archive.read(RUN, h -> ApiSeries.windowsCsv(h, all)));
    assertThat(windows.lines().toList())
        .satisfies(lines -> assertThat(lines.get(0)).startsWith("step,entropyProduction,"))
        .satisfies(lines -> assertThat(lines.get(1)).startsWith("24,,,,frozen,1.7,"))
        .hasSize(2);
  }

  private static String text(Optional<byte[]> bytes) {
    return new String(bytes.orElseThrow(), StandardCharsets.UTF_8);
  }

  @Test
  void theList_tellsTheShapeOfEachRun_inAFewNumbers() {
    for (int toStep = 24; toStep < 5_000; toStep += 25) {
      archive.accept(
          Records.window(RUN, toStep)
              .setEntropyProduction(
                  toStep < 2_500
                      ? Records.without(EstimateStatus.INSUFFICIENT)
                      : Records.estimate("counts", 2))
              .build());
    }
    JsonNode sparkline = json(Optional.of(ApiJson.runs(archive))).at("/runs/0/sparkline");
    assertThat(sparkline).hasSize(32);
    assertThat(sparkline.get(0).isNull()).isTrue();
    assertThat(sparkline.get(31).asDouble()).isEqualTo(2);
  }

  private JsonNode series() {
    return json(archive.read(RUN, h -> ApiSeries.json(h, SeriesQuery.overview(0))));
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
