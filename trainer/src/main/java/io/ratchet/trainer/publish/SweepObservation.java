package io.ratchet.trainer.publish;

/**
 * What one application of the kernel did to every chain of a worker, C chains in all.
 *
 * <p>States are one unsigned byte each up to K = 256 and two bytes, little-endian, above. The
 * observables after {@code to} are null where this sweep does not carry them.
 *
 * @param step updates applied to the parameters that made the sweep
 * @param from state of chain i before the sweep, at position i
 * @param to state of chain i after the sweep, at position i
 * @param pathEntropy per chain ln p(x|z) + ln p(y|x) - ln p(x|y) - ln p(z|x), nats; C values
 * @param softTo p(y|x_i), C x K row-major; only for K &lt;= 256
 * @param classes class of chain i's visible state, 255 for none; C values
 * @param dataLatent minibatch mean of p(z|x) over the data; K values
 * @param samples visible states of the first few chains, each padded to whole bytes, bit i of a
 *     chain in byte i/8 at bit i%8
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record SweepObservation(
    long step,
    byte[] from,
    byte[] to,
    float[] pathEntropy,
    float[] softTo,
    byte[] classes,
    float[] dataLatent,
    byte[] samples) {}
