package io.ratchet.benchmarks;

import io.ratchet.schema.Topics;
import io.ratchet.stream.page.ArchiveFeed;
import io.ratchet.stream.page.HttpServer;
import io.ratchet.stream.page.HttpSettings;
import io.ratchet.stream.page.RunArchive;
import io.ratchet.stream.page.TopicWindows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

/**
 * The live page of this process in a real Chromium, which notes when each window's point was on its
 * chart: at the end of the frame in which the chart was drawn with it.
 */
final class PagePoints implements AutoCloseable {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

  /** The chart says the last step that it has drawn. */
  private static final String WATCH =
      """
      window.points = [];
      const plot = document.querySelector('#entropy-production .plot');
      new MutationObserver(() => requestAnimationFrame(() => {
        const step = Number(plot.dataset.step);
        if (step > (window.points.at(-1)?.[0] ?? -1)) {
          window.points.push([step, performance.timeOrigin + performance.now()]);
        }
      })).observe(plot, { attributes: true, attributeFilter: ['data-step'] });
      """;

  private final TopicWindows windows;
  private final ArchiveFeed feed;
  private final HttpServer server;
  private final ChromeDriver browser;

  private PagePoints(
      TopicWindows windows, ArchiveFeed feed, HttpServer server, ChromeDriver browser) {
    this.windows = windows;
    this.feed = feed;
    this.server = server;
    this.browser = browser;
  }

  static boolean isPossible() {
    return Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER);
  }

  static PagePoints open(Map<String, String> client, Topics topics, String run)
      throws IOException, InterruptedException {
    RunArchive archive = new RunArchive(Clock.systemUTC());
    TopicWindows windows = TopicWindows.open(topics, Topics.DEFAULT_PARTITIONS, client);
    HttpServer server =
        HttpServer.start(HttpSettings.loopback(0), () -> "", () -> true, archive, windows);
    ArchiveFeed feed = ArchiveFeed.start(archive, topics, client, reason -> {});
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.addArguments(
        List.of("--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1440,1000"));
    ChromeDriver browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build(),
            options);
    browser.get(server.uri() + "?run=" + run);
    browser.executeScript(WATCH);
    return new PagePoints(windows, feed, server, browser);
  }

  /**
   * When the point of each window was seen first.
   *
   * @param lastSteps last step of each window, ascending
   * @param started wall clock at {@code nanos}
   * @return times on the scale of {@code nanos}, 0 where it was not seen
   */
  long[] shown(long[] lastSteps, Instant started, long nanos) {
    double startMillis = started.getEpochSecond() * 1e3 + started.getNano() / 1e6;
    long[] shown = new long[lastSteps.length];
    int window = 0;
    for (Object point : (List<?>) browser.executeScript("return window.points")) {
      long step = ((Number) ((List<?>) point).get(0)).longValue();
      double millis = ((Number) ((List<?>) point).get(1)).doubleValue();
      for (; window < shown.length && lastSteps[window] <= step; window++) {
        shown[window] = nanos + Math.round((millis - startMillis) * 1e6);
      }
    }
    return shown;
  }

  @Override
  public void close() {
    browser.quit();
    feed.close();
    server.close();
    windows.close();
  }
}
