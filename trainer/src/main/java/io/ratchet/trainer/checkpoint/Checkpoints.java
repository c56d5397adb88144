package io.ratchet.trainer.checkpoint;

import io.ratchet.schema.Checkpoint;
import io.ratchet.schema.Parameter;
import io.ratchet.trainer.InputException;
import io.ratchet.trainer.model.LatentCycleModel;
import io.ratchet.trainer.model.RbmModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.file.SeekableByteArrayInput;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.specific.SpecificDatumReader;
import org.apache.avro.specific.SpecificDatumWriter;
import org.ejml.data.DMatrixRMaj;

/**
 * The checkpoint file: an Avro container of one {@code Checkpoint}, then nothing.
 *
 * <p>Written whole or not at all. Its metadata hold a CRC-32C of the record's encoding, because a
 * flipped bit in a weight would otherwise be read as another weight.
 */
public final class Checkpoints {

  private static final String CHECKSUM = "ratchet.crc32c";

  /**
   * Metadata that say what the record means; a file without is of format 1. One more when the
   * record gets a field, or bytes in it another meaning: an older version would take what it does
   * not know for damage, or not notice.
   */
  private static final String FORMAT = "ratchet.format";

  private static final int NEWEST_FORMAT = 1;

  private Checkpoints() {}

  /**
   * Writes a file, atomically: to a temporary file beside it, forced to the disk, then renamed.
   *
   * @throws IOException if the file cannot be written; what was there before is then untouched
   */
  public static void write(Path file, Snapshot snapshot) throws IOException {
    stage(file, snapshot).commit();
  }

  /**
   * Does all of {@link #write} but the renaming, so that it can wait until the file may be seen.
   *
   * @throws IOException if there is no room for the file
   */
  public static StagedFile stage(Path file, Snapshot snapshot) throws IOException {
    return StagedFile.write(file, encode(snapshot));
  }

  /**
   * Reads a file.
   *
   * @throws InputException if it is missing, damaged, no checkpoint, or a later version's
   */
  public static Snapshot read(Path file) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file, allowed: a checkpoint", e);
    } catch (IOException e) {
      throw new InputException(
          file + ": cannot be read (" + e.getMessage() + "), allowed: a checkpoint", e);
    }
    try {
      long format = format(bytes);
      if (format > NEWEST_FORMAT) {
        throw new InputException(
            file
                + ": a checkpoint of format "
                + format
                + ", which a later version of Ratchet wrote and can read, allowed: up to format "
                + NEWEST_FORMAT);
      }
      return decode(bytes);
    } catch (InputException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new InputException(
          file
              + ": not a checkpoint, or damaged ("
              + e.getMessage()
              + "), allowed: a complete file",
          e);
    }
  }

  /**
   * The model of a snapshot.
   *
   * @throws InputException if it is not a model that this version knows
   */
  public static LatentCycleModel model(Snapshot snapshot) {
    LatentCycleModel.Kind kind = LatentCycleModel.Kind.of(snapshot.model());
    if (kind == null) {
      throw new InputException(
          "checkpoint: model '" + snapshot.model() + "', allowed: latent-cycle or tied");
    }
    try {
      return LatentCycleModel.of(
          kind,
          matrix(snapshot.parameter("W")),
          matrix(snapshot.parameter("b")),
          matrix(snapshot.parameter("U")),
          matrix(snapshot.parameter("a")));
    } catch (IllegalArgumentException e) {
      throw new InputException("checkpoint: " + e.getMessage(), e);
    }
  }

  /**
   * The restricted Boltzmann machine of a snapshot.
   *
   * @throws InputException if it is of another model
   */
  public static RbmModel rbm(Snapshot snapshot) {
    if (LatentCycleModel.Kind.of(snapshot.model()) != LatentCycleModel.Kind.RBM) {
      throw new InputException("checkpoint: model '" + snapshot.model() + "', allowed: rbm");
    }
    try {
      return RbmModel.of(
          matrix(snapshot.parameter("W")),
          matrix(snapshot.parameter("b")),
          matrix(snapshot.parameter("c")));
    } catch (IllegalArgumentException e) {
      throw new InputException("checkpoint: " + e.getMessage(), e);
    }
  }

  private static DMatrixRMaj matrix(Snapshot.NamedArray array) {
    int[] shape = array.shape();
    if (shape.length < 1 || shape.length > 2) {
      throw new IllegalArgumentException(
          "parameter " + array.name() + " has " + shape.length + " dimensions, allowed: 1 or 2");
    }
    int columns = shape.length == 2 ? shape[1] : 1;
    return new DMatrixRMaj(shape[0], columns, true, array.values());
  }

  private static byte[] encode(Snapshot snapshot) throws IOException {
    Checkpoint checkpoint =
        Checkpoint.newBuilder()
            .setRun(snapshot.run())
            .setAttempt(snapshot.attempt())
            .setWorker(snapshot.worker())
            .setWorkers(snapshot.workers())
            .setStep(snapshot.step())
            .setModel(snapshot.model())
            .setVisible(snapshot.visible())
            .setStates(snapshot.states())
            .setParameters(parameters(snapshot.parameters()))
            .setOptimizer(parameters(snapshot.optimizer()))
            .setChains(ByteBuffer.wrap(snapshot.chains()))
            .setRng(ByteBuffer.wrap(snapshot.rng()))
            .setData(ByteBuffer.wrap(snapshot.data()))
            .setSweep(snapshot.sweep())
            .setSequence(snapshot.sequence())
            .setGradientOffset(snapshot.gradientOffset())
            .setSeed(snapshot.seed())
            .setSettings(new TreeMap<>(snapshot.settings()))
            .build();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (DataFileWriter<Checkpoint> writer =
        new DataFileWriter<>(new SpecificDatumWriter<>(Checkpoint.class))) {
      writer.setMeta(CHECKSUM, checksum(checkpoint));
      writer.setMeta(FORMAT, NEWEST_FORMAT);
      writer.create(Checkpoint.getClassSchema(), out, SYNC);
      writer.append(checkpoint);
    }
    return out.toByteArray();
  }

  /** A fixed marker, so that equal checkpoints are equal files; there is one block only. */
  private static final byte[] SYNC = "ratchet-snapshot".getBytes(StandardCharsets.US_ASCII);

  private static List<Parameter> parameters(List<Snapshot.NamedArray> arrays) {
    List<Parameter> parameters = new ArrayList<>(arrays.size());
    for (Snapshot.NamedArray array : arrays) {
      ByteBuffer values =
          ByteBuffer.allocate(Math.multiplyExact(8, array.values().length))
              .order(ByteOrder.LITTLE_ENDIAN);
      values.asDoubleBuffer().put(array.values());
      List<Integer> shape = new ArrayList<>();
      for (int length : array.shape()) {
        shape.add(length);
      }
      parameters.add(
          Parameter.newBuilder()
              .setName(array.name())
              .setShape(shape)
              .setValues(values.order(ByteOrder.BIG_ENDIAN))
              .build());
    }
    return parameters;
  }

  /** The format that a file says it has. */
  private static long format(byte[] bytes) throws IOException {
    try (DataFileReader<Object> reader =
        new DataFileReader<>(new SeekableByteArrayInput(bytes), new GenericDatumReader<>())) {
      return reader.getMeta(FORMAT) == null ? 1 : reader.getMetaLong(FORMAT);
    }
  }

  private static Snapshot decode(byte[] bytes) throws IOException {
    Checkpoint read;
    long checksum;
    try (DataFileReader<Checkpoint> reader =
        new DataFileReader<>(
            new SeekableByteArrayInput(bytes), new SpecificDatumReader<>(Checkpoint.class))) {
      if (!reader.hasNext()) {
        throw new IOException("no record");
      }
      checksum = reader.getMetaLong(CHECKSUM);
      read = reader.next();
      if (reader.hasNext()) {
        throw new IOException("more than one record");
      }
    }
    read.setSettings(new TreeMap<>(read.getSettings())); // in the order they were written in
    if (checksum != checksum(read)) {
      throw new IOException("checksum differs");
    }
    return new Snapshot(
        read.getRun(),
        read.getAttempt(),
        read.getWorker(),
        read.getWorkers(),
        read.getStep(),
        read.getModel(),
        read.getVisible(),
        read.getStates(),
        arrays(read.getParameters()),
        arrays(read.getOptimizer()),
        bytes(read.getChains()),
        bytes(read.getRng()),
        bytes(read.getData()),
        read.getSweep(),
        read.getSequence(),
        read.getGradientOffset(),
        read.getSeed(),
        Map.copyOf(read.getSettings()));
  }

  private static long checksum(Checkpoint checkpoint) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
    new SpecificDatumWriter<>(Checkpoint.class).write(checkpoint, encoder);
    encoder.flush();
    CRC32C crc = new CRC32C();
    crc.update(out.toByteArray());
    return crc.getValue();
  }

  private static List<Snapshot.NamedArray> arrays(List<Parameter> parameters) {
    List<Snapshot.NamedArray> arrays = new ArrayList<>(parameters.size());
    for (Parameter parameter : parameters) {
      int[] shape = parameter.getShape().stream().mapToInt(Integer::intValue).toArray();
      long size = 8;
      for (int length : shape) {
        size = Math.multiplyExact(size, (long) length);
      }
      ByteBuffer values = parameter.getValues().duplicate().order(ByteOrder.LITTLE_ENDIAN);
      if (values.remaining() != size) {
        throw new AvroRuntimeException(
            "parameter "
                + parameter.getName()
                + " has "
                + values.remaining()
                + " bytes, not "
                + size);
      }
      double[] doubles = new double[(int) (size / 8)];
      values.asDoubleBuffer().get(doubles);
      arrays.add(new Snapshot.NamedArray(parameter.getName(), shape, doubles));
    }
    return List.copyOf(arrays);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }
}
