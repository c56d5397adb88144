package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.Select;

/** A real browser on a real pipeline: trainer, Kafka, stream and page, clicked through. */
@Tag("faults")
class WatchedPipelineIT {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir Path directory;
  private ChromeDriver browser;

  @AfterEach
  void close() {
    if (browser != null) {
      browser.quit();
    }
  }

  @Test
  void everyView_showsWhatTheTrainerDoes_whileItDoesIt() throws Exception {
    assumeTrue(
        Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
        "Debian's chromium and chromium-driver are not installed");
    demo("--once", "--updates", "600", "--pace", "0").output(0, PATIENCE);
    try (RatchetProcess demo = demo("--updates", "4000", "--pace", "100", "--seed", "2")) {
      String page = demo.line();
      open();
      browser.get(page);
      await("the run", "#name", "demo-2");
      await("windows", "#windows output", "the newest");
      await("samples", "#samples figcaption", "“");
      Awaitility.await("mean images")
          .atMost(PATIENCE)
          .until(() -> !browser.findElements(By.cssSelector("#chain image")).isEmpty());
      // Live: the newest window moves on by itself, and says how far training is ahead.
      String covers = text("#covers");
      assertThat(covers).contains("Training is ", " ahead.");
      Awaitility.await("the next window")
          .atMost(PATIENCE)
          .until(() -> !text("#covers").equals(covers));

      for (String folded : List.of("#matrix-part", "#over-steps-part", ".about")) {
        // By key: the page moves under a pointer while windows come in.
        browser.findElement(By.cssSelector(folded + " > summary")).sendKeys(Keys.ENTER);
      }
      Awaitility.await("the heat map")
          .atMost(PATIENCE)
          .until(
              () ->
                  number(
                          "document.getElementById('matrix').getAttribute('aria-label')?.length ?? 0")
                      > 0);
      assertThat(browser.findElement(By.id("matrix")).getDomAttribute("aria-label"))
          .startsWith("Matrix of ");
      Awaitility.await("their rows")
          .atMost(PATIENCE)
          .until(() -> browser.findElements(By.cssSelector("#over-steps tbody tr")).size() > 1);
      assertThat(text("#about")).contains("data digest (SHA-256)", "version of");

      for (String axis : List.of("relative-step", "time", "relative-time", "step")) {
        choose("#x", axis);
      }
      choose("#smooth", "100");
      WebElement plot = browser.findElement(By.cssSelector("#log-likelihood .plot"));
      plot.sendKeys("+");
      Awaitility.await("the cursor") // a curve that is just being made anew has none yet
          .atMost(PATIENCE)
          .pollInterval(Duration.ofMillis(500))
          .until(
              () -> {
                plot.sendKeys(Keys.ARROW_RIGHT);
                return text("#log-likelihood .keys").contains("step ");
              });
      plot.sendKeys(Keys.ESCAPE);

      browser.findElement(By.cssSelector("#windows input")).sendKeys(Keys.HOME);
      await("the first window", "#windows output", "Window 1 of ");
      await("its figures", "#covers", "steps 0–24,");
      choose("#windows select", "20");
      browser.findElement(By.cssSelector("#windows [data-do=play]")).click();
      await("the replay's end", "#windows output", "the newest");

      browser.findElement(By.id("to-runs")).click();
      await("the other run", "#view-runs tbody", "demo-1");
      for (WebElement box : browser.findElements(By.cssSelector("#view-runs tbody input"))) {
        box.click();
      }
      browser.findElement(By.cssSelector("#view-runs .compare")).click();
      await("what differs", "#view-compare tbody", "seed");
      Awaitility.await("the curves")
          .atMost(PATIENCE)
          .until(() -> browser.findElements(By.cssSelector("#view-compare canvas")).size() >= 5);
      assertThat(browser.manage().logs().get(LogType.BROWSER).getAll()).isEmpty();
    }
  }

  private void open() {
    LoggingPreferences logging = new LoggingPreferences();
    logging.enable(LogType.BROWSER, Level.ALL);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(CHROMIUM.toFile());
    options.setCapability("goog:loggingPrefs", logging);
    options.addArguments(
        "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1440,1000");
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(DRIVER.toFile())
                .usingAnyFreePort()
                .build(),
            options);
  }

  private RatchetProcess demo(String... more) {
    List<String> args = new ArrayList<>(List.of("demo", "--dir", directory.toString()));
    args.addAll(List.of("--http", "127.0.0.1:0", "--port", "0"));
    args.addAll(List.of(more));
    return RatchetProcess.ratchet(args.toArray(new String[0]));
  }

  private void choose(String selector, String value) {
    new Select(browser.findElement(By.cssSelector(selector))).selectByValue(value);
    browser.executeCdpCommand(
        "Input.dispatchMouseEvent", Map.of("type", "mouseMoved", "x", 1, "y", 1));
  }

  private long number(String expression) {
    return ((Number) browser.executeScript("return " + expression)).longValue();
  }

  private String text(String selector) {
    return String.valueOf(
        browser.executeScript(
            "return document.querySelector(arguments[0])?.textContent ?? ''", selector));
  }

  private void await(String what, String selector, String expected) {
    Awaitility.await(what).atMost(PATIENCE).until(() -> text(selector).contains(expected));
  }
}
