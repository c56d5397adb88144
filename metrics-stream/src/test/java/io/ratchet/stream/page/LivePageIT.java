package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.EstimateStatus;
import io.ratchet.schema.Expectation;
import io.ratchet.schema.Thermodynamics;
import io.ratchet.schema.Verdict;
import io.ratchet.schema.WorkerState;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.support.ui.Select;

/** The view of a run, in a real browser. */
class LivePageIT extends PageInBrowser {
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
    assertThat(browser.findElements(By.cssSelector("#chain [data-cycle='1']")))
        .hasSizeBetween(8, 10);
    browser.findElement(By.cssSelector("#matrix-part summary")).click();
    await("the matrix", () -> inked("#matrix") > 10_000);
    assertThat(browser.findElement(By.id("matrix")).getAttribute("aria-label"))
        .startsWith("Matrix of 10 by 10 states. Ring of 10 of 10 latent states");
    assertQuiet();
  }

  @Test
  void ofFrozenChains_noCycleIsListed() {
    fixture.advance(100);
    browser.get(server.uri().toString());
    await("frozen", () -> figure("EP, counts").startsWith("frozen"));
    assertThat(browser.findElement(By.id("cycles")).isDisplayed()).isFalse();
    assertThat(browser.findElements(By.cssSelector("#chain [data-cycle]"))).isEmpty();
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
            "gradient-norm",
            "rate")) {
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
    choose("#runs", "tied-1");
    await("the other run", () -> text("name").equals("tied-1") && figure("Step").startsWith("50"));
    assertThat(browser.getCurrentUrl()).endsWith("?run=tied-1");
    assertQuiet();
  }

  @ParameterizedTest
  @CsvSource({"768, light", "390, dark"})
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
            Promise.all(['address', 'axis', 'runs', 'images', 'compare', 'format', 'source', 'chart',
              'matrix', 'live']
              .map((name) => import(`./${name}.js`)))
              .then(([address, axis, runs, images, compare, format, source, chart, matrix, live]) => {
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
                const table = (first, stride, step, columns) => Object.assign(new live.Table(),
                  { first, stride, bin: step, step, columns: new Map(Object.entries(columns)) });
                const joined = table(100, 8, [103, 111],
                  { 'timeMillis.min': [1000, 1100], 'timeMillis.max': [1070, 1150] });
                const none = table(null, 1, [], {});
                const clock = axis.clockOf({ updates: joined, windows: none });
                is('the first step was joined with others', clock,
                  { steps: [100, 103, 111], millis: [1000, 1070, 1150] });
                is('steps since it', new axis.Axis('relative-step', clock.steps, clock.millis).x(103), 3);
                is('and its time', new axis.Axis('relative-time', clock.steps, clock.millis).x(111), 0.15);
                const sweeps = axis.clockOf({ updates: none, windows: table(24, 1, [24, 49],
                  { 'timeMillis.min': [5000, 6000], 'timeMillis.max': [5000, 6000] }) });
                is('sweeps alone', new axis.Axis('time', sweeps.steps, sweeps.millis).x(49), 6);
                is('a rate', source.rates([0, 9, 19, 29], [0, 90, 190, null], []), [null, null, 100, null]);
                is('none over a pause', source.rates([0, 10, 20, 30], [0, 100, 9000, 9100], [15]),
                  [null, 100, null, 100]);
                is('why there is no number', chart.stretches(['frozen', 'frozen', null, 'insufficient']),
                  [{ why: 'frozen', first: 0, last: 1 }, { why: 'not enough data', first: 3, last: 3 }]);
                const [x, u] = [null, undefined];
                is('alone', chart.alone({ data: [[], [1, u, 2, x, u, 3, u, x, 4]] }, 1), [5, 8]);
                const counts = [[0, 0, 50], [0, 1, 30], [1, 0, 10], [2, 1, 10]];
                is('every pair', matrix.netCurrents({ states: 3, counts, currents: [] }), { states: [0, 1, 2],
                  currents: [{ from: 0, to: 1, value: 0.2 }, { from: 2, to: 1, value: 0.1 }], more: '' });
                const large = { states: 500, counts: [[499, 7, 1]], currents: [] };
                is('what is left out is said', matrix.netCurrents(large).more, 'The 400 busiest of 500 states.');
                is('the busiest are in', matrix.netCurrents(large).states.includes(499), true);
                is('without counts', matrix.netCurrents({ states: 2, counts: null, currentsTotal: 9,
                  currents: [{ from: 0, to: 1, value: 0.5 }] }).more.includes('the 1 strongest of 9'), true);
                is('cycles', [...matrix.strongestCycles({ window: { status: 'estimated' }, cycles: [
                  { states: [0, 1] }, { states: [0, 1, 2] }, { states: null }, { states: [5, 6] }] })],
                  [['0>1', 1], ['1>0', 1], ['1>2', 2], ['2>0', 2]]);
              })
              .catch((error) => wrong.push(String(error)))
              .then(() => done(wrong.join('\\n')));
            """);
    assertThat(String.valueOf(wrong)).isEmpty();
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

  @Test
  void aRunThatIsNotKnown_isWaitedFor_andNoOtherIsShownInItsPlace() throws IOException {
    fixture.advance(100);
    browser.get(server.uri() + "?run=late-1");
    await("the words", () -> text("unknown").contains("Run late-1 is not known (yet)"));
    assertThat(browser.findElement(By.id("run")).isDisplayed()).isFalse();
    PageFixture late = new PageFixture(archive, log, "late-1", clock);
    late.advance(60);
    await("the run", () -> figure("Step").startsWith("60"));
    assertThat(browser.findElement(By.id("unknown")).isDisplayed()).isFalse();
    // A stream that was started anew knows other runs first.
    int port = server.port();
    server.close();
    RunArchive anew = new RunArchive(clock);
    new PageFixture(anew, log, "other", clock).advance(50);
    server = HttpServer.start(HttpSettings.loopback(port), () -> "", () -> true, anew, log);
    await("the words again", () -> text("unknown").contains("Run late-1 is not known (yet)"));
    new PageFixture(anew, log, "late-1", clock).advance(80);
    await("the same run", () -> figure("Step").startsWith("80"));
    assertThat(text("name")).isEqualTo("late-1");
  }

  @Test
  void betweenFinishedRuns_eachHasItsImages_howeverFastOneSwitches() {
    new PageFixture(archive, log, "tied-1", clock).advance(300);
    fixture.advance(300);
    browser.get(server.uri() + "?run=tied-1");
    await("its images", () -> !browser.findElements(By.cssSelector("#chain image")).isEmpty());
    choose("#runs", RUN);
    await("the other run", () -> text("name").equals(RUN));
    await("its images", () -> !browser.findElements(By.cssSelector("#chain image")).isEmpty());
    assertQuiet();
  }

  @Test
  void aSamplerThatSendsSweepsAlone_isNotToldThatTrainingStopped_andHasWallTimes() {
    String sampler = "numpy-1";
    for (int toStep = 24; toStep < 500; toStep += 25) {
      long at = Records.EPOCH + 100L * toStep;
      Thermodynamics window = Records.window(sampler, toStep).build();
      archive.accept(window, log.append(window), at);
    }
    browser.get(server.uri() + "?x=relative-time&run=" + sampler);
    await("a window", () -> text("covers").contains("–499"));
    assertThat(text("covers")).doesNotContain("Training");
    // The windows lie side by side: the line reaches from the left to the right.
    await("the curve", () -> coloured("#entropy-production", "orange", 0.4, 0.6, 0, 1) > 20);
    assertQuiet();
  }

  @Test
  void windowsThatWerePublishedNowAndThen_areSteppedOverOneByOne() {
    for (int toStep = 24; toStep < 1_000; toStep += 250) { // every tenth
      Thermodynamics window = Records.window(RUN, toStep).build();
      archive.accept(window, log.append(window), -1);
    }
    browser.get(server.uri() + "?at=24&run=" + RUN);
    await("the first", () -> text("windows").contains("Window 1 of 4"));
    WebElement on = browser.findElement(By.cssSelector("#windows [data-do=on]"));
    on.click();
    await("the second", () -> text("windows").contains("Window 2 of 4"));
    on.click();
    await("the third", () -> text("windows").contains("Window 3 of 4"));
    browser.findElement(By.cssSelector("#windows [data-do=back]")).click();
    await("back", () -> text("windows").contains("Window 2 of 4"));
    assertThat(browser.getCurrentUrl()).contains("at=274");
    browser.findElement(By.cssSelector("#windows input")).sendKeys(Keys.ARROW_RIGHT);
    await("by the slider", () -> text("windows").contains("Window 3 of 4"));
    assertQuiet();
  }

  @Test
  void aSmoothedLine_isBrokenWhereThereIsNoNumber() {
    fixture.advance(2_000);
    browser.get(server.uri() + "?smooth=100");
    // Starved from step 1,100 to 1,350.
    await("the line", () -> coloured("#entropy-production", "orange", 0.7, 0.9, 0, 1) > 20);
    assertThat(solid("#entropy-production", "orange", 0.59, 0.65)).isZero();
    assertQuiet();
  }

  @Test
  void ofTwoLines_eachSaysWhereItHasNoNumber() {
    for (int toStep = 24; toStep < 500; toStep += 25) {
      archive.accept(
          Records.window(RUN, toStep)
              .setLatentDivergence(Records.without(EstimateStatus.INSUFFICIENT))
              .build());
    }
    browser.get(server.uri().toString());
    await("hatched", () -> coloured("#divergence", "sky", 0.2, 0.8, 0.5, 1) > 200);
    assertThat(coloured("#divergence", "sky", 0.2, 0.8, 0, 0.45)).isZero();
    assertQuiet();
  }

  @Test
  void ofManyWindows_noExtremeIsLost() {
    for (int toStep = 24; toStep < 25 * 3_000; toStep += 25) {
      archive.accept(
          Records.window(RUN, toStep)
              .setEntropyProduction(Records.estimate("counts", toStep == 25 * 1_500 - 1 ? 9 : 1))
              .setSoftEntropyProduction(null)
              .build());
    }
    browser.get(server.uri().toString());
    await("the curve", () -> inked("#entropy-production canvas") > 100);
    await("its peak", () -> coloured("#entropy-production", "orange", 0.45, 0.55, 0, 0.3) > 5);
    assertQuiet();
  }

  @Test
  void whereOnlyTheOverviewIsKept_thePageSaysThatNothingIsSmoothed() throws IOException {
    server.close();
    RunArchive small = new RunArchive(clock, 1, Long.MAX_VALUE);
    new PageFixture(small, log, RUN, clock).advance(200);
    server = HttpServer.start(HttpSettings.loopback(0), () -> "", () -> true, small, log);
    browser.get(server.uri() + "?smooth=100");
    await(
        "the words",
        () ->
            texts("#log-likelihood .caption").get(0).contains("no smoothed line, no closer look"));
    assertQuiet();
  }

  @Test
  void whatTheCursorPointsAt_andNewAlerts_areReadOut() {
    fixture.advance(500);
    browser.get(server.uri().toString());
    awaitTheWholePage();
    browser
        .findElement(By.cssSelector("#log-likelihood .plot"))
        .sendKeys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
    await("the point", () -> text("said").matches("minibatch \u2212\\d+\\.\\d+, step 1"));
    archive.accept(
        Alert.newBuilder()
            .setRun(RUN)
            .setAttempt(1)
            .setKind(AlertKind.FROZEN)
            .setAction(AlertAction.RAISED)
            .setSequence(1)
            .setFromStep(0)
            .setToStep(249)
            .build());
    await("the alert", () -> text("said").startsWith("Alert: frozen raised at step 249."));
    assertThat(text("said")).doesNotContain("minibatch");
    assertQuiet();
  }

  @Test
  void arrowsCarryTheirStandardError_andTheStrongestCyclesDiffer() {
    fixture.advance(1_000);
    browser.get(server.uri().toString());
    await("the labels", () -> browser.findElements(By.cssSelector("#chain .label")).size() == 5);
    assertThat(browser.findElements(By.cssSelector("#chain .label")))
        .allSatisfy(label -> assertThat(label.getText()).matches("0\\.\\d+\\s*± 0\\.0012"));
    assertThat(browser.findElements(By.cssSelector("#cycles [data-cycle='2'] i"))).hasSize(1);
    assertQuiet();
  }
}
