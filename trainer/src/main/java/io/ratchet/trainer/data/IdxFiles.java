package io.ratchet.trainer.data;

import io.ratchet.trainer.InputException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reader of the IDX files that MNIST comes in: big-endian magic 0x00000803 (images: number, rows,
 * columns) or 0x00000801 (labels: number), then unsigned bytes. Gzip is recognised by its own
 * magic, not by the file's name. Nothing is allocated by what a header claims beyond one image.
 */
final class IdxFiles {

  private static final int IMAGES_MAGIC = 0x0803;
  private static final int LABELS_MAGIC = 0x0801;
  private static final int GZIP_MAGIC = 0x1f8b;

  private IdxFiles() {}

  static void read(Path images, Path labels, Examples into) {
    try (Source pixels = new Source(images, IMAGES_MAGIC, "an IDX image file (3 dimensions)")) {
      int count = pixels.integer("number of images", 0, Integer.MAX_VALUE);
      int height = pixels.integer("rows", 1, BitRows.MAX_VISIBLE);
      int width = pixels.integer("columns", 1, BitRows.MAX_VISIBLE);
      long visible = (long) height * width;
      if (visible > BitRows.MAX_VISIBLE) {
        throw pixels.error(
            height + " x " + width + " pixels", "at most " + BitRows.MAX_VISIBLE + " pixels");
      }
      into.begin(images.toString(), (int) visible, width, height, labels != null);
      if (labels == null) {
        read(pixels, count, (int) visible, null, into);
        return;
      }
      try (Source classes = new Source(labels, LABELS_MAGIC, "an IDX label file (1 dimension)")) {
        int labelCount = classes.integer("number of labels", 0, Integer.MAX_VALUE);
        if (labelCount != count) {
          throw classes.error(
              labelCount + " labels", count + " labels, one for each image of " + images);
        }
        read(pixels, count, (int) visible, classes, into);
      }
    }
  }

  private static void read(Source pixels, int count, int visible, Source classes, Examples into) {
    byte[] image = new byte[visible];
    byte[] label = new byte[1];
    boolean[] bits = new boolean[visible];
    for (int r = 0; r < count && !into.full(); r++) {
      pixels.fill(image, "image", r, count);
      if (classes != null) {
        classes.fill(label, "label", r, count);
      }
      for (int i = 0; i < visible; i++) {
        bits[i] = (image[i] & 0xff) > 127;
      }
      into.add(
          classes == null ? pixels.name() : classes.name(),
          bits,
          classes == null ? null : Integer.toString(label[0] & 0xff));
    }
    if (!into.full()) {
      pixels.end(count + " images");
      if (classes != null) {
        classes.end(count + " labels");
      }
    }
  }

  /** One open file that names itself in every error. */
  private static final class Source implements AutoCloseable {
    private final Path path;
    private final InputStream in;

    Source(Path path, int magic, String what) {
      this.path = path;
      if (Files.isDirectory(path)) {
        throw error("is a directory", what);
      }
      InputStream opened = null;
      try {
        opened = new BufferedInputStream(Files.newInputStream(path), 1 << 16);
        opened.mark(2);
        int first = opened.read() << 8 | opened.read();
        opened.reset();
        in = first == GZIP_MAGIC ? new GZIPInputStream(opened, 1 << 16) : opened;
      } catch (IOException e) {
        closeQuietly(opened);
        throw error(InputFiles.reason(e), what);
      }
      try {
        int found = integer("magic number", Integer.MIN_VALUE, Integer.MAX_VALUE);
        if (found != magic) {
          throw error(
              String.format("magic number 0x%08x", found),
              String.format("0x%08x, %s of unsigned bytes", magic, what));
        }
      } catch (InputException e) {
        closeQuietly(in);
        throw e;
      }
    }

    String name() {
      return path.toString();
    }

    int integer(String what, int least, int most) {
      byte[] bytes = new byte[4];
      if (readFully(bytes) < 4) {
        throw error("ends inside the header, at its " + what, "a complete IDX file");
      }
      int value = ByteBuffer.wrap(bytes).getInt();
      if (value < least || value > most) {
        throw error(what + " " + value, least + " to " + most);
      }
      return value;
    }

    void fill(byte[] bytes, String what, int number, int count) {
      if (readFully(bytes) < bytes.length) {
        throw error("truncated: ends inside " + what + " " + (number + 1), "all " + count);
      }
    }

    void end(String what) {
      if (readFully(new byte[1]) != 0) {
        throw error("has bytes after its " + what, "nothing after them");
      }
    }

    private int readFully(byte[] bytes) {
      try {
        return in.readNBytes(bytes, 0, bytes.length);
      } catch (EOFException e) {
        throw error("truncated: its gzip stream is cut", "a complete file");
      } catch (ZipException e) {
        throw error("damaged gzip: " + e.getMessage(), "an intact file");
      } catch (IOException e) {
        throw error(InputFiles.reason(e), "a readable file");
      }
    }

    InputException error(String value, String allowed) {
      return new InputException(path + ": " + value + ", allowed: " + allowed);
    }

    @Override
    public void close() {
      closeQuietly(in);
    }

    private static void closeQuietly(InputStream stream) {
      try {
        if (stream != null) {
          stream.close();
        }
      } catch (IOException e) {
        // Closing a file that was only read loses nothing.
      }
    }
  }
}
