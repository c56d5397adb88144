package io.ratchet.cli;

import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.DataSets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** Which data, and the seed of what is random. */
final class DataOptions {
  @Option(
      names = "--data",
      paramLabel = "SPEC",
      defaultValue = "glyphs",
      description =
          "glyphs[:SIDE] (drawn by the program), idx:IMAGES[,LABELS] (MNIST's format, plain or"
              + " .gz) or csv:FILE[,label=COLUMN]. Default: ${DEFAULT-VALUE}.")
  private String data;

  @Option(
      names = "--digits",
      paramLabel = "0,1,...",
      split = ",",
      hideParamSyntax = true,
      description = "Only examples with these labels.")
  private List<Integer> digits;

  @Option(names = "--limit", paramLabel = "N", description = "Only the first N examples.")
  private Integer limit;

  @Option(
      names = "--seed",
      paramLabel = "SEED",
      defaultValue = "1",
      description = "Seed of everything random. Default: ${DEFAULT-VALUE}.")
  private long seed;

  long seed() {
    return seed;
  }

  DataSet load() {
    int[] labels = digits == null ? null : digits.stream().mapToInt(Integer::intValue).toArray();
    return DataSets.load(data, labels, limit == null ? Integer.MAX_VALUE : limit, seed);
  }

  /** The data that {@link #texts}, and the seed, describe. */
  static DataSet load(Map<String, String> texts) {
    String digits = texts.get("digits");
    return DataSets.load(
        texts.get("data"),
        digits == null
            ? null
            : Arrays.stream(digits.split(",")).mapToInt(Integer::parseInt).toArray(),
        Integer.parseInt(texts.getOrDefault("limit", String.valueOf(Integer.MAX_VALUE))),
        Long.parseLong(texts.get("seed")));
  }

  /** The options that shape the data, as text. */
  Map<String, String> texts() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("data", data);
    if (digits != null) {
      texts.put("digits", digits.stream().map(String::valueOf).collect(Collectors.joining(",")));
    }
    if (limit != null) {
      texts.put("limit", limit.toString());
    }
    return texts;
  }
}
