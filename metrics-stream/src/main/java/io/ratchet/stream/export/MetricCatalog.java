package io.ratchet.stream.export;

import java.util.List;

/** The one catalogue of metrics; names, labels and meaning are part of the public interface. */
public final class MetricCatalog {

  /** What a metric's number does. */
  public enum Type {
    GAUGE,
    COUNTER,
    HISTOGRAM
  }

  /**
   * One metric.
   *
   * @param name full name
   * @param type what its number does
   * @param unit unit of its number; 1 for counts, shares and flags
   * @param labels names of its labels, in order
   * @param help what it is, one line
   */
  public record Metric(String name, Type type, String unit, List<String> labels, String help) {}

  public static final Metric ENTROPY_PRODUCTION =
      gauge(
          "ratchet_entropy_production_nats",
          "nats per transition",
          "Entropy production of the last window, by estimator: counts, soft or path.",
          "run",
          "estimator");
  public static final Metric ENTROPY_PRODUCTION_LOWER =
      gauge(
          "ratchet_entropy_production_lower_nats",
          "nats per transition",
          "Lower end of the 95 % interval of the entropy production.",
          "run",
          "estimator");
  public static final Metric ENTROPY_PRODUCTION_UPPER =
      gauge(
          "ratchet_entropy_production_upper_nats",
          "nats per transition",
          "Upper end of the 95 % interval of the entropy production.",
          "run",
          "estimator");
  public static final Metric REVERSIBILITY_P_VALUE =
      gauge(
          "ratchet_reversibility_p_value",
          "1",
          "p-value of the test that the chain is reversible.",
          "run");
  public static final Metric COLLAPSED =
      gauge(
          "ratchet_collapsed",
          "1",
          "Whether the detector's alarm of collapse to reversibility stands.",
          "run");
  public static final Metric FROZEN =
      gauge(
          "ratchet_frozen",
          "1",
          "Whether the chains hardly move, which is not the same as reversible.",
          "run");
  public static final Metric ESTIMATE_VALID =
      gauge(
          "ratchet_estimate_valid",
          "1",
          "Whether the count estimate says something about the chain: estimated or a lower bound.",
          "run");
  public static final Metric ALERT_ACTIVE =
      gauge("ratchet_alert_active", "1", "Whether an alert of this kind stands.", "run", "kind");
  public static final Metric SELF_TRANSITION_PROBABILITY =
      gauge(
          "ratchet_self_transition_probability",
          "1",
          "Share of the window's transitions that stay in their state.",
          "run");
  public static final Metric CURRENT_MAX =
      gauge(
          "ratchet_current_max",
          "per transition",
          "Strongest net current between two states.",
          "run");
  public static final Metric CURRENT_MAGNITUDE =
      gauge(
          "ratchet_current_magnitude",
          "per transition",
          "Sum of the net currents over pairs of states.",
          "run");
  public static final Metric CYCLE_AFFINITY =
      gauge(
          "ratchet_cycle_affinity_nats",
          "nats",
          "Affinity of the strongest cycles, by rank.",
          "run",
          "rank");
  public static final Metric KL_DIVERGENCE =
      gauge(
          "ratchet_kl_divergence_nats",
          "nats",
          "KL divergence of data and model, of classes or of latent states.",
          "run",
          "kind");
  public static final Metric KL_DIVERGENCE_LOWER =
      gauge(
          "ratchet_kl_divergence_lower_nats",
          "nats",
          "Lower end of the 95 % interval of the KL divergence.",
          "run",
          "kind");
  public static final Metric KL_DIVERGENCE_UPPER =
      gauge(
          "ratchet_kl_divergence_upper_nats",
          "nats",
          "Upper end of the 95 % interval of the KL divergence.",
          "run",
          "kind");
  public static final Metric LOG_LIKELIHOOD =
      gauge(
          "ratchet_log_likelihood_nats",
          "nats per example",
          "Mean log-likelihood of the last minibatch that had one.",
          "run");
  public static final Metric GRADIENT_NORM =
      gauge(
          "ratchet_gradient_norm",
          "nats per unit of the parameter",
          "Euclidean norm of the last gradient, by parameter block.",
          "run",
          "block");
  public static final Metric UPDATES_PER_SECOND =
      gauge(
          "ratchet_updates_per_second",
          "1/s",
          "Updates a second by the producers' clock, over the last seconds of updates.",
          "run");
  public static final Metric STEP =
      gauge("ratchet_step", "updates", "Updates applied to the parameters.", "run");
  public static final Metric WINDOW_TRANSITIONS =
      gauge("ratchet_window_transitions", "1", "Transitions in the last window.", "run");
  public static final Metric LAST_WINDOW_TIMESTAMP =
      gauge(
          "ratchet_last_window_timestamp_seconds",
          "s",
          "When the last window closed, by this process's clock, since 1970.",
          "run");
  public static final Metric RUN_STATE =
      gauge(
          "ratchet_run_state",
          "1",
          "1 for the state that the run is in, 0 for the others.",
          "run",
          "state");
  public static final Metric RUN_INFO =
      gauge(
          "ratchet_run_info",
          "1",
          "What the run is; always 1.",
          "run",
          "model",
          "algorithm",
          "expectation",
          "states");
  public static final Metric STREAM_RECORDS =
      counter("ratchet_stream_records_total", "Records read by this process, by topic.", "topic");
  public static final Metric STREAM_ACCEPTED =
      counter("ratchet_stream_accepted_total", "Sweeps added to a bucket by this process.");
  public static final Metric STREAM_DUPLICATES =
      counter("ratchet_stream_duplicates_total", "Sweeps that this process had dealt with before.");
  public static final Metric STREAM_LATE =
      counter("ratchet_stream_late_total", "Sweeps that came after their bucket had closed.");
  public static final Metric STREAM_GAP_SWEEPS =
      counter("ratchet_stream_gap_sweeps_total", "Sweep numbers that were passed over as missing.");
  public static final Metric STREAM_REJECTED =
      counter(
          "ratchet_stream_rejected_total",
          "Records that went to the dead letters, by reason.",
          "reason");
  public static final Metric PAGE_REJECTED =
      counter(
          "ratchet_page_rejected_total",
          "Records of runs, windows and alerts that the page left out, by reason.",
          "reason");
  public static final Metric PUBLISH_DROPPED =
      counter(
          "ratchet_publish_dropped_total",
          "Records that trainers dropped because queue and spill were full, as they say.");
  public static final Metric STREAM_LATENCY =
      new Metric(
          "ratchet_stream_latency_seconds",
          Type.HISTOGRAM,
          "s",
          List.of(),
          "From the timestamp of the record that closed a window to its gauges.");
  public static final Metric RUNS_OVERFLOW =
      gauge("ratchet_runs_overflow", "1", "Live runs without series, for want of room.");
  public static final Metric BUILD_INFO =
      gauge("ratchet_build_info", "1", "What this process was built from; always 1.", "version");

  /** All metrics, in the order of the documentation. */
  public static final List<Metric> ALL =
      List.of(
          ENTROPY_PRODUCTION,
          ENTROPY_PRODUCTION_LOWER,
          ENTROPY_PRODUCTION_UPPER,
          REVERSIBILITY_P_VALUE,
          COLLAPSED,
          FROZEN,
          ESTIMATE_VALID,
          ALERT_ACTIVE,
          SELF_TRANSITION_PROBABILITY,
          CURRENT_MAX,
          CURRENT_MAGNITUDE,
          CYCLE_AFFINITY,
          KL_DIVERGENCE,
          KL_DIVERGENCE_LOWER,
          KL_DIVERGENCE_UPPER,
          LOG_LIKELIHOOD,
          GRADIENT_NORM,
          UPDATES_PER_SECOND,
          STEP,
          WINDOW_TRANSITIONS,
          LAST_WINDOW_TIMESTAMP,
          RUN_STATE,
          RUN_INFO,
          STREAM_RECORDS,
          STREAM_ACCEPTED,
          STREAM_DUPLICATES,
          STREAM_LATE,
          STREAM_GAP_SWEEPS,
          STREAM_REJECTED,
          PAGE_REJECTED,
          PUBLISH_DROPPED,
          STREAM_LATENCY,
          RUNS_OVERFLOW,
          BUILD_INFO);

  private MetricCatalog() {}

  private static Metric gauge(String name, String unit, String help, String... labels) {
    return new Metric(name, Type.GAUGE, unit, List.of(labels), help);
  }

  private static Metric counter(String name, String help, String... labels) {
    return new Metric(name, Type.COUNTER, "1", List.of(labels), help);
  }
}
