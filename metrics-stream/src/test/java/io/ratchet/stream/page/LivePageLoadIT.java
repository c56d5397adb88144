package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ratchet.schema.GradientBlock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the page holds up: a run of 10^6 updates, and half an hour of pushes. It logs what it
 * measures; docs/performance.md has the figures. {@code mvn -Pfaults -pl metrics-stream -am verify
 * -Dit.test=LivePageLoadIT -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false}
 */
@Tag("faults")
class LivePageLoadIT {
  private static final Logger LOG = LoggerFactory.getLogger(LivePageLoadIT.class);
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final String RUN = "long";

  private final Clock clock = Clock.systemUTC();
  private final RunArchive archive = new RunArchive(clock);
  private final RecordedWindows log = new RecordedWindows();
  private ChromeDriver browser;

  @BeforeEach
  void open() {
    assumeTrue(
        Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
        "Debian's chromium and chromium-driver are not installed");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1440,1000");
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build(),
            options);
    browser.manage().timeouts().scriptTimeout(Duration.ofSeconds(60));
  }

  @AfterEach
  void close() {
    if (browser != null) {
      browser.quit();
    }
  }

  @Test
  @SuppressWarnings("try") // the server works on its own threads
  void aMillionUpdatesOfEightQuantities_areOpenedZoomedAndSmoothedAtOnce() throws Exception {
    int steps = 1_000_000;
    archive.accept(Records.run(RUN).setUpdates(steps).build());
    long start = System.nanoTime();
    for (int step = 0; step < steps; step++) {
      archive.accept(
          Records.update(RUN, step)
              .setLogLikelihood(-100 + 30 * Math.tanh(step / 3e5) + Math.sin(step * 12.9898))
              .setBlocks(
                  List.of(block("W", step), block("b", step), block("U", step), block("a", step)))
              .build());
      if (step % 25 == 24) {
        var window = Records.window(RUN, step).build();
        archive.accept(window, log.append(window), -1);
      }
    }
    LOG.info("folded in {} s", seconds(start));
    long bytes = archive.read(RUN, RunHistory::fullBytes).orElseThrow();
    LOG.info("the stream keeps {} MB of values for the run", bytes >> 20);
    try (HttpServer server =
        HttpServer.start(HttpSettings.loopback(0), () -> "", () -> true, archive, log)) {
      start = System.nanoTime();
      browser.get(server.uri().toString());
      await("#log-likelihood .plot[data-step='999999']");
      double opened = seconds(start);
      Object paint =
          browser.executeScript(
              "return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null");
      LOG.info("first contentful paint {} ms, all curves drawn after {} s", paint, opened);
      assertThat(opened).isLessThan(5);
      double zoomed = until("'+'", "plot.dataset.stride < before");
      double narrowed = 0;
      for (int times = 0; times < 9; times++) {
        narrowed = until("'+'", "plot.dataset.stride < before");
      }
      LOG.info("half of the steps {} ms, single steps {} ms", zoomed, narrowed);
      double smoothed =
          measure(
              "document.getElementById('smooth').value = '1000';"
                  + "document.getElementById('smooth').dispatchEvent(new Event('change'));",
              "location.search.includes('smooth') && performance.getEntriesByType('resource')"
                  + ".some((e) => e.name.includes('halfLife') && e.responseEnd > 0)");
      LOG.info("smoothed {} ms", smoothed);
      double cursor =
          ((Number)
                  browser.executeScript(
                      "const plot = document.querySelector('#log-likelihood .plot');"
                          + "const start = performance.now();"
                          + "for (let i = 0; i < 100; i += 1) plot.dispatchEvent("
                          + "new KeyboardEvent('keydown', {key: 'ArrowRight', bubbles: true}));"
                          + "return (performance.now() - start) / 100"))
              .doubleValue();
      LOG.info("cursor on all charts, a point on: {} ms; heap {} MB", cursor, heap() >> 20);
      assertThat(List.of(zoomed, narrowed, smoothed))
          .allSatisfy(ms -> assertThat(ms).isLessThan(2_000));
      assertThat(cursor).isLessThan(50);
      assertThat(heap()).isLessThan(64L << 20);
    }
  }

  @Test
  @SuppressWarnings("try") // the server works on its own threads
  void aPageLeftOpenForHalfAnHour_doesNotGrow() throws Exception {
    PageFixture fixture = new PageFixture(archive, log, RUN, clock);
    fixture.advance(2_000);
    // Five pushes a second for 30 minutes, forty times as fast.
    HttpSettings settings =
        new HttpSettings(
            "127.0.0.1",
            0,
            Set.of(),
            100,
            Duration.ofSeconds(30),
            8,
            Duration.ofMillis(5),
            Duration.ofSeconds(10),
            HttpSettings.loopback(0).outstandingBytes(),
            Optional.empty());
    browser.executeCdpCommand(
        "Page.addScriptToEvaluateOnNewDocument",
        Map.of(
            "source",
            "window.pushes = 0; const listen = EventSource.prototype.addEventListener;"
                + "EventSource.prototype.addEventListener = function (name, listener) {"
                + "  return listen.call(this, name, (event) => {"
                + "    window.pushes += name === 'series'; listener(event); }); };"));
    try (HttpServer server = HttpServer.start(settings, () -> "", () -> true, archive, log)) {
      browser.get(server.uri().toString());
      await("#log-likelihood .plot[data-step='1999']");
      List<Long> heaps = new ArrayList<>();
      List<Long> nodes = new ArrayList<>();
      long start = System.nanoTime();
      while (pushes() < 9_000) {
        long before = pushes();
        while (pushes() < before + 1_500) {
          for (int i = 0; i < 50; i++) {
            fixture.advance(20);
            TimeUnit.MILLISECONDS.sleep(5);
          }
        }
        heaps.add(heap() >> 10);
        nodes.add((Long) browser.executeScript("return document.querySelectorAll('*').length"));
        LOG.info(
            "{} pushes: heap {} KB, {} nodes",
            pushes(),
            heaps.get(heaps.size() - 1),
            nodes.get(nodes.size() - 1));
      }
      LOG.info("{} pushes in {} s", pushes(), seconds(start));
      // The first stretch fills caches and the curves up to their bound.
      assertThat(heaps.get(heaps.size() - 1)).isLessThan(heaps.get(1) + 2_048);
      assertThat(nodes.get(nodes.size() - 1)).isLessThan(nodes.get(0) + 100);
    }
  }

  private static GradientBlock block(String name, int step) {
    double norm = 0.1 + Math.abs(Math.sin(step * 78.233 + name.hashCode()));
    return GradientBlock.newBuilder().setName(name).setNorm(norm).build();
  }

  private static double seconds(long start) {
    return Math.round((System.nanoTime() - start) / 1e7) / 100.0;
  }

  private long pushes() {
    return (Long) browser.executeScript("return window.pushes");
  }

  /** Bytes of live JavaScript objects, after a collection. */
  private long heap() {
    browser.executeCdpCommand("HeapProfiler.collectGarbage", Map.of());
    return ((Number) browser.executeCdpCommand("Runtime.getHeapUsage", Map.of()).get("usedSize"))
        .longValue();
  }

  private void await(String selector) {
    Awaitility.await(selector)
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .until(
            () ->
                browser.executeScript("return document.querySelector(arguments[0])", selector)
                    != null);
  }

  /** Milliseconds from a key on the first chart until a condition holds and a frame was drawn. */
  private double until(String key, String condition) {
    return measure(
        "window.before = Number(plot.dataset.stride);"
            + "plot.dispatchEvent(new KeyboardEvent('keydown', {key: "
            + key
            + ", bubbles: true}));",
        condition);
  }

  private double measure(String action, String condition) {
    Object millis =
        browser.executeAsyncScript(
            "const done = arguments[arguments.length - 1];"
                + "const plot = document.querySelector('#log-likelihood .plot');"
                + "const start = performance.now();"
                + action
                + "const look = () => requestAnimationFrame(() => ("
                + condition
                + " ? requestAnimationFrame(() => done(performance.now() - start)) : look()));"
                + "look();");
    return Math.round(((Number) millis).doubleValue());
  }
}
