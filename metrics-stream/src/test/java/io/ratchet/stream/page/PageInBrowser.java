package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.Select;

/** A page in a real browser (Debian's chromium and chromium-driver), fed with a made-up run. */
abstract class PageInBrowser {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  static final String RUN = "glyphs-1";

  @TempDir static Path profile;
  static ChromeDriver browser;

  final Clock clock = Clock.systemUTC();
  final RunArchive archive = new RunArchive(clock);
  final RecordedWindows log = new RecordedWindows();
  final PageFixture fixture = new PageFixture(archive, log, RUN, clock);
  HttpServer server;

  @BeforeAll
  static void openBrowser() {
    assumeTrue(
        Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
        "Debian's chromium and chromium-driver are not installed");
    LoggingPreferences logging = new LoggingPreferences();
    logging.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.setCapability("goog:loggingPrefs", logging);
    options.addArguments(
        List.of(
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1440,1000",
            "--user-data-dir=" + profile));
    File driver = DRIVER.toFile();
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(driver)
                .usingAnyFreePort()
                .build(),
            options);
  }

  @AfterAll
  static void closeBrowser() {
    if (browser != null) {
      browser.quit();
    }
  }

  @BeforeEach
  void open() throws IOException {
    server = start(0);
    browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    browser.executeCdpCommand(
        "Input.dispatchMouseEvent", Map.of("type", "mouseMoved", "x", 1, "y", 1));
    browser.executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of()));
    assertThat(browser.manage().logs().get(LogType.BROWSER)).isNotNull(); // read, so emptied
  }

  @AfterEach
  void close() {
    browser.get("about:blank"); // no page is left that complains of a server that is gone
    server.close();
  }

  HttpServer start(int port) throws IOException {
    return HttpServer.start(HttpSettings.loopback(port), () -> "", () -> true, archive, log);
  }

  List<String> rows() {
    return texts("#view-runs tbody th");
  }

  /** Number of pixels that are not transparent on the first canvas that a selector finds. */
  long inked(String selector) {
    Object count =
        browser.executeScript(
            "const c = document.querySelector(arguments[0]); if (!c || !c.width) return 0;"
                + "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                + "let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n;",
            selector);
    return (Long) count;
  }

  /**
   * Number of pixels of a chart that have the hue of a colour of the page, however faint, in a part
   * of the area where it draws, all in shares of that area.
   */
  long coloured(String card, String color, double x0, double x1, double y0, double y1) {
    return count(card, color, x0, x1, y0, y1, 20);
  }

  /** The same over the whole height, where nothing of the ground shines through. */
  long solid(String card, String color, double x0, double x1) {
    return count(card, color, x0, x1, 0, 1, 250);
  }

  private static long count(
      String card, String color, double x0, double x1, double y0, double y1, int opaque) {
    return (Long)
        browser.executeScript(
            """
            const [card, color, x0, x1, y0, y1, opaque] = arguments;
            const canvas = document.querySelector(`${card} canvas`);
            const over = document.querySelector(`${card} .u-over`);
            if (!over || !over.clientWidth) return 0;
            const hex = getComputedStyle(document.documentElement).getPropertyValue(`--${color}`).trim();
            const rgb = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
            const [a, b] = [over.getBoundingClientRect(), canvas.getBoundingClientRect()];
            const scale = canvas.width / b.width;
            const at = [(a.left - b.left + x0 * a.width), (a.top - b.top + y0 * a.height),
              (x1 - x0) * a.width, (y1 - y0) * a.height].map((n) => Math.round(n * scale));
            const d = canvas.getContext('2d').getImageData(...at).data;
            let n = 0;
            for (let i = 0; i < d.length; i += 4) {
              n += d[i + 3] >= opaque && rgb.every((c, k) => Math.abs(c - d[i + k]) < 12);
            }
            return n;
            """,
            card,
            color,
            x0,
            x1,
            y0,
            y1,
            opaque);
  }

  /** What comes last is there: nothing moves any more under a pointer or a cursor. */
  void awaitTheWholePage() {
    await("the curves", () -> inked("#divergence canvas") > 100);
    await("the images", () -> !browser.findElements(By.cssSelector("#chain image")).isEmpty());
    browser.executeAsyncScript(
        "const done = arguments[arguments.length - 1];"
            + "requestAnimationFrame(() => requestAnimationFrame(done));");
  }

  /** Chooses, and takes the pointer off the charts, which show what is under it. */
  void choose(String selector, String value) {
    Awaitility.await(value)
        .ignoreException(StaleElementReferenceException.class) // the page has just listed anew
        .untilAsserted(
            () -> new Select(browser.findElement(By.cssSelector(selector))).selectByValue(value));
    browser.executeCdpCommand(
        "Input.dispatchMouseEvent", Map.of("type", "mouseMoved", "x", 1, "y", 1));
  }

  Object script(String script) {
    return browser.executeScript(script);
  }

  String text(String id) {
    return String.valueOf(
        browser.executeScript("return document.getElementById(arguments[0]).textContent", id));
  }

  /** What a reader sees of each element, in one moment. */
  @SuppressWarnings("unchecked")
  List<String> texts(String selector) {
    return (List<String>)
        browser.executeScript(
            "return [...document.querySelectorAll(arguments[0])]"
                + ".map((e) => e.innerText.replace(/[ \\t\\n]+/g, ' ').trim())",
            selector);
  }

  /** The value and the small print of a key figure, run together. */
  String figure(String name) {
    return String.valueOf(
        browser.executeScript(
            "const f = [...document.querySelectorAll('.figure')]"
                + ".find(f => f.children[0].textContent === arguments[0]);"
                + "return f ? f.children[1].textContent + f.children[2].textContent : ''",
            name));
  }

  static void await(String what, java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(100))
        .until(condition);
  }

  static void awaitThat(org.awaitility.core.ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(assertion);
  }

  void assertQuiet() {
    assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
        // What inked() is told about its own way of looking.
        .filteredOn(entry -> !entry.getMessage().contains("willReadFrequently"))
        .isEmpty();
  }
}
