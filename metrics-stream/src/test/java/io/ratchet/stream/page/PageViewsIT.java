package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import io.ratchet.schema.WorkerState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;

/**
 * Every view, as wide as a desk and as a phone, in either theme; pictures for people to look at.
 */
class PageViewsIT extends PageInBrowser {
  private static final Path PICTURES = Path.of("target", "screenshots");
  private static final String OTHER = "a-run-with-a-rather-long-name";

  static Stream<Arguments> views() {
    return Stream.of("runs", "run", "chain", "samples", "replay", "compare", "unknown")
        .flatMap(
            view ->
                Stream.of(1440, 390)
                    .flatMap(
                        width ->
                            Stream.of("light", "dark")
                                .map(theme -> Arguments.of(view, width, theme))));
  }

  /**
   * Nothing sticks out, nothing is said on the console, and axe-core's rules for WCAG 2.1 A and AA
   * find no serious barrier. None is exempt; a canvas is outside their reach: the charts' colours
   * are chosen for contrast in the style sheet, and their numbers are in the text.
   */
  @ParameterizedTest(name = "{0}, {1} wide, {2}")
  @MethodSource("views")
  void aView_fitsItsWidth_isOpenToAll_andIsQuiet(String view, int width, String theme)
      throws IOException {
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", 844, "deviceScaleFactor", 1, "mobile", width < 600));
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
    PageFixture other = new PageFixture(archive, log, OTHER, clock);
    archive.accept(Records.run(OTHER).setSeed(7).setTags(List.of("base")).build());
    other.advance(900);
    other.beat(WorkerState.FINISHED);
    fixture.advance(2_000);
    fixture.beat(WorkerState.RUNNING);
    archive.accept(frozen(AlertAction.RAISED, 124));
    archive.accept(frozen(AlertAction.RESOLVED, 324));
    browser.get(server.uri() + path(view));
    String part = prepare(view);

    assertThat((Boolean) script("return document.documentElement.scrollWidth <= innerWidth"))
        .isTrue();
    assertThat(
            (Long)
                script(
                    "return [...document.querySelectorAll('.chart .keys li')].filter((key) =>"
                        + " key.getBoundingClientRect().right"
                        + " > key.closest('.card').getBoundingClientRect().right).length"))
        .as("keys that stick out of their card")
        .isZero();
    try (InputStream axe = PageViewsIT.class.getResourceAsStream("/axe-core/axe.min.js")) {
      browser.executeScript(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
    }
    Object barriers =
        browser.executeAsyncScript(
            "const done = arguments[arguments.length - 1];"
                + "axe.run({resultTypes: ['violations']}).then((found) => done(found.violations"
                + ".filter((v) => ['serious', 'critical'].includes(v.impact))"
                + ".map((v) => v.id + ': ' + v.nodes.map((n) => n.target).join(' ')).join('; ')));");
    assertThat(String.valueOf(barriers)).isEmpty();
    picture(part, PICTURES.resolve(view + "-" + width + "-" + theme + ".png"));
    assertQuiet();
  }

  private static String path(String view) {
    return switch (view) {
      case "runs" -> "?view=runs&with=" + OTHER;
      case "compare" -> "?view=compare&with=" + OTHER + "," + RUN;
      case "unknown" -> "?run=not-there";
      default -> "?run=" + RUN;
    };
  }

  /** Waits until a view is drawn, opens what it has folded up, and says which part it is. */
  private String prepare(String view) {
    switch (view) {
      case "runs" -> await("the list", () -> rows().size() == 2);
      case "compare" ->
          await("the curves", () -> inked("#c-selfTransitionProbability canvas") > 100);
      case "unknown" -> await("the words", () -> text("unknown").contains("not-there"));
      default -> awaitTheWholePage();
    }
    if (view.equals("chain")) {
      script(
          "document.querySelectorAll('.side details').forEach((each) => { each.open = true; });");
      await("the matrix", () -> inked("#matrix") > 1_000);
      return ".side .card";
    }
    if (view.equals("samples")) {
      browser.findElement(By.cssSelector("#over-steps-part summary")).click();
      await("the grid", () -> texts("#over-steps tbody th").size() == 10);
      return ".side .card:last-child";
    }
    if (view.equals("replay")) {
      script("document.querySelector('.about').open = true;");
      browser.findElement(By.cssSelector("#windows input")).sendKeys(Keys.HOME, Keys.PAGE_UP);
      await("a window of the past", () -> !browser.getCurrentUrl().endsWith(RUN));
      await("its figures", () -> !text("covers").contains("steps 1500"));
    }
    if (view.equals("run")) {
      choose("#smooth", "100");
      script("document.querySelector('.shortcuts').open = true;");
      await("smoothed", () -> coloured("#log-likelihood", "blue", 0, 1, 0, 1) > 100);
    }
    browser.executeAsyncScript(
        "const done = arguments[arguments.length - 1];"
            + "requestAnimationFrame(() => requestAnimationFrame(done));");
    return "html";
  }

  private static Alert frozen(AlertAction action, long toStep) {
    return Alert.newBuilder()
        .setRun(RUN)
        .setAttempt(1)
        .setKind(AlertKind.FROZEN)
        .setAction(action)
        .setSequence(toStep / 25)
        .setFromStep(0)
        .setToStep(toStep)
        .build();
  }

  private void picture(String part, Path file) throws IOException {
    @SuppressWarnings("unchecked")
    Map<String, Object> clip =
        (Map<String, Object>)
            browser.executeScript(
                "const r = document.querySelector(arguments[0]).getBoundingClientRect();"
                    + "return {x: r.x + scrollX, y: r.y + scrollY, width: r.width,"
                    + " height: r.height, scale: 1};",
                part);
    Object png =
        browser
            .executeCdpCommand(
                "Page.captureScreenshot",
                Map.of("format", "png", "captureBeyondViewport", true, "clip", clip))
            .get("data");
    Files.createDirectories(PICTURES);
    Files.write(file, Base64.getDecoder().decode(String.valueOf(png)));
  }
}
