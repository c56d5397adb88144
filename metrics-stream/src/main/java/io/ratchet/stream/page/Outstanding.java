package io.ratchet.stream.page;

import java.util.ArrayDeque;
import java.util.Deque;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers that their readers have not taken yet. Together they hold a bounded number of bytes: when
 * another one does not fit, the one that has been there longest goes, with its connection. So
 * readers who do not read cost each other, and never one who reads.
 */
final class Outstanding {
  private static final Logger LOG = LoggerFactory.getLogger(Outstanding.class);

  private final long maxBytes;
  private final Deque<Answer> answers = new ArrayDeque<>();
  private long bytes;

  /**
   * No answers.
   *
   * @param maxBytes most that all of them may hold, but for the newest
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
    while (true) {
      Answer eldest;
      synchronized (this) {
        eldest = bytes + length > maxBytes ? answers.pollFirst() : null;
        if (eldest == null) {
          answers.addLast(answer);
          bytes += length;
          return answer;
        }
        bytes -= eldest.length;
      }
      LOG.info("dropped a reader that did not take an answer of {} bytes", eldest.length);
      eldest.request.getConnectionMetaData().getConnection().getEndPoint().close();
    }
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
