package io.ratchet.trainer.publish;

import io.ratchet.schema.Topics;
import io.ratchet.trainer.publish.Outgoing.Kind;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A bounded file of records that wait for the broker, first in, first out.
 *
 * <p>Eight bytes of magic, then for each record: length of the rest (int), CRC-32C of the rest
 * (int), kind (byte), time (long), the record as it goes on the wire. Big-endian. A file that ends
 * in the middle of a record, as after a kill, is cut there when it is opened, and {@link #cutBytes}
 * says by how much.
 *
 * <p>Writes go to the operating system at once and so survive the death of the process; they are
 * forced to the disk only by {@link #close}, so a power cut may cost the newest of them. Space is
 * given back when everything has been read and {@link #reset} is called: what was read but not yet
 * acknowledged is still in the file if the process dies, and is sent again.
 *
 * <p>One thread. One process at a time: the file is locked.
 */
final class Spill implements Closeable {
  private static final byte[] MAGIC = "RATSPIL1".getBytes(StandardCharsets.US_ASCII);
  private static final int FRAME_BYTES = 2 * Integer.BYTES;
  private static final int FIXED_BYTES = 1 + Long.BYTES;
  private static final int MAX_LENGTH = FIXED_BYTES + Topics.MAX_RECORD_BYTES + 1024;

  private final Path file;
  private final long maxBytes;
  private FileChannel channel;
  private long head;
  private long tail;
  private long cutBytes;
  private Outgoing next;

  private Spill(Path file, long maxBytes) {
    this.file = file;
    this.maxBytes = maxBytes;
  }

  /**
   * Opens the file, or makes it, and cuts a torn end off.
   *
   * @throws IOException if it cannot be written, is another kind of file, or is in use
   */
  static Spill open(Path file, long maxBytes) throws IOException {
    Spill spill = new Spill(file, maxBytes);
    spill.channel = locked(file, StandardOpenOption.CREATE);
    try {
      spill.recover();
    } catch (IOException | RuntimeException e) {
      spill.channel.close();
      throw e;
    }
    return spill;
  }

  private static FileChannel locked(Path file, StandardOpenOption creation) throws IOException {
    FileChannel channel =
        FileChannel.open(file, creation, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // Held by this process: the same answer.
    }
    channel.close();
    throw new IOException("in use: is the run being trained by another process?");
  }

  private void recover() throws IOException {
    long size = channel.size();
    if (size < MAGIC.length) { // new, or torn in the first write
      cutBytes = size;
      channel.truncate(0);
      write(ByteBuffer.wrap(MAGIC), 0);
      head = tail = MAGIC.length;
      return;
    }
    ByteBuffer magic = ByteBuffer.allocate(MAGIC.length);
    read(magic, 0);
    if (!magic.equals(ByteBuffer.wrap(MAGIC))) {
      throw new IOException("not a spill file");
    }
    head = tail = MAGIC.length;
    while (tail < size) {
      Outgoing record = readAt(tail, size);
      if (record == null) {
        break;
      }
      tail += frameBytes(record);
    }
    if (tail < size) {
      cutBytes = size - tail;
      channel.truncate(tail);
    }
  }

  Path file() {
    return file;
  }

  /** Bytes that were cut off the end when the file was opened. */
  long cutBytes() {
    return cutBytes;
  }

  /** Size of the file. */
  long size() {
    return tail;
  }

  /** Whether everything has been read. */
  boolean isRead() {
    return head == tail;
  }

  /** Whether the file holds no record, read or not. */
  boolean isEmpty() {
    return tail == MAGIC.length;
  }

  /** Puts a record at the end; false if the file is full. */
  boolean append(Outgoing record) throws IOException {
    if (tail + frameBytes(record) > maxBytes) {
      return false;
    }
    try {
      write(frame(record), tail);
    } catch (IOException e) {
      channel.truncate(tail); // half a record would hide what comes after it
      throw e;
    }
    tail += frameBytes(record);
    return true;
  }

  /** The oldest record that was not yet taken, or null; the same until {@link #take}. */
  Outgoing peek() throws IOException {
    if (next == null && head < tail) {
      next = readAt(head, tail);
      if (next == null) {
        throw new IOException("damaged at byte " + head);
      }
    }
    return next;
  }

  /** Passes the record that {@link #peek} shows. */
  void take() {
    head += frameBytes(next);
    next = null;
  }

  /** Passes everything: for a file that cannot be read on. Returns the bytes given up. */
  long giveUp() {
    long lost = tail - head;
    next = null;
    head = tail;
    return lost;
  }

  /** Forgets everything: all that was read has been acknowledged. */
  void reset() throws IOException {
    channel.truncate(MAGIC.length);
    head = tail = MAGIC.length;
    next = null;
  }

  /**
   * Puts records before those that were not yet taken, and forgets the taken ones. The new file
   * takes the old one's place in one step. The bound does not hold here: these records were
   * accepted before.
   */
  void putFirst(List<Outgoing> records) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    FileChannel target = locked(fresh, StandardOpenOption.CREATE_NEW);
    try {
      target.write(ByteBuffer.wrap(MAGIC));
      for (Outgoing record : records) {
        ByteBuffer frame = frame(record);
        while (frame.hasRemaining()) {
          target.write(frame);
        }
      }
      for (long at = head; at < tail; ) {
        at += channel.transferTo(at, tail - at, target);
      }
      target.force(true);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      target.close();
      Files.deleteIfExists(fresh);
      throw e;
    }
    channel.close();
    channel = target;
    head = MAGIC.length;
    tail = target.size();
    next = null;
  }

  /** Forces the file to the disk, or removes it when there is nothing in it. */
  @Override
  public void close() throws IOException {
    if (isEmpty()) {
      Files.deleteIfExists(file);
    } else {
      channel.force(true);
    }
    channel.close();
  }

  private static int frameBytes(Outgoing record) {
    return FRAME_BYTES + FIXED_BYTES + record.value().length;
  }

  private static ByteBuffer frame(Outgoing record) {
    ByteBuffer frame = ByteBuffer.allocate(frameBytes(record));
    frame.position(FRAME_BYTES);
    frame.put(record.kind().code()).putLong(record.millis()).put(record.value());
    frame.putInt(0, frame.capacity() - FRAME_BYTES);
    frame.putInt(Integer.BYTES, crc(frame.array(), FRAME_BYTES));
    return frame.flip();
  }

  /** The record at a position, or null if there is no whole and unharmed one before {@code end}. */
  private Outgoing readAt(long position, long end) throws IOException {
    if (end - position < FRAME_BYTES + FIXED_BYTES) {
      return null;
    }
    ByteBuffer frame = ByteBuffer.allocate(FRAME_BYTES);
    read(frame, position);
    int length = frame.getInt(0);
    if (length < FIXED_BYTES || length > MAX_LENGTH || length > end - position - FRAME_BYTES) {
      return null;
    }
    ByteBuffer rest = ByteBuffer.allocate(length);
    read(rest, position + FRAME_BYTES);
    Kind kind = Kind.of(rest.get(0));
    if (crc(rest.array(), 0) != frame.getInt(Integer.BYTES) || kind == null) {
      return null;
    }
    byte[] value = new byte[length - FIXED_BYTES];
    rest.get(FIXED_BYTES, value);
    return new Outgoing(kind, value, rest.getLong(1));
  }

  private static int crc(byte[] bytes, int from) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, bytes.length - from);
    return (int) crc.getValue();
  }

  private void read(ByteBuffer buffer, long position) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException("ends before byte " + (position + buffer.limit()));
      }
    }
    buffer.flip();
  }

  private void write(ByteBuffer buffer, long position) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer, position + buffer.position());
    }
  }
}
