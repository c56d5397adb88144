package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Verdict;
import io.ratchet.schema.WorkerState;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
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

  @TempDir static Path profile;
  private static ChromeDriver browser;

  private final Clock clock = Clock.systemUTC();
  private final RunArchive archive = new RunArchive(clock);
  private final RecordedWindows log = new RecordedWindows();
  private final PageFixture fixture = new PageFixture(archive, log, RUN, clock);
  private HttpServer server;

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

  private HttpServer start(int port) throws IOException {
    return HttpServer.start(HttpSettings.loopback(port), () -> "", () -> true, archive, log);
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
    server = HttpServer.start(HttpSettings.loopback(0), () -> "", () -> true, empty, log);
    browser.get(server.uri().toString());
    await("the hint", () -> text("empty").contains("./ratchet train"));
    new PageFixture(empty, log, "first", clock).advance(30);
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
    new PageFixture(archive, log, "tied-1", clock).advance(50);
    fixture.advance(100);
    browser.get(server.uri() + "?run=" + RUN);
    await("the run", () -> text("name").equals(RUN) && figure("Step").startsWith("100"));
    WebElement runs = browser.findElement(By.id("runs"));
    assertThat(new Select(runs).getOptions()).hasSize(2);
    // Past the link to the content, the name, and the two views.
    browser
        .findElement(By.tagName("body"))
        .sendKeys(Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB, Keys.TAB);
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
    awaitTheWholePage();
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

  /** The modules' pure functions, as the browser runs them. */
  @Test
  void whatThePageComputes_isRight() {
    browser.get(server.uri().toString());
    Object wrong =
        browser.executeAsyncScript(
            """
            const done = arguments[arguments.length - 1];
            const wrong = [];
            const is = (what, given, expected) => {
              if (JSON.stringify(given) !== JSON.stringify(expected)) {
                wrong.push(`${what}: ${JSON.stringify(given)}, not ${JSON.stringify(expected)}`);
              }
            };
            Promise.all(['address', 'axis', 'runs', 'images', 'compare', 'format']
              .map((name) => import(`./${name}.js`)))
              .then(([address, axis, runs, images, compare, format]) => {
                const state = { ...address.read(''), view: 'compare', with: ['b', 'a'], x: 'time',
                  smooth: 100, find: 'a b&c', columns: ['tags'], from: 3, to: 9 };
                is('there and back', address.read(address.write(state)), state);
                is('nothing said', address.write(address.read('')), '.');
                is('wrong values', address.read('?view=x&x=y&smooth=7&sort=-z&at=-1&from=9&to=3'),
                  address.read(''));
                is('between', axis.interpolate([0, 10], [100, 300], 5), 200);
                is('beyond', axis.interpolate([0, 10], [100, 300], 50), 300);
                const time = new axis.Axis('relative-time', [0, 1, 2, 3], [5000, null, 7000, 6000]);
                is('times that go back are left out', [time.x(1), time.x(3), time.step(1)], [1, 2, 1]);
                is('relative step', new axis.Axis('relative-step', [7, 8], []).x(9), 2);
                const run = (id, value, more) => ({ run: id, state: 'finished', model: 'm', data: '',
                  tags: [], notes: '', logLikelihood: value, ...more });
                const list = [run('a2', 1), run('a10', null), run('b', 3, { tags: ['x'] })];
                const ids = (found) => found.map((each) => each.run);
                is('falling', ids(runs.arrange(list, '', '-likelihood')), ['b', 'a2', 'a10']);
                is('rising, unknown last', ids(runs.arrange(list, '', 'likelihood')), ['a2', 'b', 'a10']);
                is('numbers in names', ids(runs.arrange(list, 'a', 'run')), ['a2', 'a10']);
                is('every word', ids(runs.arrange(list, 'X fin', 'run')), ['b']);
                const bits = (...bytes) => btoa(String.fromCharCode(...bytes));
                const means = images.means([{ images: [bits(1), bits(3), bits(2)], from: [4, 4, 5] }], 2);
                is('mean image', [...means].map(([k, v]) => [k, [...v.mean], v.images]),
                  [[4, [1, 0.5], 2], [5, [0, 1], 1]]);
                const kept = Array.from({ length: 30 }, (_, i) => ({ step: 10 * i }));
                is('of the window', images.between(kept, 100, 199).length, 10);
                is('the nearest before', images.between(kept, 195, 199).map((each) => each.step),
                  [120, 130, 140, 150, 160, 170, 180, 190]);
                is('differences', compare.differences([
                  { model: 'm', seed: 1, settings: { k: '3' } },
                  { model: 'm', seed: 2, settings: { k: '3', only: 'x' } }]),
                  { differ: [['seed', [1, 2]], ['only', [null, 'x']]], same: 2 });
                is('unit of the longest', format.duration(30, 300), '0.5 min');
              })
              .catch((error) => wrong.push(String(error)))
              .then(() => done(wrong.join('\\n')));
            """);
    assertThat(String.valueOf(wrong)).isEmpty();
  }

  @Test
  void theRuns_areFoundSortedAndChosen_andTheAddressKeepsIt() {
    new PageFixture(archive, log, "tied-1", clock).advance(50);
    archive.accept(Records.run("tied-2").setSeed(7).setTags(List.of("base")).build());
    fixture.advance(600);
    browser.get(server.uri() + "?view=runs&sort=run");
    await("the list", () -> rows().equals(List.of(RUN, "tied-1", "tied-2")));
    assertThat(browser.findElement(By.cssSelector("#view-runs .sparkline path")).isDisplayed())
        .isTrue();
    browser.findElement(By.cssSelector("[data-sort=run]")).click();
    await("the other way", () -> rows().equals(List.of("tied-2", "tied-1", RUN)));
    browser.findElement(By.cssSelector("#view-runs input[type=search]")).sendKeys("tied");
    await("those found", () -> rows().equals(List.of("tied-2", "tied-1")));
    browser.findElement(By.cssSelector("#view-runs .choice summary")).click();
    browser.findElement(By.cssSelector("#view-runs .columns input[value=rate]")).click();
    assertThat(browser.getCurrentUrl()).contains("view=runs", "find=tied", "sort=-run", "columns=");
    browser.navigate().refresh();
    await("the same list", () -> rows().equals(List.of("tied-2", "tied-1")));
    assertThat(texts("#view-runs thead th")).contains("EP, counts").doesNotContain("updates/s");

    for (WebElement box : browser.findElements(By.cssSelector("#view-runs tbody input"))) {
      box.click();
    }
    browser.findElement(By.cssSelector("#view-runs .compare")).click();
    await("what differs", () -> texts("#view-compare tbody tr").contains("seed 7 1"));
    await("the curves", () -> inked("#c-likelihood canvas") > 100);
    assertThat(text("c-class")).contains("no data in these runs");
    browser.navigate().back();
    await("back at the list", () -> rows().size() == 2);
    browser.findElement(By.linkText("tied-1")).click();
    await("the run", () -> text("name").equals("tied-1"));
    assertQuiet();
  }

  private List<String> rows() {
    return texts("#view-runs tbody th");
  }

  @Test
  void smoothedLines_comeFromAllValues_andEveryAxisHasItsUnit() {
    fixture.advance(5_000);
    browser.get(server.uri().toString());
    await("the charts", () -> inked("#log-likelihood canvas") > 100);
    choose("#smooth", "1000");
    // Half of the weight lies in the last thousand steps; the last minibatch is no such mean.
    double smooth =
        archive
            .read(
                RUN,
                h ->
                    h.allUpdates()
                        .orElseThrow()
                        .view(0, 4_999, 1_024, 1_000)
                        .mean(624, "logLikelihood.smooth"))
            .orElseThrow();
    String shown = String.format(java.util.Locale.ROOT, "%.2f", smooth).replace('-', '\u2212');
    awaitThat(() -> assertThat(texts("#log-likelihood .keys li").get(0)).contains(shown));
    for (String axis : List.of("relative-step", "time", "relative-time")) {
      choose("#x", axis);
      await(axis, () -> inked("#log-likelihood canvas") > 100);
    }
    assertThat(browser.getCurrentUrl()).contains("x=relative-time", "smooth=1000");
    browser.findElement(By.id("to-runs")).click();
    await("the list", () -> rows().equals(List.of(RUN)));
    assertQuiet(); // nothing is asked of no run
  }

  @Test
  void withTheKeyboard_theCursorMovesAndTheStepsNarrow_andWhatWasJoinedIsSeenSingly() {
    fixture.advance(5_000);
    browser.get(server.uri().toString());
    awaitTheWholePage();
    WebElement plot = browser.findElement(By.cssSelector("#log-likelihood .plot"));
    plot.sendKeys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
    // 5,000 steps in at most 1,024 bins: eight share one.
    awaitThat(() -> assertThat(texts("#log-likelihood .keys li")).contains("step 15"));
    assertThat(plot.getDomAttribute("data-stride")).isEqualTo("8");
    for (int times = 0; times < 5; times++) {
      plot.sendKeys("+");
    }
    await("single steps", () -> "1".equals(plot.getDomAttribute("data-stride")));
    assertThat(browser.getCurrentUrl()).contains("from=24", "to=25");
    plot.sendKeys(Keys.ESCAPE);
    await("all steps", () -> !browser.getCurrentUrl().contains("from="));
    assertQuiet();
  }

  @Test
  void theWindowsOfThePast_areLookedAtAndReplayed() {
    fixture.advance(1_000);
    browser.get(server.uri().toString());
    await("the newest", () -> text("windows").contains("Window 40 of 40"));
    WebElement slider = browser.findElement(By.cssSelector("#windows input"));
    slider.sendKeys(Keys.HOME);
    await("the first", () -> text("covers").contains("steps 0\u201324,"));
    assertThat(figure("EP, counts")).startsWith("frozen");
    assertThat(browser.findElements(By.cssSelector("#chain .edge"))).isEmpty();
    assertThat(browser.getCurrentUrl()).endsWith("at=24");
    fixture.advance(25);
    await("one more", () -> text("windows").contains("Window 1 of 41"));
    browser.navigate().refresh();
    await("the first again", () -> text("covers").contains("steps 0\u201324,"));

    choose("#windows select", "20");
    WebElement play = browser.findElement(By.cssSelector("#windows [data-do=play]"));
    play.click();
    await("on its way", () -> browser.findElements(By.cssSelector("#chain .edge")).size() == 40);
    play.click();
    assertThat(play.getText()).isEqualTo("Replay");
    assertThat(browser.getCurrentUrl()).contains("at=");
    play.click();
    await("the end", () -> text("windows").contains("the newest"));
    assertThat(browser.getCurrentUrl()).doesNotContain("at=");
    assertQuiet();
  }

  @Test
  void statesHaveTheirMeanImage_andSamplesAreSeenOverTheSteps() {
    fixture.advance(800);
    browser.get(server.uri().toString());
    await("the images", () -> browser.findElements(By.cssSelector("#chain image")).size() == 10);
    browser.findElement(By.cssSelector("#over-steps-part summary")).click();
    await("the grid", () -> texts("#over-steps tbody th").size() == 10);
    assertThat(inked("#over-steps canvas")).isGreaterThan(200);
    assertQuiet();
  }

  @Test
  void alertsAndAttempts_areMarked() {
    fixture.advance(500);
    archive.accept(
        Alert.newBuilder()
            .setRun(RUN)
            .setAttempt(1)
            .setKind(AlertKind.COLLAPSE)
            .setAction(AlertAction.RAISED)
            .setSequence(1)
            .setFromStep(0)
            .setToStep(249)
            .build());
    archive.accept(Records.run(RUN).setAttempt(2).setStartStep(400).build());
    browser.get(server.uri().toString());
    await("the marks", () -> text("marks").contains("collapse raised at step 249"));
    assertThat(text("marks")).contains("attempt 2 from step 400");
    assertQuiet();
  }

  /**
   * axe-core's rules for WCAG 2.1 A and AA. Nothing is exempt; a canvas is outside its reach: the
   * charts' colours are chosen for contrast in the style sheet, and their numbers are in the text.
   */
  @ParameterizedTest
  @CsvSource({"'', light", "'', dark", "?view=runs, light", "?view=runs, dark", "compare, light"})
  void noView_hasASeriousBarrier(String view, String theme) throws IOException {
    new PageFixture(archive, log, "tied-1", clock).advance(300);
    fixture.advance(600);
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
    String path = view.equals("compare") ? "?view=compare&with=tied-1," + RUN : view;
    browser.get(server.uri() + path);
    await(
        "the view",
        () ->
            path.isEmpty()
                ? inked("#gradient-norm canvas") > 100
                : path.contains("runs") ? rows().size() == 2 : inked("#c-self canvas") > 100);
    script("document.querySelectorAll('details').forEach((each) => { each.open = true; });");
    try (InputStream axe = LivePageIT.class.getResourceAsStream("/axe-core/axe.min.js")) {
      browser.executeScript(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
    }
    Object barriers =
        browser.executeAsyncScript(
            "const done = arguments[arguments.length - 1];"
                + "axe.run({resultTypes: ['violations']}).then((found) => done(found.violations"
                + ".filter((v) => ['serious', 'critical'].includes(v.impact))"
                + ".map((v) => v.id + ': ' + v.nodes.map((n) => n.target).join(' ')).join('; ')));");
    assertThat(String.valueOf(barriers)).isEmpty();
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

  /** What comes last is there: nothing moves any more under a pointer or a cursor. */
  private void awaitTheWholePage() {
    await("the curves", () -> inked("#divergence canvas") > 100);
    await("the images", () -> !browser.findElements(By.cssSelector("#chain image")).isEmpty());
    browser.executeAsyncScript(
        "const done = arguments[arguments.length - 1];"
            + "requestAnimationFrame(() => requestAnimationFrame(done));");
  }

  /** Chooses, and takes the pointer off the charts, which show what is under it. */
  private void choose(String selector, String value) {
    new Select(browser.findElement(By.cssSelector(selector))).selectByValue(value);
    browser.executeCdpCommand(
        "Input.dispatchMouseEvent", Map.of("type", "mouseMoved", "x", 1, "y", 1));
  }

  private Object script(String script) {
    return browser.executeScript(script);
  }

  private String text(String id) {
    return String.valueOf(
        browser.executeScript("return document.getElementById(arguments[0]).textContent", id));
  }

  /** What a reader sees of each element, in one moment. */
  @SuppressWarnings("unchecked")
  private List<String> texts(String selector) {
    return (List<String>)
        browser.executeScript(
            "return [...document.querySelectorAll(arguments[0])]"
                + ".map((e) => e.innerText.replace(/[ \\t\\n]+/g, ' ').trim())",
            selector);
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
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(100))
        .until(condition);
  }

  private static void awaitThat(org.awaitility.core.ThrowingRunnable assertion) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(100))
        .untilAsserted(assertion);
  }

  private void assertQuiet() {
    assertThat(browser.manage().logs().get(LogType.BROWSER).getAll())
        // What inked() is told about its own way of looking.
        .filteredOn(entry -> !entry.getMessage().contains("willReadFrequently"))
        .isEmpty();
  }
}
