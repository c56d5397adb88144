package io.ratchet.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ratchet.thermodynamics.Cycles;
import io.ratchet.thermodynamics.Estimate;
import io.ratchet.thermodynamics.Flux;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.evaluate.Evaluation;
import io.ratchet.trainer.evaluate.LatentKernel;
import io.ratchet.trainer.evaluate.MixtureLimit;
import io.ratchet.trainer.evaluate.RbmEvaluation;
import io.ratchet.trainer.model.LatentCycleModel;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A trained model on a data set. */
@Command(
    name = "evaluate",
    description =
        "Log-likelihood, entropy production, currents and class divergence of a trained model.")
final class EvaluateCommand extends RatchetCommand {
  private static final String UNIT = "nats";
  private static final double LEVEL = 0.95;

  /** Two-sided 95 % point of the normal law: an interval is that many standard errors wide. */
  private static final double NORMAL_QUANTILE = 1.959963984540054;

  /** Share of rare transitions in the entropy production from which its value is doubted. */
  private static final double RARE_SHARE = 0.1;

  private static final int MAX_CURRENTS = 100;
  private static final int MAX_CYCLES = 20;

  @Mixin private ModelOptions modelOptions;

  @Mixin private DataOptions dataOptions;

  @Option(
      names = "--samples",
      paramLabel = "N",
      description =
          "Draws for each state where the kernel cannot be enumerated (more than "
              + LatentKernel.MAX_ENUMERATED
              + " units). Default: 20000 up to K = 30, fewer above.")
  private Integer samples;

  @Option(
      names = "--compare",
      paramLabel = "em",
      description =
          "em: what EM reaches on the same data with a mixture of as many Bernoulli laws, the limit"
              + " of every latent-cycle model.")
  private String compare;

  @Option(names = "--json", description = "One JSON object.")
  private boolean json;

  private record Current(int from, int to, double value) {}

  @Override
  public Integer call() throws InterruptedException {
    ModelOptions.Trained trained = modelOptions.load(this::say);
    if (trained.rbm() != null && compare == null) {
      evaluate(trained);
      return Ratchet.DONE;
    }
    LatentCycleModel model = trained.model();
    if (samples != null) {
      Check.range("--samples", samples, 20, 100_000_000);
    }
    if (compare != null && !compare.equals("em")) {
      throw Check.refused("--compare", compare, "allowed: em");
    }
    DataSet data = dataOptions.load();
    int draws = samples == null ? Evaluation.defaultSamples(model.states()) : samples;
    Evaluation evaluation =
        watched(
            "kernel",
            Progress.Unit.SAMPLE,
            LatentKernel.visibleStates(model, draws),
            seen -> Evaluation.of(model, data, draws, dataOptions.seed(), seen));
    Optional<MixtureLimit> em =
        compare == null
            ? Optional.empty()
            : Optional.of(
                watched(
                    "EM",
                    Progress.Unit.START,
                    MixtureLimit.STARTS,
                    started -> MixtureLimit.of(data, model.states(), dataOptions.seed(), started)));
    if (json) {
      out().println(json(evaluation, em));
    } else {
      print(evaluation, em, trained, data);
    }
    return Ratchet.DONE;
  }

  /**
   * A restricted Boltzmann machine: its visible chain obeys detailed balance whatever its
   * parameters, so that there is nothing to sample for the entropy production.
   */
  private void evaluate(ModelOptions.Trained trained) {
    DataSet data = dataOptions.load();
    RbmEvaluation evaluation =
        watched(
            "annealing",
            Progress.Unit.TEMPERATURE,
            RbmEvaluation.TEMPERATURES,
            annealed -> RbmEvaluation.of(trained.rbm(), data, dataOptions.seed(), annealed));
    if (json) {
      ObjectNode node = RecordJson.MAPPER.createObjectNode();
      List<String> warnings = new ArrayList<>();
      node.put("examples", evaluation.examples());
      ObjectNode logLikelihood = node.putObject("logLikelihood");
      number(logLikelihood, "mean", evaluation.logLikelihood(), warnings);
      number(logLikelihood, "standardError", evaluation.logLikelihoodError(), warnings);
      node.putObject("logPartition")
          .put("value", evaluation.logPartition())
          .put("standardError", evaluation.logPartitionError())
          .put("effectiveShare", evaluation.effectiveShare())
          .put("method", evaluation.method());
      node.set("entropyProduction", quantity(0, OptionalDouble.of(0), "detailed balance"));
      warnings.forEach(node.withArray("warnings")::add);
      out().println(node);
      return;
    }
    heading(
        String.format(
            Locale.ROOT, "rbm, H = %d, V = %d", trained.rbm().hidden(), trained.rbm().visible()),
        trained,
        data,
        evaluation.logLikelihood(),
        evaluation.logLikelihoodError());
    line(
        "ln Z",
        "%.3f +- %.3f nats, by %s",
        evaluation.logPartition(),
        evaluation.logPartitionError(),
        evaluation.method());
    line("entropy production", "0, by detailed balance of the visible chain");
  }

  /** Work of some minutes for large models, with its progress shown. */
  private <T> T watched(
      String name, Progress.Unit unit, long total, Function<LongConsumer, T> work) {
    try (Progress progress = Progress.of(name, unit, 0, total, this).start()) {
      return work.apply(progress::at);
    }
  }

  /** What a reader must know of a kernel that was sampled, or null. */
  private static String caveat(LatentKernel kernel) {
    if (Double.isNaN(kernel.rareShare())) {
      return "entropyProduction has no error: it is made for fewer states only";
    }
    return kernel.rareShare() <= RARE_SHARE
        ? null
        : String.format(
            Locale.ROOT,
            "entropyProduction: %.0f %% of it hang on transitions so rare that under a quarter of the"
                + " samples know them; it tends to be too high and its error too small, try more"
                + " --samples",
            100 * kernel.rareShare());
  }

  private static ObjectNode json(Evaluation evaluation, Optional<MixtureLimit> em) {
    LatentKernel kernel = evaluation.kernel();
    Flux flux = kernel.flux();
    List<String> warnings = new ArrayList<>();
    if (caveat(kernel) != null) {
      warnings.add(caveat(kernel));
    }
    ObjectNode json = RecordJson.MAPPER.createObjectNode();
    json.put("examples", evaluation.examples());
    ObjectNode logLikelihood = json.putObject("logLikelihood");
    number(logLikelihood, "mean", evaluation.logLikelihood(), warnings);
    number(logLikelihood, "standardError", evaluation.logLikelihoodError(), warnings);
    json.set(
        "entropyProduction",
        quantity(kernel.entropyProduction(), kernel.entropyProductionError(), kernel.method()));
    json.set(
        "pathEntropyProduction",
        quantity(
            kernel.pathEntropyProduction(), kernel.pathEntropyProductionError(), kernel.method()));
    ArrayNode law = json.putArray("stationaryDistribution");
    for (double probability : kernel.stationaryLaw()) {
      law.add(probability);
    }
    json.put("selfTransitionProbability", flux.selfTransition());
    ArrayNode currents = json.putArray("currents");
    for (Current current : currents(flux)) {
      currents
          .addObject()
          .put("from", current.from())
          .put("to", current.to())
          .put("value", current.value())
          .putNull("standardError"); // of the kernel, not of a sample of transitions
    }
    ArrayNode cycles = json.putArray("cycles");
    for (Cycles.Cycle cycle : Cycles.of(flux, MAX_CYCLES).strongest()) {
      ObjectNode one = cycles.addObject();
      ArrayNode states = one.putArray("states");
      cycle.states().forEach(states::add);
      one.put("flux", cycle.weight());
      number(one, "affinity", cycle.affinity(), warnings);
    }
    if (evaluation.classDivergence().isPresent()) {
      json.set("classDivergence", json(evaluation.classDivergence().get()));
    } else {
      json.putNull("classDivergence");
    }
    em.ifPresent(
        limit ->
            json.putObject("em")
                .put("logLikelihood", limit.logLikelihood())
                .put("mean", limit.mean())
                .put("starts", limit.starts()));
    if (!warnings.isEmpty()) {
      ArrayNode texts = json.putArray("warnings");
      warnings.forEach(texts::add);
    }
    return json;
  }

  private static void number(ObjectNode object, String name, double value, List<String> warnings) {
    if (Double.isFinite(value)) {
      object.put(name, value);
    } else {
      object.putNull(name);
      warnings.add(name + " is " + (Double.isNaN(value) ? "undefined" : "infinite"));
    }
  }

  /** A quantity of the kernel: exact, or with the interval of its standard error. */
  private static ObjectNode quantity(double value, OptionalDouble error, String method) {
    ObjectNode json = RecordJson.MAPPER.createObjectNode();
    json.put("value", value);
    if (error.isPresent()) {
      double margin = NORMAL_QUANTILE * error.getAsDouble();
      json.put("lower", Math.max(0, value - margin)).put("upper", value + margin);
    } else {
      json.putNull("lower").putNull("upper");
    }
    return json.put("level", LEVEL).put("estimator", method).put("unit", UNIT);
  }

  private static ObjectNode json(Estimate estimate) {
    ObjectNode json = RecordJson.MAPPER.createObjectNode();
    optional(json, "value", estimate.value());
    optional(json, "lower", estimate.lower());
    optional(json, "upper", estimate.upper());
    return json.put("level", estimate.level())
        .put("estimator", estimate.estimator())
        .put("unit", UNIT);
  }

  private static void optional(ObjectNode json, String name, OptionalDouble value) {
    if (value.isPresent()) {
      json.put(name, value.getAsDouble());
    } else {
      json.putNull(name);
    }
  }

  private static List<Current> currents(Flux flux) {
    List<Current> currents = new ArrayList<>();
    for (int from = 0; from < flux.states(); from++) {
      for (int to = 0; to < flux.states(); to++) {
        double value = flux.current(from, to);
        if (value > 0) {
          currents.add(new Current(from, to, value));
        }
      }
    }
    currents.sort(Comparator.comparingDouble(Current::value).reversed());
    return currents.subList(0, Math.min(MAX_CURRENTS, currents.size()));
  }

  private void print(
      Evaluation evaluation,
      Optional<MixtureLimit> em,
      ModelOptions.Trained trained,
      DataSet data) {
    LatentKernel kernel = evaluation.kernel();
    Flux flux = kernel.flux();
    LatentCycleModel model = trained.model();
    heading(
        String.format(
            Locale.ROOT, "%s, K = %d, V = %d", model.kind(), model.states(), model.visible()),
        trained,
        data,
        evaluation.logLikelihood(),
        evaluation.logLikelihoodError());
    em.ifPresent(
        limit ->
            line(
                "EM",
                "%.3f nats per example at best, %.3f on average of %d starts",
                limit.logLikelihood(),
                limit.mean(),
                limit.starts()));
    line(
        "entropy production",
        "%s nats per transition, by %s",
        withError(kernel.entropyProduction(), kernel.entropyProductionError()),
        kernel.method());
    line(
        "path entropy production",
        "%s nats per transition",
        withError(kernel.pathEntropyProduction(), kernel.pathEntropyProductionError()));
    line("self-transition", "%.4f", flux.selfTransition());
    if (evaluation.classDivergence().isPresent()) {
      line(
          "class divergence",
          "%.4f nats, read with accuracy %.3f",
          evaluation.classDivergence().get().value().orElse(Double.NaN),
          evaluation.classifierAccuracy().orElse(Double.NaN));
    }
    if (caveat(kernel) != null) {
      line("warning", "%s", caveat(kernel));
    }
    for (Current current : currents(flux).subList(0, Math.min(5, currents(flux).size()))) {
      line(
          "current",
          "%d -> %d  %.5f per transition",
          current.from(),
          current.to(),
          current.value());
    }
  }

  /** What was evaluated on what, and the figure that every model has. */
  private void heading(
      String model, ModelOptions.Trained trained, DataSet data, double mean, double error) {
    line("model", "%s, run %s at step %,d", model, trained.run(), trained.step());
    line("data", "%s, %,d examples", data.spec(), data.size());
    line("log-likelihood", "%.3f +- %.3f nats per example", mean, error);
  }

  private static String withError(double value, OptionalDouble error) {
    return error.isPresent()
        ? String.format(Locale.ROOT, "%.4f +- %.4f", value, error.getAsDouble())
        : String.format(Locale.ROOT, "%.6g", value);
  }

  private void line(String name, String format, Object... values) {
    out().printf(Locale.ROOT, "%-24s " + format + "%n", prepend(name, values));
  }

  private static Object[] prepend(String name, Object... values) {
    Object[] all = new Object[values.length + 1];
    all[0] = name;
    System.arraycopy(values, 0, all, 1, values.length);
    return all;
  }
}
