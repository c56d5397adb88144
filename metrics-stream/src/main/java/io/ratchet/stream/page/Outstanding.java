package io.ratchet.stream.page;

import java.util.ArrayDeque;
import java.util.Deque;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers that their readers have not taken yet. Together they hold a bounded number of bytes: when
 * another one does not fit, the eldest goes, with its connection, of which nothing was taken for a
 * second; with twice as many bytes the eldest of all. So readers who do not read cost each other.
 */
final class Outstanding {
  private static final Logger LOG = LoggerFactory.getLogger(Outstanding.class);

  private static final long STUCK_NANOS = 1_000_000_000;

  private final long maxBytes;
  private final Deque<Answer> answers = new ArrayDeque<>();
  private long bytes;

  /**
   * No answers.
   *
   * @param maxBytes most that all of them may hold while one of them is not being taken
   */
  Outstanding(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Notes an answer that is about to be written.
   *
   * @return to be told when it is, instead of the callback
   */
  Callback add(Request request, Callback callback, int length) {
    Answer answer = new Answer(request, callback, length);
    for (Answer leaving = admit(answer); leaving != null; leaving = admit(answer)) {
      LOG.info("dropped a reader that did not take an answer of {} bytes", leaving.length);
      leaving.request.getConnectionMetaData().getConnection().getEndPoint().close();
    }
    return answer;
  }

  /** Takes an answer in; or returns one that has to go first, which is no longer here. */
  private synchronized Answer admit(Answer answer) {
    long all = bytes + answer.length;
    Answer leaving = all > maxBytes ? stuck() : null;
    if (leaving == null && all > 2 * maxBytes) {
      leaving = answers.peekFirst();
    }
    if (leaving == null) {
      answers.addLast(answer);
      bytes += answer.length;
    } else {
      leave(leaving);
    }
    return leaving;
  }

  /** The eldest answer of which nothing was taken for a while; null if all are being taken. */
  private Answer stuck() {
    long now = System.nanoTime();
    for (Answer each : answers) {
      long taken = each.request.getConnectionMetaData().getConnection().getBytesOut();
      if (taken != each.taken) {
        each.taken = taken;
        each.takenNanos = now;
      } else if (now - each.takenNanos >= STUCK_NANOS) {
        return each;
      }
    }
    return null;
  }

  /** Bytes of the answers that are not taken. */
  synchronized long bytes() {
    return bytes;
  }

  private synchronized void leave(Answer answer) {
    if (answers.remove(answer)) {
      bytes -= answer.length;
    }
  }

  private final class Answer extends Callback.Nested {
    private final Request request;
    private final int length;
    private long taken = -1;
    private long takenNanos = System.nanoTime();

    Answer(Request request, Callback callback, int length) {
      super(callback);
      this.request = request;
      this.length = length;
    }

    @Override
    public void completed() {
      leave(this);
    }
  }
}
