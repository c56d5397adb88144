package io.ratchet.stream;

import static io.ratchet.stream.Faults.PATIENCE;
import static io.ratchet.stream.Faults.say;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers who connect and say nothing, who ask and never read, and who ask as fast as they can, all
 * at once, while one honest reader scrapes. For him time is the claim: one second.
 */
@Tag("faults")
class HostileReadersIT {
  private static final int HALF_OPEN = 500;
  private static final int DEAF = 100;
  private static final Duration ATTACK = Duration.ofSeconds(15);
  private static final int ANSWER_MILLIS = 1_000;

  /** What the attackers may cost of the 256 MB that the process has. */
  private static final long BOUND = 128L << 20;

  @TempDir private Path directory;

  /**
   * What an attack did.
   *
   * @param scrapes that were answered
   * @param missed that were not, within a second
   * @param slowestMillis the longest that was
   */
  private record Outcome(
      int scrapes, int missed, long slowestMillis, long requests, long heapBefore, long heap) {
    boolean isHarmless() {
      return missed == 0 && heap - heapBefore < BOUND;
    }
  }

  @Test
  void theScrape_isAnsweredWithinASecond_andMemoryIsBounded_andAllIsFreedAfterwards()
      throws Exception {
    try (ChildProcess page = launch(PageProcess.LIMITED)) {
      int port = URI.create(page.awaitReady()).getPort();
      await().atMost(PATIENCE).until(() -> scrape(port)); // what it needs is loaded
      int before = page.footprint().descriptors();
      Outcome outcome = attack(page);
      say("hostile readers: %s", outcome);
      assertThat(outcome.isHarmless()).as(outcome.toString()).isTrue();
      assertThat(outcome.scrapes()).isGreaterThan(10);
      assertThat(outcome.requests()).isGreaterThan(1_000);
      await().atMost(PATIENCE).until(() -> page.footprint().descriptors() <= before + 5);
      assertThat(page.usedHeap()).isLessThan(outcome.heapBefore() + BOUND / 8);
      assertThat(page.log()).doesNotContain("OutOfMemory");
    }
  }

  /** The twin: without its limits the same server comes to harm. */
  @Test
  void withoutLimits_theSameAttackDoesHarm() throws Exception {
    try (ChildProcess page = launch("unlimited")) {
      Outcome outcome = attack(page);
      say("hostile readers without limits: %s", outcome);
      assertThat(outcome.isHarmless()).as(outcome.toString()).isFalse();
    }
  }

  private ChildProcess launch(String kind) throws IOException {
    return ChildProcess.launch(directory, kind, PageProcess.class, List.of(kind));
  }

  private static Outcome attack(ChildProcess page) throws Exception {
    URI uri = URI.create(page.awaitReady());
    int port = uri.getPort();
    long heapBefore = page.usedHeap();
    AtomicLong requests = new AtomicLong();
    List<Socket> held = new ArrayList<>();
    ExecutorService attackers = Executors.newCachedThreadPool();
    try {
      for (int i = 0; i < HALF_OPEN; i++) {
        String said = List.of("", "GET /metr", "GET /metrics HTTP/1.1\r\nHos").get(i % 3);
        held.add(open(port, said));
      }
      for (int i = 0; i < DEAF; i++) {
        held.add(open(port, get("/api/v1/events?run=long")));
        held.add(open(port, get("/api/v1/run/long/updates.csv?points=100000")));
        Thread.sleep(20); // else most are told 503, and what is told cannot be left untaken
        held.add(open(port, get("/metrics").repeat(50)));
      }
      long end = System.nanoTime() + ATTACK.toNanos();
      for (int i = 0; i < 6; i++) {
        String path = List.of("/metrics", "/api/v1/runs", "/api/v1/run/long/series").get(i % 3);
        boolean keepAlive = i < 3;
        attackers.execute(() -> flood(port, path, keepAlive, end, requests));
      }
      int scrapes = 0;
      int missed = 0;
      long slowest = 0;
      long heap = 0;
      while (System.nanoTime() - end < 0 && page.isAlive()) {
        long start = System.nanoTime();
        if (scrape(port)) {
          scrapes++;
          slowest = Math.max(slowest, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
        } else {
          missed++;
        }
        if ((scrapes + missed) % 20 == 0) { // in between: it stops the process for a moment
          heap = Math.max(heap, heapOf(page));
        }
        Thread.sleep(100);
      }
      return new Outcome(scrapes, missed, slowest, requests.get(), heapBefore, heap);
    } finally {
      attackers.shutdownNow();
      for (Socket socket : held) {
        socket.close();
      }
      assertThat(attackers.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }
  }

  /** A process that has no memory left may not answer this either. */
  private static long heapOf(ChildProcess page) throws InterruptedException {
    try {
      return page.usedHeap();
    } catch (IOException | IllegalStateException e) {
      return Long.MAX_VALUE;
    }
  }

  /** One who does not read, and has little room for what he is sent. */
  private static Socket open(int port, String said) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4 << 10);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
    socket.getOutputStream().write(said.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  }

  private static void flood(
      int port, String path, boolean keepAlive, long end, AtomicLong requests) {
    byte[] buffer = new byte[64 << 10];
    while (System.nanoTime() - end < 0 && !Thread.currentThread().isInterrupted()) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(5_000);
        do {
          socket.getOutputStream().write(get(path).getBytes(StandardCharsets.US_ASCII));
          if (socket.getInputStream().read(buffer) < 0) {
            break;
          }
          while (socket.getInputStream().available() > 0
              && socket.getInputStream().read(buffer) > 0) {
            // Reads what is there, to be sent more.
          }
          requests.incrementAndGet();
          LockSupport.parkNanos(1_000_000); // the attackers have the honest reader's processors
        } while (keepAlive
            && System.nanoTime() - end < 0
            && !Thread.currentThread().isInterrupted());
      } catch (IOException e) {
        // Refused or closed: connects again, as such readers do.
      }
    }
  }

  /** Asks once, on a connection of its own, and reads the whole answer within the time. */
  private static boolean scrape(int port) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ANSWER_MILLIS);
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWER_MILLIS);
      socket.setSoTimeout(ANSWER_MILLIS);
      socket
          .getOutputStream()
          .write(
              get("/metrics")
                  .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      byte[] buffer = new byte[64 << 10];
      String begin = "";
      long total = 0;
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        begin = total == 0 ? new String(buffer, 0, read, StandardCharsets.US_ASCII) : begin;
        total += read;
      }
      return begin.startsWith("HTTP/1.1 200") && total > 1 << 20 && System.nanoTime() - end < 0;
    } catch (IOException e) {
      return false;
    }
  }
}
