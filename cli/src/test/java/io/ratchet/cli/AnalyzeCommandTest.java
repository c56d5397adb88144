package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringReader;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collector;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

/**
 * The command against the independent oracle (NumPy programs; see the project's shared cases,
 * copied into the test resources), in all forms of input, and with input that cannot be used.
 */
class AnalyzeCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  static Stream<String> chains() {
    return cases("chain_");
  }

  @ParameterizedTest
  @MethodSource("chains")
  void oneHotChain_givesThePlugInOfTheOracle(String name) {
    JsonNode expected = read(name).get("expected");

    JsonNode analysis = analyze(resource(name.replace(".json", ".csv")).toString());

    double plugIn = expected.get("ep_pseudocount_half").asDouble();
    assertThat(analysis.at("/entropyProduction/plugIn").asDouble())
        .isCloseTo(plugIn, within(1e-7 * plugIn));
    assertThat(analysis.get("oneWayPairs").asInt())
        .isEqualTo(expected.get("one_way_pairs").asInt());
    assertThat(analysis.get("transitions").asLong()).isEqualTo(read(name).get("steps").asLong());
  }

  static Stream<String> trajectories() {
    return cases("traj-");
  }

  @ParameterizedTest
  @MethodSource("trajectories")
  void trajectories_giveTheCountsOfTheOracle(String name) throws IOException {
    JsonNode expected = read(name);
    String lines =
        elements(expected.get("chains")).map(AnalyzeCommandTest::line).collect(joined("\n"));

    JsonNode analysis =
        analyze(file("t.csv", lines + "\n"), "--states", expected.get("K").asText());

    assertThat(analysis.get("chains").asInt()).isEqualTo(expected.get("chains").size());
    assertThat(analysis.get("transitions").asLong())
        .isEqualTo(expected.get("transitions").asLong());
    assertThat(analysis.get("independentCycles").asLong()).isEqualTo(expected.get("nu").asLong());
    close(analysis.at("/entropyProduction/plugIn"), expected.get("epPlugin"), 1e-9);
    assertThat(analysis.get("currents")).isEqualTo(matrixAnalysis(expected).get("currents"));
  }

  /** The same chains, counted by the oracle. */
  private JsonNode matrixAnalysis(JsonNode trajectories) throws IOException {
    return analyze(matrices("m.csv", trajectories), "--counts");
  }

  static Stream<String> counts() {
    return cases("counts-");
  }

  @ParameterizedTest
  @MethodSource("counts")
  void countMatrices_giveTheEstimatesOfTheOracle(String name) throws IOException {
    JsonNode expected = read(name);
    double tolerance = expected.get("tol_rel").asDouble();

    JsonNode analysis = analyze(matrices("counts.csv", expected), "--counts");

    boolean empty = !expected.get("hasData").asBoolean();
    JsonNode entropy = analysis.get("entropyProduction");
    if (empty) {
      assertThat(analysis.get("status").asText()).isEqualTo("insufficient");
      assertThat(entropy.get("value").isNull()).isTrue();
      return;
    }
    close(entropy.get("plugIn"), expected.get("epPlugin"), tolerance);
    close(entropy.get("bias"), expected.get("biasTerm"), tolerance);
    close(entropy.get("value"), expected.get("epReported"), tolerance);
    if (expected.get("ci").isNull()) {
      assertThat(entropy.get("lower").isNull()).isTrue();
      assertThat(analysis.get("warnings").toString()).contains("no interval");
    } else {
      close(entropy.get("lower"), expected.at("/ci/lo"), tolerance);
      close(entropy.get("upper"), expected.at("/ci/hi"), tolerance);
    }
    assertThat(analysis.get("oneWayPairs").asInt()).isEqualTo(expected.get("oneWayPairs").asInt());
    close(analysis.get("selfTransitionProbability"), expected.get("selfTransition"), tolerance);
    close(analysis.at("/reversibilityTest/statistic"), expected.get("bowker"), tolerance);
    for (int state = 0; state < expected.get("K").asInt(); state++) {
      double row =
          elements(expected.get("stationarisedFlux").get(state))
              .mapToDouble(JsonNode::asDouble)
              .sum();
      assertThat(analysis.get("stationaryDistribution").get(state).asDouble())
          .isCloseTo(row, within(1e-9));
    }
    for (JsonNode current : analysis.get("currents")) {
      close(
          current.get("value"),
          expected.get("current").get(current.get("from").asInt()).get(current.get("to").asInt()),
          tolerance);
    }
    double explained = 0;
    for (JsonNode cycle : analysis.get("cycles")) {
      explained += cycle.get("flux").asDouble() * cycle.get("affinity").asDouble();
    }
    assertThat(explained).isCloseTo(expected.get("epStationarised").asDouble(), within(1e-9));
  }

  @ParameterizedTest
  @MethodSource("counts")
  void countMatrices_areTheSameInJson(String name) throws IOException {
    JsonNode expected = read(name);

    JsonNode text = analyze(matrices("counts.csv", expected), "--counts");
    JsonNode json =
        analyze(file("counts.json", expected.get("perChainCounts").toString()), "--counts");

    assertThat(withoutSource(json)).isEqualTo(withoutSource(text));
  }

  @Test
  void pooledMatrix_hasNoIntervalAndSaysThatItsChainsAreUnknown() throws IOException {
    JsonNode expected = read("counts-driven4.json");

    JsonNode analysis = analyze(file("c.json", expected.get("counts").toString()), "--counts");

    close(analysis.at("/entropyProduction/value"), expected.get("epReported"), 1e-9);
    assertThat(analysis.get("chains").isNull()).isTrue();
    assertThat(analysis.at("/entropyProduction/lower").isNull()).isTrue();
    assertThat(analysis.get("warnings").toString()).contains("how many chains");
    assertThat(analysis.at("/reversibilityTest/method").asText()).isEqualTo("chi-square");
  }

  /** Twice the chains 0 1 2 0 1 and 2 1 0, in every form that can hold them. */
  static Stream<String[]> forms() {
    String table = "step,state,chain\n0,0,a\n0,2,b\n1,1,a\n1,1,b\n2,2,a\n2,0,b\n3,0,a\n4,1,a\n";
    return Stream.of(
        new String[] {"0,1,2,0,1\n2,1,0\n", "chains"},
        new String[] {"0,1,2,0,1\n2,1,0", "chains"},
        new String[] {"0, 1, 2, 0, 1\r\n2, 1, 0\r\n", "chains"},
        new String[] {"0 1 2  0 1 \n 2 1 0\n", "chains"},
        new String[] {"0\t1\t2\t0\t1\n2\t1\t0\n\n\n", "chains"},
        new String[] {"0;1;2;0;1\n2;1;0\n", "chains"},
        new String[] {"\uFEFF# a comment\n0,1,2,0,1\n# another\n2,1,0\n", "chains"},
        new String[] {"0.0,1.000e+00,2.,0,1\n2,+1,0\n", "chains"},
        new String[] {"\"0\",\"1\",\"2\",\"0\",\"1\"\n2,1,0\n", "chains"},
        new String[] {"0\n1\n2\n0\n1\n\n\n2\n1\n0\n", "column"},
        new String[] {"state\n0\n1\n2\n0\n1\n\n2\n1\n0\n", "table"},
        new String[] {table, "table"},
        new String[] {
          "\"\",\"state\",\"chain\"\n1,0,1\n2,1,1\n3,2,1\n4,0,1\n5,1,1\n6,2,9\n7,1,9\n8,0,9\n",
          "table"
        },
        new String[] {"first,second\n0,2\n1,1\n2,0\n0,\n1,\n", "columns"},
        new String[] {"step,x,y\n0,0,2\n1,1,1\n2,2,0\n3,0,\n4,1,\n", "columns"},
        new String[] {"[0,1,2,0,1]\n[2,1,0]\n", "json"},
        new String[] {"[[0,1,2,0,1],[2,1,0]]", "json"},
        new String[] {
          "{\"chain\":1,\"state\":0}\n{\"chain\":1,\"state\":1}\n{\"chain\":2,\"state\":2}\n{\"chain\":1,\"state\":2}\n{\"chain\":2,\"state\":1}\n{\"chain\":2,\"state\":0}\n{\"chain\":1,\"state\":0}\n{\"chain\":1,\"state\":1}\n",
          "json"
        },
        new String[] {
          "{\"chain\":\"a\",\"states\":[0,1,2,0,1]}\n{\"states\":[2,1,0],\"more\":{\"x\":[1]}}\n",
          "json"
        });
  }

  @ParameterizedTest
  @MethodSource("forms")
  void everyForm_givesTheSameAnalysis(String text, String form) throws IOException {
    JsonNode reference = analyze(file("reference", "0,1,2,0,1\n2,1,0\n"), "--form", "chains");

    JsonNode analysis = analyze(file("t", text));

    assertThat(analysis.get("form").asText()).isEqualTo(form);
    assertThat(content(analysis)).isEqualTo(content(reference));
    assertThat(analysis.get("chains").asInt()).isEqualTo(2);
  }

  @Test
  void gzip_isToldByItsFirstBytes() throws IOException {
    Path zipped = directory.resolve("t.csv");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
      out.write("0,1,2,0,1\n2,1,0\n".getBytes(StandardCharsets.UTF_8));
    }

    JsonNode analysis = analyze(zipped.toString());

    assertThat(content(analysis)).isEqualTo(content(analyze(file("plain", "0,1,2,0,1\n2,1,0\n"))));
  }

  @Test
  void names_areNumberedInTheOrderOfTheirFirstAppearance() throws IOException {
    JsonNode analysis = analyze(file("t", "red,green,\"deep, blue\",red,green\ndeep blue,green\n"));

    assertThat(elements(analysis.get("stateNames")).map(JsonNode::asText))
        .containsExactly("red", "green", "deep, blue", "deep blue");
    assertThat(analysis.get("states").asInt()).isEqualTo(4);
    JsonNode integers = analyze(file("u", "0,1,2,0,1\n3,1\n"));
    assertThat(analysis.get("currents")).isEqualTo(integers.get("currents"));
  }

  @Test
  void integersAsNames_areNames() throws IOException {
    JsonNode analysis = analyze(file("t", "70000,-1,70000\n"), "--names");

    assertThat(elements(analysis.get("stateNames")).map(JsonNode::asText))
        .containsExactly("70000", "-1");
  }

  @Test
  void headerOfCounts_namesTheStates() throws IOException {
    JsonNode analysis = analyze(file("t", ",a,b,c\na,0,5,1\nb,1,0,5\nc,5,1,0\n"), "--counts");

    assertThat(elements(analysis.get("stateNames")).map(JsonNode::asText))
        .containsExactly("a", "b", "c");
    assertThat(analysis.get("transitions").asInt()).isEqualTo(18);
  }

  @Test
  void columnOfAnotherName_isFound() throws IOException {
    String file = file("t", "z,.chain\n0,1\n1,1\n2,2\n1,2\n");

    JsonNode analysis = analyze(file, "--state-column", "z");

    assertThat(analysis.get("chains").asInt()).isEqualTo(2);
    assertThat(analysis.get("transitions").asInt()).isEqualTo(2);
  }

  /** By time in rows and chain in columns, as arrays of samplers often are; no header. */
  @Test
  void columnsWithoutHeader_areReadWhenAskedFor() throws IOException {
    JsonNode analysis = analyze(file("t", "0,2\n1,1\n2,0\n0,\n1,\n"), "--form", "columns");

    assertThat(content(analysis)).isEqualTo(content(analyze(file("u", "0,1,2,0,1\n2,1,0\n"))));
  }

  @Test
  void statesNeverSeen_countWhenTheirNumberIsGiven() throws IOException {
    JsonNode analysis = analyze(file("t", "0,1,0,1\n"), "--states", "5");

    assertThat(analysis.get("states").asInt()).isEqualTo(5);
    assertThat(analysis.get("stationaryDistribution")).hasSize(5);
    assertThat(analysis.get("stationaryDistribution").get(4).asDouble()).isZero();
  }

  static Stream<String[]> unusable() {
    return Stream.of(
        new String[] {"0,1\n0,-1\n", ":2:3: state -1, allowed: an integer from 0 to 65,534"},
        new String[] {"0,1\n0,1.5\n", ":2:3: state 1.5, allowed: an integer"},
        new String[] {"0,1\n0,nan\n", ":2:3: state nan, allowed: an integer"},
        new String[] {"NaN,1\n", ":1:1: state NaN, allowed"},
        new String[] {"a,b\na,NaN\n", ":2:3: state NaN, allowed: a name"},
        new String[] {"0,inf\n", ":1:3: state inf, allowed"},
        new String[] {"0,1\n1,,0\n", ":2:3: a state is missing, allowed"},
        new String[] {"0,1,\n", ":1:5: a state is missing, allowed"},
        new String[] {"0,1\n1,x\n", ":2:3: state x, allowed: an integer"},
        new String[] {"0,65535\n", ":1:3: state 65535, allowed: an integer from 0 to 65,534"},
        new String[] {"0,99999999999999999999\n", ":1:3: state 99999999999999999999, allowed"},
        new String[] {
          "0,1,2,3\n1,2,3,4\n --states 4",
          ":2:7: state 4, allowed: an integer from 0 to 3 (--states 4)"
        },
        new String[] {
          "a,b\nc,a\n --states 2", ":2:1: state c: a name more than the 2 states of --states"
        },
        new String[] {"state,chain\n0,a\n1\n", ":3:1: 1 fields, allowed: 2 as in the header"},
        new String[] {"state,chain\n0,a,7\n", ":2:5: a field more than the 2 of the header"},
        new String[] {"z,chain\n0,a\n", ":1:1: no column of states"},
        new String[] {"state\n0\n --chain-column c", "no column c (--chain-column)"},
        new String[] {"x,y\n0,1\n1\n", ":3:1: 1 fields, allowed: 2"},
        new String[] {"x,y\n0,1\n,1\n0,1\n", ":4:1: a state below an empty cell"},
        new String[] {"[0,1]\n[0,-1]\n", ":2:4: state -1, allowed"},
        new String[] {"[0,1.5]\n", ":1:4: state 1.5, allowed"},
        new String[] {"[0,null]\n", ":1:4: state null, allowed"},
        new String[] {"[0,NaN]\n", ":1:"},
        new String[] {"[0,1\n", "no JSON"},
        new String[] {"{\"chain\":1}\n", ":1:1: an object without \"state\""},
        new String[] {"0,1\n1,0\n --form column", ":1:3: a second state in the line"},
        new String[] {"1,2\n3\n --counts", ":2:1: row 2 has 1 counts, allowed: 2"},
        new String[] {"1,2,3\n3,4,5\n --counts", "2 rows of 3 counts, allowed: square"},
        new String[] {"1,2\n3,4\n5,6\n --counts", ":3:1: row 3 of a matrix of 2 columns"},
        new String[] {"1,-2\n3,4\n --counts", ":1:3: count -2, allowed: a whole number, 0 or more"},
        new String[] {"1,2\n3,0.5\n --counts", ":2:3: count 0.5, allowed"},
        new String[] {"1,2\n3,NaN\n --counts", ":2:3: count NaN, allowed"},
        new String[] {"1,2\n3,\n --counts", ":2:3: a count is missing"},
        new String[] {"[[1,2],[3]] --counts", "row 2 has 1 counts"},
        new String[] {"1,2\n3,4\n --counts --states 3", ":1:1: 2 columns, allowed: 3 (--states)"},
        new String[] {"\u0000\u0001", "state ??, allowed"});
  }

  @ParameterizedTest
  @MethodSource("unusable")
  void unusableInput_isRefusedWithItsPlace(String text, String complaint) throws IOException {
    List<String> options = new ArrayList<>(List.of("analyze"));
    int marker = text.indexOf(" --");
    String file = file("t", marker < 0 ? text : text.substring(0, marker));
    options.add(file);
    if (marker >= 0) {
      options.addAll(List.of(text.substring(marker + 1).split(" ", -1)));
    }

    CommandLineRun run = CommandLineRun.of(options.toArray(String[]::new));

    assertThat(run.exitCode()).as(run.err()).isEqualTo(Ratchet.USAGE);
    assertThat(run.err().lines()).hasSize(1);
    assertThat(run.err()).startsWith("ratchet: " + file).contains(complaint);
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "--states 0, 'allowed: 1 to 65,535'",
    "--states 65536, 'allowed: 1 to 65,535'",
    "--form rows, 'allowed: chains, column'",
    "--level 1, 'allowed: between 0 and 1'",
    "--level NaN, 'allowed: between 0 and 1'",
    "--plot x.pdf, 'ends in .svg or .png'",
    "--counts --form json, 'not allowed with --counts'",
  })
  void unusableOptions_areRefused(String options, String complaint) throws IOException {
    String[] arguments = ("analyze " + file("t", "0,1\n") + " " + options).split(" ", -1);

    CommandLineRun run = CommandLineRun.of(arguments);

    assertThat(run.exitCode()).isEqualTo(Ratchet.USAGE);
    assertThat(run.err()).contains(complaint);
  }

  @Test
  void missingFile_isRefused() {
    CommandLineRun run = CommandLineRun.of("analyze", directory.resolve("no").toString());

    assertThat(run.exitCode()).isEqualTo(Ratchet.USAGE);
    assertThat(run.err()).contains("no such file");
  }

  @Test
  void numpyArray_isToldApartAndSaysHowToWriteText() throws IOException {
    Path file = directory.resolve("a.npy");
    Files.write(file, "\u0093NUMPY\u0001\u0000".getBytes(StandardCharsets.ISO_8859_1));

    CommandLineRun run = CommandLineRun.of("analyze", file.toString());

    assertThat(run.exitCode()).isEqualTo(Ratchet.USAGE);
    assertThat(run.err()).contains("numpy.savetxt");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''            | insufficient | no transitions",
        "'\n\n'        | insufficient | no transitions",
        "'3\n'         | insufficient | no transitions",
        "'# none\n'    | insufficient | no transitions",
        "'[]'          | insufficient | no transitions",
        "'state\n'     | insufficient | no transitions",
        "'1,1,1,1\n'   | frozen       | this says nothing about reversibility",
        "'0,0,0,0\n'   | frozen       | a chain of one state is reversible",
        "'0,1,0,1,0,1,0,1,0,1,0,1\n' | estimated | no interval",
      })
  void littleData_isNoErrorButSaid(String text, String status, String warning) throws IOException {
    String file = file("t", text.replace("\\n", "\n"));

    JsonNode analysis = analyze(file);
    CommandLineRun report = CommandLineRun.of("analyze", file);

    assertThat(analysis.get("status").asText()).isEqualTo(status);
    assertThat(analysis.get("warnings").toString()).contains(warning);
    assertThat(report.exitCode()).isZero();
    assertThat(report.out()).contains(status.equals("estimated") ? "nats per transition" : status);
    if (status.equals("insufficient")) {
      assertThat(analysis.at("/entropyProduction/value").isNull()).isTrue();
      assertThat(analysis.at("/reversibilityTest/pValue").isNull()).isTrue();
    }
  }

  @Test
  void oneChain_hasNoIntervalButOneOfItsBlocksWithTheirCaveat() {
    JsonNode analysis = analyze(resource("chain_ring6.csv").toString());

    assertThat(analysis.at("/entropyProduction/lower").isNull()).isTrue();
    assertThat(analysis.at("/blocks/count").asInt()).isBetween(16, 32);
    assertThat(analysis.at("/blocks/lower").asDouble())
        .isLessThan(analysis.at("/entropyProduction/value").asDouble());
    assertThat(analysis.at("/blocks/upper").asDouble())
        .isGreaterThan(analysis.at("/entropyProduction/value").asDouble());
    assertThat(analysis.get("warnings").toString()).contains("not independent units");
  }

  @Test
  void chainsOfOneTransition_useTheNumberOfPairsForNu() throws IOException {
    JsonNode analysis = analyze(file("t", "0,1\n".repeat(30) + "1,0\n".repeat(10)));

    // |E| = 1, while nu = 0 of the graph of long chains.
    assertThat(analysis.at("/entropyProduction/bias").asDouble()).isEqualTo(2.0 / 40);
  }

  @Test
  void shortChains_areWarnedOf() throws IOException {
    JsonNode analysis = analyze(file("t", "0,1,2,0,1,2,0\n".repeat(40)));

    assertThat(analysis.get("warnings").toString()).contains("short chains: 6.0 transitions");
  }

  @Test
  void level_widensTheInterval() throws IOException {
    String file = matrices("c", read("counts-driven4.json"));

    JsonNode narrow = analyze(file, "--counts", "--level", "0.5");
    JsonNode wide = analyze(file, "--counts", "--level", "0.999");

    assertThat(narrow.at("/entropyProduction/level").asDouble()).isEqualTo(0.5);
    assertThat(wide.at("/entropyProduction/upper").asDouble())
        .isGreaterThan(narrow.at("/entropyProduction/upper").asDouble());
  }

  @Test
  void plot_drawsEachCurrentAndState() throws Exception {
    Path svg = directory.resolve("ring.svg");

    CommandLineRun run =
        CommandLineRun.of(
            "analyze", file("a<b>.csv", "x,y & z,w\n".repeat(50)), "--plot", svg.toString());

    assertThat(run.exitCode()).as(run.err()).isZero();
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(Files.readString(svg))));
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < document.getElementsByTagName("text").getLength(); i++) {
      texts.add(document.getElementsByTagName("text").item(i).getTextContent());
    }
    assertThat(texts)
        .contains("a<b>.csv", "x", "y & z", "w", "drawn: 2 of 2 currents, 3 of 3 states");
  }

  @Test
  void plot_writesPng() throws IOException {
    Path png = directory.resolve("ring.png");

    CommandLineRun.of("analyze", resource("chain_ring6.csv").toString(), "--plot", png.toString());

    assertThat(ImageIO.read(png.toFile()).getWidth()).isEqualTo(2080);
  }

  @Test
  void plot_overwritesOnlyWithForce() throws IOException {
    Path svg = Files.writeString(directory.resolve("ring.svg"), "mine");
    String file = file("t", "0,1,2\n");

    CommandLineRun refused = CommandLineRun.of("analyze", file, "--plot", svg.toString());

    assertThat(refused.exitCode()).isEqualTo(Ratchet.USAGE);
    assertThat(refused.err()).contains("--force");
    assertThat(svg).hasContent("mine");
    CommandLineRun.of("analyze", file, "--plot", svg.toString(), "--force");
    assertThat(Files.readString(svg)).startsWith("<svg");
  }

  private JsonNode analyze(String file, String... options) {
    List<String> arguments = new ArrayList<>(List.of("analyze", file, "--json"));
    arguments.addAll(List.of(options));
    CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
    assertThat(run.exitCode()).as(run.err()).isZero();
    try {
      return JSON.readTree(run.out());
    } catch (IOException e) {
      throw new AssertionError(run.out(), e);
    }
  }

  /** What depends on the chains alone, not on how they were written. */
  private static JsonNode content(JsonNode analysis) {
    ObjectNode content = analysis.deepCopy();
    content.remove(List.of("source", "form", "warnings"));
    return content;
  }

  private static JsonNode withoutSource(JsonNode analysis) {
    ObjectNode content = analysis.deepCopy();
    content.remove("source");
    return content;
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  private String matrices(String name, JsonNode expected) throws IOException {
    return file(
        name,
        elements(expected.get("perChainCounts"))
            .map(matrix -> elements(matrix).map(AnalyzeCommandTest::line).collect(joined("\n")))
            .collect(joined("\n\n")));
  }

  private static Collector<CharSequence, ?, String> joined(String by) {
    return Collectors.joining(by);
  }

  private static String line(JsonNode values) {
    return elements(values).map(JsonNode::asText).collect(Collectors.joining(","));
  }

  private static Stream<JsonNode> elements(JsonNode array) {
    List<JsonNode> elements = new ArrayList<>();
    for (Iterator<JsonNode> i = array.elements(); i.hasNext(); ) {
      elements.add(i.next());
    }
    return elements.stream();
  }

  private static void close(JsonNode actual, JsonNode expected, double relative) {
    double value = expected.asDouble();
    assertThat(actual.asDouble())
        .isCloseTo(value, within(relative * Math.max(1e-3, Math.abs(value)) + 1e-12));
  }

  private static Stream<String> cases(String prefix) {
    try (Stream<Path> files = Files.list(resource("."))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(prefix) && name.endsWith(".json"))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static Path resource(String name) {
    try {
      return Path.of(AnalyzeCommandTest.class.getResource("/cases").toURI()).resolve(name);
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static JsonNode read(String name) {
    try {
      return JSON.readTree(resource(name).toFile());
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
