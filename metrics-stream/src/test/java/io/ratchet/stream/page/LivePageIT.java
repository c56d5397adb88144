package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ratchet.schema.Expectation;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Verdict;
import io.ratchet.schema.WorkerState;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.Select;

/** The page in a real browser (Debian's chromium and chromium-driver), fed with a made-up run. */
class LivePageIT {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
  private static final Path DRIVER = Path.of("/usr/bin/chromedriver");
  private static final String RUN = "glyphs-1";

  @TempDir Path profile;
  private final Clock clock = Clock.systemUTC();
  private final RunArchive archive = new RunArchive(clock);
  private final PageFixture fixture = new PageFixture(archive, RUN, clock);
  private HttpServer server;
  private ChromeDriver browser;

  @BeforeEach
  void open() throws IOException {
    assumeTrue(
        Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
        "Debian's chromium and chromium-driver are not installed");
    server = start(0);
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

  @AfterEach
  void close() {
    if (browser != null) {
      browser.quit();
    }
    if (server != null) {
      server.close();
    }
  }

  private HttpServer start(int port) throws IOException {
    return HttpServer.start(HttpSettings.loopback(port), () -> "", () -> true, archive);
  }

  @Test
  void anAlertThatStands_isShown_untilItIsResolved() {
    fixture.advance(500);
    browser.get(server.uri().toString());
    await("the page", () -> !text("covers").isEmpty());
    assertThat(browser.findElements(By.cssSelector("#warnings .alert"))).isEmpty();
    archive.accept(verdict(524, true));
    await(
        "the alert",
        () -> texts("#warnings .alert").stream().anyMatch(each -> each.contains("floor of 0.05")));
    archive.accept(verdict(549, false));
    await("its end", () -> browser.findElements(By.cssSelector("#warnings .alert")).isEmpty());
    assertQuiet();
  }

  @Test
  void theStrongestCycles_haveTheirShareOfAllEntropyProduction_andTheMatrixIsDrawnWhenOpened() {
    fixture.advance(1_000);
    browser.get(server.uri().toString());
    await("the cycles", () -> texts("#cycles tbody tr").size() == 2);
    // 0.03 x 10 and 0.02 x 5 nats are 80 % of all: 0.3 of 0.5 and 0.1 of 0.5.
    assertThat(texts("#cycles tbody td"))
        .containsExactly(
            "0 → 3 → 8 → 1 → … (10 states)",
            "0.0300",
            "10.0",
            "60 %",
            "0 → 3 → 8 → 0",
            "0.0200",
            "5.00",
            "20 %");
    assertThat(browser.findElements(By.cssSelector("#chain .turn"))).hasSizeBetween(8, 10);
    browser.findElement(By.cssSelector("#matrix-part summary")).click();
    await("the matrix", () -> inked("#matrix") > 10_000);
    assertThat(browser.findElement(By.id("matrix")).getAttribute("aria-label"))
        .startsWith("Matrix. Ring of 10 of 10 latent states");
    assertQuiet();
  }

  @Test
  void ofFrozenChains_noCycleIsListed() {
    fixture.advance(100);
    browser.get(server.uri().toString());
    await("frozen", () -> figure("EP, counts").startsWith("frozen"));
    assertThat(browser.findElement(By.id("cycles")).isDisplayed()).isFalse();
    assertThat(browser.findElements(By.cssSelector("#chain .turn"))).isEmpty();
    assertQuiet();
  }

  private static Thermodynamics verdict(long toStep, boolean alarm) {
    return Records.window(RUN, toStep)
        .setExpectation(Expectation.IRREVERSIBLE)
        .setVerdict(new Verdict(true, 0.03, 0, alarm, false))
        .build();
  }

  @Test
  void everyPartOfThePage_isDrawn_andNewPointsArriveByThemselves() {
    fixture.advance(2_000);
    browser.get(server.uri().toString());
    await("the charts", () -> inked("#log-likelihood canvas") > 100);

    for (String chart :
        List.of(
            "log-likelihood",
            "entropy-production",
            "path-entropy-production",
            "self-transition",
            "divergence",
            "gradient-norm")) {
      await(chart, () -> inked("#" + chart + " canvas") > 100);
    }
    assertThat(texts("#gradient-norm .keys li")).hasSize(4);
    assertThat(texts("#entropy-production .keys li").get(0))
        .startsWith("counts")
        .containsPattern("\\d\\.\\d+ – \\d\\.\\d+");
    assertThat(browser.findElements(By.cssSelector("#chain .node"))).hasSize(10);
    assertThat(browser.findElements(By.cssSelector("#chain .edge"))).hasSize(40);
    assertThat(browser.findElements(By.cssSelector("#samples canvas"))).hasSize(16);
    assertThat(inked("#samples canvas")).isBetween(10L, 246L);
    assertThat(text("note"))
        .startsWith("Entropy production is a diagnosis")
        .contains("not a score");
    fixture.beat(WorkerState.RUNNING);
    await("the state", () -> text("state").equals("running"));
    assertThat(text("live")).isEqualTo("live");
    assertThat(figure("Step")).startsWith("2 000".replace(' ', '\u202f'));

    fixture.advance(500);
    await("new steps", () -> figure("Step").startsWith("2\u202f500"));
    await("a new window", () -> text("covers").contains("–2499"));
    fixture.beat(WorkerState.FINISHED);
    await("the end", () -> text("state").equals("finished"));
    assertQuiet();
  }

  @Test
  void whatIsNoNumber_isSaidInWords_andNeverDrawnAsZero() {
    fixture.advance(100);
    browser.get(server.uri().toString());
    await("frozen", () -> figure("EP, counts").startsWith("frozen"));
    assertThat(texts("#entropy-production .keys li").get(0)).contains("frozen");
    assertThat(text("chain")).contains("frozen");
    assertThat(texts("#divergence .keys li").get(0)).contains("not enough data");
    assertQuiet();
  }

  @Test
  void beforeAnyRun_thePageSaysHowToStartOne_andFillsByItself() throws IOException {
    server.close();
    RunArchive empty = new RunArchive(clock);
    server = HttpServer.start(HttpSettings.loopback(0), () -> "", () -> true, empty);
    browser.get(server.uri().toString());
    await("the hint", () -> text("empty").contains("./ratchet train"));
    new PageFixture(empty, "first", clock).advance(30);
    await("the run", () -> text("name").equals("first"));
    assertQuiet();
  }

  @Test
  void theServerGoesAndComesBack_andThePageCatchesUp() throws IOException {
    fixture.advance(300);
    browser.get(server.uri().toString());
    await("live", () -> text("live").equals("live") && figure("Step").startsWith("300"));
    int port = server.port();
    server.close();
    await("reconnecting", () -> text("live").equals("reconnecting"));
    fixture.advance(100);
    server = start(port);
    await("the missed steps", () -> figure("Step").startsWith("400"));
    assertThat(text("live")).isEqualTo("live");
  }

  @Test
  void anotherRun_isChosenWithTheKeyboard_andKeptInTheAddress() {
    new PageFixture(archive, "tied-1", clock).advance(50);
    fixture.advance(100);
    browser.get(server.uri() + "?run=" + RUN);
    await("the run", () -> text("name").equals(RUN) && figure("Step").startsWith("100"));
    WebElement runs = browser.findElement(By.id("runs"));
    assertThat(new Select(runs).getOptions()).hasSize(2);
    browser.findElement(By.tagName("body")).sendKeys(Keys.TAB, Keys.TAB);
    assertThat(browser.switchTo().activeElement()).isEqualTo(runs);
    new Select(runs).selectByValue("tied-1");
    await("the other run", () -> text("name").equals("tied-1") && figure("Step").startsWith("50"));
    assertThat(browser.getCurrentUrl()).endsWith("?run=tied-1");
    assertQuiet();
  }

  @ParameterizedTest
  @CsvSource({"1440, light", "1440, dark", "768, light", "390, dark"})
  void thePage_fitsItsWidth_inEitherTheme(int width, String theme) {
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 844, "deviceScaleFactor", 1, "mobile", width < 600));
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
    fixture.advance(600);
    browser.get(server.uri().toString());
    await("the charts", () -> inked("#gradient-norm canvas") > 100);
    assertThat((Boolean) script("return document.documentElement.scrollWidth <= innerWidth"))
        .isTrue();
    String paper = (String) script("return getComputedStyle(document.body).backgroundColor");
    assertThat(paper).isEqualTo(theme.equals("dark") ? "rgb(15, 17, 19)" : "rgb(247, 247, 245)");
    browser.findElement(By.id("theme")).click();
    assertThat((String) script("return getComputedStyle(document.body).backgroundColor"))
        .isNotEqualTo(paper);
    assertQuiet();
  }

  @Test
  void aPartOfTheSteps_isShownOnEveryChart_untilAllAreAskedForAgain() {
    fixture.advance(1_000);
    browser.get(server.uri().toString());
    await("the charts", () -> inked("#divergence canvas") > 100);
    WebElement plot = browser.findElement(By.cssSelector("#log-likelihood .u-over"));
    new org.openqa.selenium.interactions.Actions(browser)
        .moveToElement(plot, -60, 0)
        .clickAndHold()
        .moveByOffset(120, 0)
        .release()
        .perform();
    By reset = By.cssSelector("#divergence .head button");
    await("the zoom", () -> browser.findElement(reset).isDisplayed());
    browser.findElement(reset).click();
    await("all steps", () -> !browser.findElement(reset).isDisplayed());
    assertQuiet();
  }

  /** Number of pixels that are not transparent on the first canvas that a selector finds. */
  private long inked(String selector) {
    Object count =
        browser.executeScript(
            "const c = document.querySelector(arguments[0]); if (!c || !c.width) return 0;"
                + "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
                + "let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n;",
            selector);
    return (Long) count;
  }

  private Object script(String script) {
    return browser.executeScript(script);
  }

  private String text(String id) {
    return String.valueOf(
        browser.executeScript("return document.getElementById(arguments[0]).textContent", id));
  }

  private List<String> texts(String selector) {
    return browser.findElements(By.cssSelector(selector)).stream()
        .map(WebElement::getText)
        .toList();
  }

  /** The value and the small print of a key figure, run together. */
  private String figure(String name) {
    return String.valueOf(
        browser.executeScript(
            "const f = [...document.querySelectorAll('.figure')]"
                + ".find(f => f.children[0].textContent === arguments[0]);"
                + "return f ? f.children[1].textContent + f.children[2].textContent : ''",
            name));
  }

  private static void await(String what, java.util.concurrent.Callable<Boolean> condition) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(100))
        .until(condition);
  }

  private void assertQuiet() {
    assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
        // What inked() is told about its own way of looking.
        .filteredOn(entry -> !entry.getMessage().contains("willReadFrequently"))
        .isEmpty();
  }
}
