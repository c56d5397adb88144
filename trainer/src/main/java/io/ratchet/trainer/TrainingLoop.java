package io.ratchet.trainer;

import io.ratchet.trainer.checkpoint.Snapshot;
import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.data.DataSet;
import io.ratchet.trainer.data.Shard;
import io.ratchet.trainer.dynamics.Chains;
import io.ratchet.trainer.dynamics.Sweep;
import io.ratchet.trainer.dynamics.Team;
import io.ratchet.trainer.learning.Algorithm;
import io.ratchet.trainer.learning.ClassReader;
import io.ratchet.trainer.learning.EmLearner;
import io.ratchet.trainer.learning.Gradient;
import io.ratchet.trainer.learning.GradientExchange;
import io.ratchet.trainer.learning.LatentCycleLearner;
import io.ratchet.trainer.learning.Learner;
import io.ratchet.trainer.learning.MacroStates;
import io.ratchet.trainer.learning.MixtureEm;
import io.ratchet.trainer.learning.RbmLearner;
import io.ratchet.trainer.learning.WatchedState;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.Prototypes;
import io.ratchet.trainer.model.RbmModel;
import io.ratchet.trainer.publish.RunPublisher;
import io.ratchet.trainer.publish.SweepObservation;
import io.ratchet.trainer.publish.UpdateObservation;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.apache.commons.rng.JumpableUniformRandomProvider;
import org.apache.commons.rng.RestorableUniformRandomProvider;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.core.RandomProviderDefaultState;
import org.apache.commons.rng.simple.RandomSource;

/**
 * Trains a model: for each update, sweeps the chains, computes the gradient from the same sweep,
 * hands over what happened, takes the mean with the other workers, if there are any, and moves the
 * parameters.
 *
 * <p>One thread, or a team of them. It does no I/O, and waits for nobody but, in the exchange, for
 * other workers. Everything random comes from the seed, so that a run has the same bits whenever
 * and wherever it is made; the clock gives durations only. What is observed or published never
 * changes what is learnt.
 */
public final class TrainingLoop {

  /** Chains whose visible states are published with an observed sweep. */
  private static final int SAMPLES = 16;

  /** Largest K whose soft rows, and the angle between the gradients (K^3), are published. */
  private static final int MAX_SOFT_STATES = 256;

  /** Name of the setting that holds the data's digest. */
  private static final String DIGEST = "data-digest";

  /** Bytes of a saved generator. */
  private static final int STREAM_BYTES = saved(RandomSource.XO_SHI_RO_256_PP.create(0L)).length;

  // Offsets of the generators' seeds: one for each purpose, none shared.
  private static final long PARAMETERS = 0;
  private static final long CHAINS = 1;
  private static final long ORDER = 2;
  private static final long CLASSES = 3;

  /** Told after each update; must return quickly. */
  public interface Progress {
    /**
     * An update was applied.
     *
     * @param step updates applied so far
     * @param logLikelihood minibatch mean before the update, nats per example
     */
    void updated(long step, double logLikelihood);

    /**
     * The angle between the full and the two-step gradient is known, at a step that was observed.
     *
     * @param radians 0 to pi
     */
    default void angle(double radians) {}
  }

  private final DataSet data;
  private final TrainingSettings settings;
  private final RunPublisher publisher;
  private final GradientExchange exchange;
  private final LongSupplier nanoTime;
  private final Learner learner;
  private final ClassReader classReader;
  private final UniformRandomProvider orderRandom;
  private Shard shard;
  private int[] order;
  private int position;
  private long step;

  /** Time that the last update was applied in; it is told with the next one. */
  private long applyNanos;

  /** Whether the chains have moved for an update that was never applied. */
  private boolean torn;

  private TrainingLoop(
      DataSet data,
      TrainingSettings settings,
      Shard shard,
      Team team,
      RunPublisher publisher,
      GradientExchange exchange,
      LongSupplier nanoTime) {
    this.data = data;
    this.settings = settings;
    this.publisher = publisher;
    this.exchange = exchange;
    this.nanoTime = nanoTime;
    this.classReader = data.labelled() ? ClassReader.fit(data, random(settings, CLASSES)) : null;
    this.learner = learner(data, settings, shard, team, classReader);
    this.orderRandom = orderRandom(settings, shard);
    deal(shard);
  }

  /**
   * The start of a run of one worker.
   *
   * @param publisher told of sweeps and updates
   * @param nanoTime monotonic nanoseconds, e.g. {@code System::nanoTime}; for durations only
   * @throws InputException if data and settings do not fit
   */
  public static TrainingLoop start(
      DataSet data, TrainingSettings settings, RunPublisher publisher, LongSupplier nanoTime) {
    return start(
        data, settings, Shard.WHOLE, Team.ALONE, publisher, GradientExchange.alone(), nanoTime);
  }

  /**
   * The start of one worker of a run.
   *
   * @param shard what the worker has of the run
   * @param team threads of this process that share the work; the same bits for any
   * @param publisher told of sweeps and, before they are exchanged, of gradients
   * @param exchange makes the mean of the workers' gradients
   * @throws InputException if data and settings do not fit, or the algorithm knows one worker only
   */
  public static TrainingLoop start(
      DataSet data,
      TrainingSettings settings,
      Shard shard,
      Team team,
      RunPublisher publisher,
      GradientExchange exchange,
      LongSupplier nanoTime) {
    requireFit(data, settings, shard);
    return new TrainingLoop(data, settings, shard, team, publisher, exchange, nanoTime);
  }

  private static Learner learner(
      DataSet data, TrainingSettings settings, Shard shard, Team team, ClassReader classReader) {
    UniformRandomProvider random = random(settings, PARAMETERS);
    int first = shard.worker() * settings.chains();
    Chains chains = Chains.start(first, settings.chains(), data.visible(), seed(settings, CHAINS));
    if (settings.model() == LatentCycleModel.Kind.RBM) {
      RbmModel model = RbmModel.initial(settings.hidden(), data, random);
      MacroStates states =
          switch (settings.state()) {
            case ARGMAX -> MacroStates.likeliest(settings.states());
            case CLASS -> MacroStates.classes(classReader);
            default -> MacroStates.nearest(Prototypes.of(data, settings.states(), random));
          };
      boolean persistent = settings.algorithm() == Algorithm.PCD;
      return new RbmLearner(model, chains, states, persistent, random);
    }
    if (settings.algorithm() == Algorithm.EM) {
      return new EmLearner(new MixtureEm(data.rows(), settings.states(), random), chains);
    }
    LatentCycleModel model =
        LatentCycleModel.initial(settings.model(), settings.states(), data, random);
    return new LatentCycleLearner(model, chains, settings.algorithm(), settings.decay(), team);
  }

  /** A stream for each worker, 2^128 draws away from the next. */
  private static UniformRandomProvider orderRandom(TrainingSettings settings, Shard shard) {
    JumpableUniformRandomProvider source = (JumpableUniformRandomProvider) random(settings, ORDER);
    UniformRandomProvider stream = source.jump(); // a copy from before the jump
    for (int w = 0; w < shard.worker(); w++) {
      stream = source.jump();
    }
    return stream;
  }

  /** Takes a shard of the data in a new order. */
  private void deal(Shard next) {
    shard = next;
    order = new int[shard.size(data.size())];
    shuffle();
  }

  /** Begins to go through the shard in a new order. */
  private void shuffle() {
    ClassReader.shuffle(order, orderRandom);
    for (int n = 0; n < order.length; n++) {
      order[n] = shard.example(order[n]);
    }
    position = 0;
  }

  private static UniformRandomProvider random(TrainingSettings settings, long purpose) {
    return RandomSource.XO_SHI_RO_256_PP.create(seed(settings, purpose));
  }

  /** The library scrambles a long seed over the generator's whole state. */
  private static long seed(TrainingSettings settings, long purpose) {
    return settings.seed() * 4 + purpose;
  }

  private static void requireFit(DataSet data, TrainingSettings settings, Shard shard) {
    boolean isWhole = shard.workers() == 1;
    if (!isWhole && settings.algorithm() == Algorithm.EM) {
      throw new InputException(
          "--algorithm: em, allowed with --workers: any other; every update of em reads all examples");
    }
    if (!isWhole && !settings.recordGradients()) {
      throw new IllegalArgumentException("several workers exchange gradients as they are recorded");
    }
    int examples = shard.size(data.size());
    if (settings.batch() > examples) {
      throw new InputException(
          "--batch: "
              + settings.batch()
              + ", allowed: at most "
              + examples
              + ", the number of examples "
              + (isWhole ? "" : "of worker " + shard.worker() + " of " + shard.workers() + " ")
              + "in --data "
              + data.spec());
    }
    boolean isRbm = settings.model() == LatentCycleModel.Kind.RBM;
    if (isRbm && settings.states() > data.size()) {
      throw new InputException(
          "--k: " + settings.states() + ", allowed: at most " + data.size() + ", the examples");
    }
    if (settings.state() == WatchedState.CLASS && settings.states() != data.classNames().size()) {
      throw new InputException(
          data.labelled()
              ? "--k: "
                  + settings.states()
                  + ", allowed: "
                  + data.classNames().size()
                  + ", the classes, with --state class"
              : "--state: class, allowed: with labelled data");
    }
    int units = isRbm ? Math.max(settings.hidden(), settings.states()) : settings.states();
    long weights = (long) units * data.visible();
    if (weights > TrainingSettings.MAX_WEIGHTS) {
      throw new InputException(
          (isRbm ? "--hidden or --k: " : "--k: ")
              + units
              + " with "
              + data.visible()
              + " units, allowed: at most "
              + TrainingSettings.MAX_WEIGHTS
              + " weights");
    }
  }

  /**
   * Trains until the run's updates are done or {@code stop} says so; asked before each update, and
   * while the exchange waits.
   *
   * @return updates applied in all
   */
  public long run(BooleanSupplier stop, Progress progress) {
    requireWhole();
    while (step < settings.updates() && !stop.getAsBoolean() && update(stop, progress)) {
      progress.updated(step, learner.logLikelihood());
    }
    return step;
  }

  /** One update; false if told to stop before the exchange had the mean. */
  private boolean update(BooleanSupplier stop, Progress progress) {
    long start = nanoTime.getAsLong();
    BitRows rows = data.rows();
    int batch = settings.batch();
    if (position + batch > order.length) {
      shuffle();
    }
    boolean published = step % settings.publishEvery() == 0;
    learner.prepare();
    for (int s = 0; s < settings.sweeps(); s++) {
      Sweep sweep = learner.sweep(published);
      if (published) {
        publisher.offer(observation(sweep));
      }
    }
    Gradient gradient = learner.gradient(rows, order, position, batch);
    double angle =
        published && isObserved() && learner.states() <= MAX_SOFT_STATES
            ? learner.gradientAngle()
            : Double.NaN;
    if (!Double.isNaN(angle)) {
      progress.angle(angle);
    }
    double rate = settings.rate(step);
    UpdateObservation own = null;
    if (published || settings.recordGradients()) {
      own =
          new UpdateObservation(
              step,
              gradient.published(settings.recordGradients()),
              settings.recordGradients() || isObserved() ? learner.digest() : null,
              learner.logLikelihood(),
              angle,
              rate,
              (nanoTime.getAsLong() - start + applyNanos) / 1_000);
      publisher.offer(own);
    }
    Shard next = exchange.mean(own, gradient, stop);
    if (next == null) {
      torn = true;
      return false;
    }
    long applying = nanoTime.getAsLong();
    learner.apply(rate);
    applyNanos = nanoTime.getAsLong() - applying;
    position += batch;
    step++;
    if (!next.equals(shard)) {
      deal(next);
    }
    return true;
  }

  /**
   * Whether the last update was applied. One that was given up while the exchange waited has moved
   * the chains: the loop can neither go on nor be saved then.
   */
  public boolean isWhole() {
    return !torn;
  }

  private void requireWhole() {
    if (torn) {
      throw new IllegalStateException("update " + step + " was given up in its middle");
    }
  }

  private boolean isObserved() {
    return step % settings.observeEvery() == 0;
  }

  private SweepObservation observation(Sweep sweep) {
    boolean observed = isObserved();
    return new SweepObservation(
        step,
        bytes(sweep.from()),
        bytes(sweep.to()),
        observed ? learner.pathEntropy() : null,
        observed && learner.states() <= MAX_SOFT_STATES ? learner.softRows() : null,
        observed && classReader != null ? classes(learner.chains().visible()) : null,
        observed ? learner.meanPosterior(data.rows(), order, position, settings.batch()) : null,
        observed ? samples(learner.chains().visible()) : null);
  }

  /** One byte a state up to K = 256, two, little-endian, above. */
  private byte[] bytes(int[] states) {
    int width = learner.states() <= 256 ? 1 : 2;
    byte[] bytes = new byte[width * states.length];
    for (int c = 0; c < states.length; c++) {
      bytes[width * c] = (byte) states[c];
      if (width == 2) {
        bytes[2 * c + 1] = (byte) (states[c] >>> 8);
      }
    }
    return bytes;
  }

  private byte[] classes(BitRows visible) {
    byte[] classes = new byte[visible.size()];
    for (int c = 0; c < classes.length; c++) {
      classes[c] = (byte) classReader.read(visible, c);
    }
    return classes;
  }

  private static byte[] samples(BitRows visible) {
    int width = (visible.visible() + 7) >>> 3;
    int count = Math.min(SAMPLES, visible.size());
    byte[] samples = new byte[width * count];
    for (int c = 0; c < count; c++) {
      visible.pack(c, samples, width * c);
    }
    return samples;
  }

  /** Digest of the parameters as they are. */
  public long digest() {
    return learner.digest();
  }

  /** Updates applied so far. */
  public long step() {
    return step;
  }

  /** What this worker has of the run. */
  public Shard shard() {
    return shard;
  }

  /** The settings of the run. */
  public TrainingSettings settings() {
    return settings;
  }

  /** What reads the class of generated samples; empty when the data are unlabelled. */
  public Optional<ClassReader> classReader() {
    return Optional.ofNullable(classReader);
  }

  /** Everything needed to continue this training with the same bits. */
  public Snapshot snapshot(String run, int attempt) {
    requireWhole();
    List<Snapshot.NamedArray> parameters = new ArrayList<>();
    learner.parameters().forEach((name, v) -> parameters.add(array(name, v)));
    List<Snapshot.NamedArray> optimizer = new ArrayList<>();
    learner.optimiser().forEach((name, v) -> optimizer.add(array(name, v)));
    List<UniformRandomProvider> generators = generators();
    ByteBuffer rng = ByteBuffer.allocate(STREAM_BYTES * generators.size());
    generators.forEach(generator -> rng.put(saved(generator)));
    ByteBuffer place =
        ByteBuffer.allocate(4 * (1 + order.length)).order(ByteOrder.LITTLE_ENDIAN).putInt(position);
    place.asIntBuffer().put(order);
    Map<String, String> texts = new LinkedHashMap<>(settings.toMap());
    texts.put("data", data.spec());
    texts.put(DIGEST, data.digest());
    return new Snapshot(
        run,
        attempt,
        shard.worker(),
        shard.workers(),
        step,
        settings.model().toString(),
        data.visible(),
        learner.states(),
        parameters,
        optimizer,
        learner.chains().save(),
        rng.array(),
        place.array(),
        publisher.nextSweep(),
        publisher.nextUpdate(),
        Snapshot.NOWHERE,
        settings.seed(),
        texts);
  }

  /**
   * Continues a run of one worker: bit for bit as if it had never stopped.
   *
   * @throws InputException if the snapshot is not of such a run on these data, or is damaged
   */
  public static TrainingLoop resume(
      DataSet data, Snapshot snapshot, RunPublisher publisher, LongSupplier nanoTime) {
    if (snapshot.workers() > 1) {
      throw new InputException(
          "checkpoint: of worker "
              + snapshot.worker()
              + " of "
              + snapshot.workers()
              + ", allowed: of a run of one");
    }
    return resume(data, snapshot, Team.ALONE, publisher, GradientExchange.alone(), nanoTime);
  }

  /**
   * Continues one worker of a run: bit for bit as if it had never stopped, with whatever team.
   *
   * @throws InputException if the snapshot is not of a run on these data, or is damaged
   */
  public static TrainingLoop resume(
      DataSet data,
      Snapshot snapshot,
      Team team,
      RunPublisher publisher,
      GradientExchange exchange,
      LongSupplier nanoTime) {
    String digest = snapshot.settings().get(DIGEST);
    if (!data.digest().equals(digest)) {
      throw new InputException(
          "--data "
              + data.spec()
              + ": digest "
              + data.digest()
              + ", allowed: the data of the checkpoint, digest "
              + digest);
    }
    TrainingSettings settings = TrainingSettings.of(snapshot.settings());
    Shard shard = new Shard(snapshot.worker(), snapshot.workers());
    TrainingLoop loop = start(data, settings, shard, team, publisher, exchange, nanoTime);
    try {
      loop.restore(snapshot);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new InputException("checkpoint: " + e.getMessage(), e);
    }
    return loop;
  }

  private void restore(Snapshot snapshot) {
    learner.parameters().forEach((name, v) -> copy(snapshot.parameter(name).values(), v, name));
    Map<String, double[]> optimiser = learner.optimiser();
    optimiser.replaceAll(
        (name, v) -> sized(snapshot.optimizerBlock(name).values(), v.length, name));
    learner.restoreOptimiser(optimiser);
    learner.chains().restore(snapshot.chains());
    List<UniformRandomProvider> generators = generators();
    if (snapshot.rng().length != STREAM_BYTES * generators.size()) {
      throw new IllegalArgumentException("rng: " + snapshot.rng().length + " bytes");
    }
    for (int g = 0; g < generators.size(); g++) {
      byte[] state = Arrays.copyOfRange(snapshot.rng(), STREAM_BYTES * g, STREAM_BYTES * (g + 1));
      ((RestorableUniformRandomProvider) generators.get(g))
          .restoreState(new RandomProviderDefaultState(state));
    }
    if (snapshot.data().length != 4 * (1 + order.length)) {
      throw new IllegalArgumentException("data: " + snapshot.data().length + " bytes");
    }
    ByteBuffer place = ByteBuffer.wrap(snapshot.data()).order(ByteOrder.LITTLE_ENDIAN);
    position = place.getInt();
    place.asIntBuffer().get(order);
    step = snapshot.step();
  }

  private static void copy(double[] from, double[] to, String name) {
    System.arraycopy(sized(from, to.length, name), 0, to, 0, to.length);
  }

  private static double[] sized(double[] values, int length, String name) {
    if (values.length != length) {
      throw new IllegalArgumentException(
          name + ": " + values.length + " values, allowed: " + length);
    }
    return values;
  }

  /** Every generator that training goes on to use, in a fixed order. */
  private List<UniformRandomProvider> generators() {
    List<UniformRandomProvider> generators = new ArrayList<>();
    generators.add(orderRandom);
    generators.addAll(learner.generators());
    return generators;
  }

  private static byte[] saved(UniformRandomProvider generator) {
    RestorableUniformRandomProvider restorable = (RestorableUniformRandomProvider) generator;
    return ((RandomProviderDefaultState) restorable.saveState()).getState();
  }

  private Snapshot.NamedArray array(String name, double[] values) {
    int[] shape =
        learner.parameters().containsKey(name) ? learner.shape(name) : new int[] {values.length};
    return new Snapshot.NamedArray(name, shape, values.clone());
  }
}
