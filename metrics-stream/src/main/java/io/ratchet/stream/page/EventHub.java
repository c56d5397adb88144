package io.ratchet.stream.page;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server-sent events: tells each open page what is new, a few times a second.
 *
 * <p>Nothing is queued for a subscriber. Each one carries the version up to which it knows its run;
 * a tick asks the archive for what came after and writes it as one push, unless the push before has
 * not been taken yet. So a slow reader gets fewer and larger pushes, holds at most one of them in
 * memory, and is dropped when it takes none for too long; the page then connects again by itself.
 */
final class EventHub implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EventHub.class);

  /** The list of runs changes with the clock too; it is compared once in so many ticks. */
  private static final int RUNS_EVERY = 5;

  /** A comment after this silence shows the reader and every box between that we are here. */
  private static final long HEARTBEAT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final RunArchive archive;
  private final HttpSettings settings;
  private final Queue<Subscriber> subscribers = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();
  private final ScheduledExecutorService ticker;
  private long ticks;
  private byte[] runs = new byte[0];
  private long runsVersion;

  EventHub(RunArchive archive, HttpSettings settings) {
    this.archive = archive;
    this.settings = settings;
    ticker =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "http-events");
              thread.setDaemon(true);
              return thread;
            });
    long interval = settings.pushInterval().toNanos();
    var unused =
        ticker.scheduleWithFixedDelay(this::tick, interval, interval, TimeUnit.NANOSECONDS);
  }

  /** Answers {@code /api/v1/events?run=ID}; without a run only the list of runs is told. */
  void subscribe(Request request, Response response, Callback callback) {
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    if (count.incrementAndGet() > settings.subscribers()) {
      count.decrementAndGet();
      response.setStatus(HttpStatus.SERVICE_UNAVAILABLE_503);
      response.getHeaders().put(HttpHeader.RETRY_AFTER, "10");
      response.write(true, ByteBuffer.wrap(ApiJson.error("too many open pages")), callback);
      return;
    }
    response.setStatus(HttpStatus.OK_200);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
    if (HttpMethod.HEAD.is(request.getMethod())) {
      count.decrementAndGet();
      response.write(true, ByteBuffer.allocate(0), callback);
      return;
    }
    String run = Request.extractQueryParameters(request).getValue("run");
    Subscriber subscriber = new Subscriber(request, response, callback, run);
    subscriber.write(Assets.utf8("retry: 1000\n\n"), System.nanoTime());
    subscribers.add(subscriber);
  }

  /** Number of open subscriptions. */
  int size() {
    return count.get();
  }

  @Override
  public void close() {
    ticker.shutdownNow();
    subscribers.forEach(Subscriber::drop);
  }

  private void tick() {
    long now = System.nanoTime();
    try {
      if ((ticks++ % RUNS_EVERY == 0 || runsVersion == 0) && !subscribers.isEmpty()) {
        byte[] current = ApiJson.runs(archive);
        if (!Arrays.equals(current, runs)) {
          runs = current;
          runsVersion++;
        }
      }
    } catch (RuntimeException e) {
      LOG.error("the list of runs could not be written", e);
    }
    for (Subscriber subscriber : subscribers) {
      try {
        subscriber.tick(now);
      } catch (RuntimeException e) {
        // One run that cannot be written must not silence the pages of the others.
        LOG.error("events of run {} could not be written", subscriber.run, e);
        subscriber.drop();
      }
    }
  }

  private final class Subscriber implements Callback {
    private final Request request;
    private final Response response;
    private final Callback completion;
    private final String run;
    private long known;
    private long knownRuns;
    private long written;
    private volatile boolean writing;
    private volatile boolean gone;

    Subscriber(Request request, Response response, Callback completion, String run) {
      this.request = request;
      this.response = response;
      this.completion = completion;
      this.run = run;
    }

    void tick(long now) {
      if (gone) {
        return;
      }
      if (writing) {
        if (now - written > settings.patience().toNanos()) {
          LOG.info("dropped a reader of events that took nothing for {}", settings.patience());
          drop();
        }
        return;
      }
      byte[] push = news();
      if (push.length > 0) {
        write(push, now);
      } else if (now - written > HEARTBEAT_NANOS) {
        write(Assets.utf8(":\n\n"), now);
      }
    }

    private byte[] news() {
      ByteArrayOutputStream push = new ByteArrayOutputStream();
      if (knownRuns != runsVersion) {
        knownRuns = runsVersion;
        event(push, "runs", runs);
      }
      if (run != null) {
        known = archive.read(run, history -> news(push, history)).orElse(0L);
      }
      return push.toByteArray();
    }

    /** Writes what is newer than the reader knows, all under the run's lock: one moment of it. */
    private long news(ByteArrayOutputStream push, RunHistory history) {
      if (history.version() > known) {
        event(push, "series", ApiSeries.json(history, SeriesQuery.overview(known)));
        if (history.aboutVersion() > known || known == 0) {
          event(push, "run", ApiJson.run(history, archive.now()));
        }
        if (history.windowVersion() > known || known == 0) {
          event(push, "chain", ApiJson.chain(history));
        }
        if (history.samplesVersion() > known || known == 0) {
          event(push, "samples", ApiJson.samples(history));
        }
      }
      return history.version();
    }

    private void event(ByteArrayOutputStream push, String name, byte[] json) {
      push.writeBytes(Assets.utf8("event: " + name + "\ndata: "));
      push.writeBytes(json);
      push.writeBytes(Assets.utf8("\n\n"));
    }

    void write(byte[] push, long now) {
      written = now;
      writing = true;
      response.write(false, ByteBuffer.wrap(push), this);
    }

    @Override
    public void succeeded() {
      writing = false;
    }

    @Override
    public void failed(Throwable cause) {
      if (leave()) {
        completion.failed(cause);
      }
    }

    /** Closes the connection under the reader; a push still being written fails with it. */
    void drop() {
      if (leave()) {
        request.getConnectionMetaData().getConnection().getEndPoint().close();
        completion.succeeded();
      }
    }

    private synchronized boolean leave() {
      if (gone) {
        return false;
      }
      gone = true;
      subscribers.remove(this);
      count.decrementAndGet();
      return true;
    }
  }
}
