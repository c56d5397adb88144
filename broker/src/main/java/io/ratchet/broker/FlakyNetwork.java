package io.ratchet.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A TCP proxy on loopback that a test makes worse than a network should be. In front of a broker
 * that {@linkplain EmbeddedBroker#start(java.nio.file.Path, int, int) advertises} its port, every
 * connection of every client goes through it, the broker's to itself too.
 *
 * <p>One thread harms, any may ask.
 */
public final class FlakyNetwork implements AutoCloseable {
  /** What can be done to a connection. */
  public enum Fault {
    /** What is sent arrives later, each piece by up to 200 ms, for up to 5 s. */
    DELAY,
    /** Nothing arrives for up to 15 s, longer than a session lasts; then everything does. */
    STALL,
    /** Both ends are told that the connection is over (FIN); what was under way is lost. */
    CUT,
    /** Both ends are told that there was no such connection (RST). */
    RESET
  }

  private static final Duration MAX_DELAY = Duration.ofMillis(200);
  private static final Duration MAX_DELAYED = Duration.ofSeconds(5);
  private static final Duration MAX_STALLED = Duration.ofSeconds(15);

  private final ServerSocket entrance;
  private final int target;
  private final List<Link> links = new CopyOnWriteArrayList<>();
  private final Map<Fault, Integer> harmed = new EnumMap<>(Fault.class);
  private final AtomicLong opened = new AtomicLong();

  private FlakyNetwork(ServerSocket entrance, int target) {
    this.entrance = entrance;
    this.target = target;
  }

  /** Opens a way, faultless so far, to a port on loopback. */
  public static FlakyNetwork to(int target) throws IOException {
    FlakyNetwork network =
        new FlakyNetwork(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
    start("entrance", network::accept);
    return network;
  }

  /** Where clients go in, a port on loopback. */
  public int port() {
    return entrance.getLocalPort();
  }

  /** Connections ever opened. */
  public long opened() {
    return opened.get();
  }

  /** Connections harmed so far, by what was done to them. */
  public Map<Fault, Integer> harmed() {
    return harmed;
  }

  /** Does something to one connection or, every other time, to all there are. */
  public void harm(Random random) {
    Fault fault = Fault.values()[random.nextInt(Fault.values().length)];
    List<Link> chosen = new ArrayList<>(links);
    if (!chosen.isEmpty() && random.nextBoolean()) {
      chosen = List.of(chosen.get(random.nextInt(chosen.size())));
    }
    long delay = random.nextLong(MAX_DELAY.toNanos());
    long delayed = random.nextLong(MAX_DELAYED.toNanos());
    long stalled = random.nextLong(MAX_STALLED.toNanos());
    for (Link link : chosen) {
      switch (fault) {
        case DELAY -> link.delay(delay, delayed);
        case STALL -> link.stall(stalled);
        case CUT -> link.close(false);
        case RESET -> link.close(true);
      }
    }
    harmed.merge(fault, chosen.size(), Integer::sum);
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    links.forEach(link -> link.close(false));
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        Socket client = entrance.accept();
        try {
          Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
          opened.incrementAndGet();
          links.add(link);
          start("up", () -> link.pump(link.client, link.broker));
          start("down", () -> link.pump(link.broker, link.client));
        } catch (IOException e) {
          client.close(); // nobody is there: the client sees that
        }
      } catch (IOException e) {
        // The entrance was closed, or a client was gone before it was let in.
      }
    }
  }

  private static void start(String name, Runnable work) {
    Thread thread = new Thread(work, "network-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  /** One connection. */
  private final class Link {
    private final Socket client;
    private final Socket broker;
    private volatile long delay;
    private volatile long delayedUntil = System.nanoTime();
    private volatile long stalledUntil = System.nanoTime();

    private Link(Socket client, Socket broker) throws IOException {
      this.client = client;
      this.broker = broker;
      client.setTcpNoDelay(true);
      broker.setTcpNoDelay(true);
    }

    private void delay(long nanos, long duration) {
      delay = nanos;
      delayedUntil = System.nanoTime() + duration;
    }

    private void stall(long duration) {
      stalledUntil = System.nanoTime() + duration;
    }

    private void pump(Socket from, Socket to) {
      byte[] bytes = new byte[64 << 10];
      try (InputStream in = from.getInputStream();
          OutputStream out = to.getOutputStream()) {
        int read = in.read(bytes);
        while (read >= 0) {
          if (System.nanoTime() - delayedUntil < 0) {
            waitUntil(System.nanoTime() + delay);
          }
          for (long until = stalledUntil; System.nanoTime() - until < 0; until = stalledUntil) {
            waitUntil(until);
          }
          out.write(bytes, 0, read);
          read = in.read(bytes);
        }
      } catch (IOException e) {
        // One end is gone: so is the connection.
      } finally {
        close(false);
      }
    }

    private void close(boolean reset) {
      links.remove(this);
      for (Socket end : List.of(client, broker)) {
        try {
          if (reset) {
            end.setSoLinger(true, 0);
          }
          end.close();
        } catch (IOException e) {
          // It was closed before.
        }
      }
    }

    private static void waitUntil(long nanos) {
      for (long left = nanos - System.nanoTime(); left > 0; left = nanos - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
    }
  }
}
