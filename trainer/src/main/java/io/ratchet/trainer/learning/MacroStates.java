package io.ratchet.trainer.learning;

import io.ratchet.trainer.data.BitRows;
import io.ratchet.trainer.model.HiddenLayer;
import io.ratchet.trainer.model.Prototypes;

/**
 * What the visible layer of a restricted Boltzmann machine is counted as: it has too many states to
 * count each. A function of a state keeps a reversible chain reversible in pairs, so that every
 * choice here has entropy production 0 while the parameters rest.
 */
public final class MacroStates {

  private interface Reader {
    int read(HiddenLayer layer, BitRows rows, int row);
  }

  private final int count;
  private final Reader reader;

  private MacroStates(int count, Reader reader) {
    this.count = count;
    this.reader = reader;
  }

  /** {@link WatchedState#PROTOTYPE}: the same for the whole of a run. */
  public static MacroStates nearest(Prototypes prototypes) {
    return new MacroStates(prototypes.count(), (layer, rows, row) -> prototypes.nearest(rows, row));
  }

  /** {@link WatchedState#CLASS}: the same for the whole of a run. */
  public static MacroStates classes(ClassReader classes) {
    return new MacroStates(classes.classes(), (layer, rows, row) -> classes.read(rows, row));
  }

  /**
   * {@link WatchedState#ARGMAX}: moves with the parameters. No hidden unit differs from another
   * before training, so that the first are as good as any.
   *
   * @param count K, hidden units that are compared; at most all of them
   */
  public static MacroStates likeliest(int count) {
    return new MacroStates(count, (layer, rows, row) -> layer.likeliest(rows, row, count));
  }

  /** K. */
  int count() {
    return count;
  }

  /**
   * The state of a row, 0 to K - 1.
   *
   * @param layer with the current parameters
   */
  int of(HiddenLayer layer, BitRows rows, int row) {
    return reader.read(layer, rows, row);
  }
}
