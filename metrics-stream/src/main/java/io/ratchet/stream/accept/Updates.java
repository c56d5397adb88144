package io.ratchet.stream.accept;

import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import java.util.regex.Pattern;

/** What a gradient update may say, to the stream and to the page alike. */
public final class Updates {
  /** Most parameter blocks of an update; the metrics and the page take the first 16 of a run. */
  public static final int MAX_BLOCKS = 4_096;

  /** A block's name is a label and the head of a column: short, and nothing that needs quotes. */
  private static final String BLOCK_NAME = "[\\p{L}\\p{N}_.:/()\\[\\]-]{1,256}";

  private static final Pattern BLOCK = Pattern.compile(BLOCK_NAME);

  private Updates() {}

  /**
   * Checks an update.
   *
   * @throws RejectedException with {@link Reason#INVALID} if a field has a value that it may not
   *     have, naming the field, the value and what is allowed
   */
  public static void check(GradientUpdate update) throws RejectedException {
    require(update.getAttempt() >= 1, "attempt", update.getAttempt(), "1 or more");
    require(
        update.getWorker() >= 0 && update.getWorker() < SweepReader.MAX_WORKERS,
        "worker",
        update.getWorker(),
        "0 to " + (SweepReader.MAX_WORKERS - 1));
    require(
        update.getStep() >= 0 && update.getStep() <= SweepReader.MAX_STEP,
        "step",
        update.getStep(),
        "0 to " + SweepReader.MAX_STEP);
    require(update.getSequence() >= 0, "sequence", update.getSequence(), "0 or more");
    Double likelihood = update.getLogLikelihood();
    require(
        likelihood == null || Double.isFinite(likelihood), "logLikelihood", likelihood, "finite");
    Double angle = update.getGradientAngle();
    require(
        angle == null || (angle >= 0 && angle <= Math.PI), "gradientAngle", angle, "from 0 to pi");
    int blocks = update.getBlocks().size();
    require(blocks <= MAX_BLOCKS, "number of blocks", blocks, "at most " + MAX_BLOCKS);
    for (GradientBlock block : update.getBlocks()) {
      if (!BLOCK.matcher(block.getName()).matches()) {
        throw new RejectedException(
            Reason.INVALID,
            "the name of a block, of %d characters, is not %s"
                .formatted(block.getName().length(), BLOCK_NAME));
      }
      require(
          block.getNorm() >= 0 && Double.isFinite(block.getNorm()),
          "norm",
          block.getNorm(),
          "finite and not negative");
    }
  }

  private static void require(boolean allowed, String name, Number value, String range)
      throws RejectedException {
    if (!allowed) {
      throw new RejectedException(Reason.INVALID, name + " is " + value + "; must be " + range);
    }
  }
}
