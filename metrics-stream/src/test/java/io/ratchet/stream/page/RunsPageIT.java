package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.ratchet.schema.Alert;
import io.ratchet.schema.AlertAction;
import io.ratchet.schema.AlertKind;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

/** The list of runs and their comparison, in a real browser. */
class RunsPageIT extends PageInBrowser {
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
    await("the curves", () -> inked("#c-logLikelihood canvas") > 100);
    assertThat(texts("#c-classDivergence .keys li").get(1)).contains("not enough data");
    browser.navigate().back();
    await("back at the list", () -> rows().size() == 2);
    browser.findElement(By.linkText("tied-1")).click();
    await("the run", () -> text("name").equals("tied-1"));
    assertQuiet();
  }

  @Test
  void whatIsTicked_staysSo_whileOthersAreSearchedFor_andTheButtonSaysHowManyAreCompared() {
    for (int i = 1; i <= 9; i++) {
      archive.accept(Records.run("tied-" + i).build());
    }
    browser.get(server.uri() + "?view=runs&with=tied-1&find=tied-2");
    await("those found", () -> rows().equals(List.of("tied-2")));
    browser.findElement(By.cssSelector("#view-runs tbody input")).click();
    await("the address", () -> browser.getCurrentUrl().contains("with=tied-1,tied-2"));
    String all = "tied-1,tied-2,tied-3,tied-4,tied-5,tied-6,tied-7,tied-8,tied-9";
    browser.get(server.uri() + "?view=runs&with=" + all);
    await(
        "the button",
        () -> texts("#view-runs .compare").equals(List.of("Compare the first 7 of 9 runs")));
    browser.get(server.uri() + "?view=compare&with=" + all);
    await("what is left out", () -> texts("#view-compare .left").get(0).startsWith("2 more runs"));
    await("the seven", () -> texts("#view-compare .something > .keys li").size() == 7);
    assertQuiet();
  }

  @Test
  void compared_runsHaveWhatARunHas_andZoomAndFocusStay() {
    new PageFixture(archive, log, "tied-1", clock).advance(900);
    fixture.advance(900);
    alert();
    browser.get(server.uri() + "?run=" + RUN);
    await("the marks", () -> text("marks").contains("collapse"));
    browser.get(server.uri() + "?view=compare&with=tied-1," + RUN);
    await("the curves", () -> inked("#c-logLikelihood canvas") > 100);
    assertThat(browser.findElement(By.id("marks")).isDisplayed()).isFalse();
    // Both were frozen for the first steps.
    await("hatched", () -> coloured("#c-entropyProduction", "orange", 0.06, 0.2, 0.5, 1) > 50);
    WebElement plot = browser.findElement(By.cssSelector("#c-logLikelihood .plot"));
    plot.sendKeys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
    await("the numbers there", () -> texts("#c-logLikelihood .keys li").contains("step 1"));
    plot.sendKeys("+");
    By reset = By.cssSelector("#c-logLikelihood .head button");
    await("the zoom", () -> browser.findElement(reset).isDisplayed());
    String link = "document.querySelector('#view-compare .keys a')";
    script(link + ".focus()");
    long asked = asked("/series");
    fixture.advance(50);
    await("two more rounds", () -> asked("/series") >= asked + 4);
    assertThat((Boolean) script("return document.activeElement === " + link)).isTrue();
    assertThat(browser.findElement(reset).isDisplayed()).isTrue();
    assertQuiet();
  }

  @Test
  void smoothed_runsThatHaveEndedAreNotAskedAgain() {
    new PageFixture(archive, log, "tied-1", clock).advance(300);
    fixture.advance(300);
    browser.get(server.uri() + "?view=compare&smooth=100&with=tied-1," + RUN);
    await("both", () -> asked("halfLife") == 2);
    long asked = asked("since=");
    await("two more rounds", () -> asked("since=") >= asked + 4);
    assertThat(asked("halfLife")).isEqualTo(2);
    assertQuiet();
  }

  @Test
  void afterTheStreamWasStartedAnew_theComparisonGoesOn() throws IOException {
    new PageFixture(archive, log, "tied-1", clock).advance(300);
    fixture.advance(600);
    browser.get(server.uri() + "?view=compare&with=" + RUN + ",tied-1");
    await("the curve", () -> "599".equals(lastStep()));
    int port = server.port();
    server.close();
    RunArchive anew = new RunArchive(clock);
    PageFixture again = new PageFixture(anew, log, RUN, clock);
    again.advance(100);
    server = HttpServer.start(HttpSettings.loopback(port), () -> "", () -> true, anew, log);
    await("read again", () -> "99".equals(lastStep()));
    again.advance(50);
    await("and on", () -> "149".equals(lastStep()));
  }

  /** The last step of the first run that is compared. */
  private String lastStep() {
    return browser
        .findElement(By.cssSelector("#c-logLikelihood .plot"))
        .getDomAttribute("data-step");
  }

  /** How often the page has asked for an address with some words in it. */
  private long asked(String words) {
    return (Long)
        browser.executeScript(
            "return performance.getEntriesByType('resource')"
                + ".filter((each) => each.name.includes(arguments[0])).length",
            words);
  }

  private void alert() {
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
  }
}
