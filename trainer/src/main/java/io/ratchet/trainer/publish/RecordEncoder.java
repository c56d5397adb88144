package io.ratchet.trainer.publish;

import io.ratchet.schema.ChainStates;
import io.ratchet.schema.GradientBlock;
import io.ratchet.schema.GradientUpdate;
import io.ratchet.schema.RecordCodec;
import io.ratchet.schema.StateEncoding;
import io.ratchet.schema.Worker;
import io.ratchet.schema.WorkerState;
import io.ratchet.trainer.publish.ObservationQueue.Numbered;
import io.ratchet.trainer.publish.Outgoing.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Turns observations into the contract's records. Here the numbers of training become Avro. */
final class RecordEncoder {
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

  private final RunIdentity identity;
  private final ByteBuffer classReference;

  RecordEncoder(RunIdentity identity) {
    this.identity = identity;
    this.classReference = doubles(identity.classReference());
  }

  Outgoing encode(Numbered numbered) {
    if (numbered.observation() instanceof SweepObservation sweep) {
      ChainStates record = chainStates(sweep.step(), numbered.number(), numbered.millis());
      record.setFrom(ByteBuffer.wrap(sweep.from()));
      record.setTo(ByteBuffer.wrap(sweep.to()));
      record.setPathEntropy(floats(sweep.pathEntropy()));
      record.setSoftTo(floats(sweep.softTo()));
      if (sweep.classes() != null) {
        record.setClasses(ByteBuffer.wrap(sweep.classes()));
        record.setClassReference(classReference);
      }
      record.setDataLatent(floats(sweep.dataLatent()));
      record.setSamples(sweep.samples() == null ? null : ByteBuffer.wrap(sweep.samples()));
      return new Outgoing(Kind.CHAIN_STATES, RecordCodec.encode(record), numbered.millis());
    }
    UpdateObservation update = (UpdateObservation) numbered.observation();
    return new Outgoing(
        Kind.GRADIENT_UPDATE,
        RecordCodec.encode(gradientUpdate(update, numbered.number(), numbered.millis())),
        numbered.millis());
  }

  Outgoing end(long step, long sweep, long millis) {
    ChainStates record = chainStates(step, sweep, millis);
    record.setEnd(true);
    record.setFrom(NOTHING);
    record.setTo(NOTHING);
    return new Outgoing(Kind.END, RecordCodec.encode(record), millis);
  }

  Outgoing worker(
      WorkerState state,
      long step,
      long promisedMillis,
      long dropped,
      long spilled,
      String message,
      long millis) {
    Worker record = new Worker();
    record.setRun(identity.run());
    record.setAttempt(identity.attempt());
    record.setWorker(identity.worker());
    record.setIncarnation(identity.incarnation());
    record.setStep(step);
    record.setState(state);
    record.setHeartbeatMillis(millis);
    record.setPromisedIntervalMillis(promisedMillis);
    record.setDropped(dropped);
    record.setSpilled(spilled);
    record.setMessage(message);
    return new Outgoing(Kind.WORKER, RecordCodec.encode(record), millis);
  }

  private ChainStates chainStates(long step, long sweep, long millis) {
    ChainStates record = new ChainStates();
    record.setRun(identity.run());
    record.setAttempt(identity.attempt());
    record.setWorker(identity.worker());
    record.setIncarnation(identity.incarnation());
    record.setWorkers(identity.workers());
    record.setChainOffset(identity.chainOffset());
    record.setChains(identity.chains());
    record.setStartStep(identity.startStep());
    record.setStep(step);
    record.setSweep(sweep);
    record.setExpectation(identity.expectation());
    record.setStates(identity.states());
    record.setEncoding(identity.states() <= 256 ? StateEncoding.UINT8 : StateEncoding.UINT16_LE);
    record.setVisible(identity.visible());
    record.setTimestampMillis(millis);
    return record;
  }

  private GradientUpdate gradientUpdate(UpdateObservation update, long sequence, long millis) {
    List<GradientBlock> blocks = new ArrayList<>(update.blocks().size());
    for (UpdateObservation.Block block : update.blocks()) {
      List<Integer> shape = new ArrayList<>(block.shape().length);
      for (int dimension : block.shape()) {
        shape.add(dimension);
      }
      blocks.add(new GradientBlock(block.name(), shape, floats(block.values()), block.norm()));
    }
    GradientUpdate record = new GradientUpdate();
    record.setRun(identity.run());
    record.setAttempt(identity.attempt());
    record.setWorker(identity.worker());
    record.setIncarnation(identity.incarnation());
    record.setSequence(sequence);
    record.setWorkers(identity.workers());
    record.setMembers(List.of());
    record.setStep(update.step());
    record.setBlocks(blocks);
    record.setParametersDigest(update.parametersDigest());
    record.setLogLikelihood(Double.isNaN(update.logLikelihood()) ? null : update.logLikelihood());
    record.setGradientAngle(Double.isNaN(update.gradientAngle()) ? null : update.gradientAngle());
    record.setLearningRate(update.learningRate());
    record.setUpdateMicros(update.micros());
    record.setTimestampMillis(millis);
    record.setWorkers(identity.workers());
    record.setMembers(identity.members());
    return record;
  }

  /** Float32 little-endian; null stays null. */
  private static ByteBuffer floats(float[] values) {
    if (values == null) {
      return null;
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  private static ByteBuffer doubles(double[] values) {
    if (values == null) {
      return null;
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(Double.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return bytes;
  }
}
