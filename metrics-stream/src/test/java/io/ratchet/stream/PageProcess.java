package io.ratchet.stream;

import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.Run;
import io.ratchet.stream.page.HttpServer;
import io.ratchet.stream.page.HttpSettings;
import io.ratchet.stream.page.RunArchive;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The HTTP server in a process of its own, with one long run that goes on and a large scrape. */
final class PageProcess {
  /** As the stream has it. */
  static final String LIMITED = "limited";

  /** A run of so many updates. */
  private static final int UPDATES = 60_000;

  private PageProcess() {}

  /** Arguments: file for its address, {@link #LIMITED} or anything else for no limits. */
  public static void main(String[] args) throws Exception {
    HttpSettings settings = HttpSettings.loopback(0);
    if (!args[1].equals(LIMITED)) {
      settings =
          new HttpSettings(
              settings.host(),
              0,
              Set.of(),
              1_000_000,
              Duration.ofHours(1),
              1_000_000,
              settings.pushInterval(),
              Duration.ofHours(1),
              Long.MAX_VALUE,
              Optional.empty());
    }
    RunArchive archive = new RunArchive(Clock.systemUTC());
    archive.accept(
        Run.newBuilder().setRun("long").setAttempt(1).setCreatedMillis(1).setUpdates(1).build());
    for (int step = 0; step < UPDATES; step++) {
      archive.accept(update(step));
    }
    Thread going =
        new Thread(
            () -> {
              for (int step = UPDATES; ; step++) {
                archive.accept(update(step % (2 * UPDATES)));
                try {
                  Thread.sleep(5);
                } catch (InterruptedException e) {
                  return;
                }
              }
            });
    going.setDaemon(true);
    going.start();
    String series = "ratchet_step{run=\"one-of-two-hundred\",} 12345.0\n";
    try (HttpServer server =
        HttpServer.start(
            settings,
            () -> series.repeat(30_000),
            () -> true,
            archive,
            (run, offset) -> Optional.empty())) {
      ChildProcess.readyUntilEnd(Path.of(args[0]), server.uri().toString());
    }
  }

  private static GradientUpdate update(int step) {
    return GradientUpdate.newBuilder()
        .setRun("long")
        .setAttempt(1)
        .setWorker(0)
        .setIncarnation(1)
        .setSequence(step)
        .setStep(step)
        .setLogLikelihood(Math.sin(step))
        .setBlocks(
            List.of(
                new GradientBlock("W", List.of(1), null, Math.cos(step)),
                new GradientBlock("b", List.of(1), null, Math.tan(step))))
        .setTimestampMillis(1_000L * step + 1)
        .build();
  }
}
