package io.ratchet.stream.page;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Where the server listens and what it puts up with from readers.
 *
 * @param host name or address to listen on
 * @param port 0..65535; 0 takes any free one
 * @param hostNames names other than {@code localhost}, {@code host} and IP addresses by which
 *     browsers may ask for the server; any other name in a request's {@code Host} is refused, since
 *     a page of a stranger that makes its own name resolve to this address (DNS rebinding) would
 *     otherwise read everything
 * @param connections most connections at a time
 * @param idleTimeout after which a connection on which nothing moves is closed
 * @param subscribers most readers of {@code /api/v1/events} at a time
 * @param pushInterval least time between two pushes to one subscriber
 * @param patience a subscriber that has not taken a push after this time is dropped
 * @param outstandingBytes most that all answers hold that their readers have not taken; beyond that
 *     the connection whose answer has waited longest is closed
 * @param webConfig file that says how the server is protected, see {@link WebConfig}; empty for no
 *     protection at all
 */
public record HttpSettings(
    String host,
    int port,
    Set<String> hostNames,
    int connections,
    Duration idleTimeout,
    int subscribers,
    Duration pushInterval,
    Duration patience,
    long outstandingBytes,
    Optional<Path> webConfig) {
  /** A share of a small heap; of a large one enough for fifty scrapes of 200 runs. */
  private static final long OUTSTANDING_BYTES =
      Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 16);

  /** Checks the bounds. */
  public HttpSettings {
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("http port " + port + ": allowed are 0 to 65535");
    }
    if (host.isBlank()) {
      throw new IllegalArgumentException("http host is empty: give a name or an address");
    }
    hostNames = Set.copyOf(hostNames);
  }

  /**
   * Settings that hold up on a laptop as on a server: 1,000 connections (a few kilobytes each while
   * they are idle), 30 s of silence, 64 open pages, 5 pushes a second to each.
   */
  public static HttpSettings of(String host, int port) {
    return new HttpSettings(
        host,
        port,
        Set.of(),
        1_000,
        Duration.ofSeconds(30),
        64,
        Duration.ofMillis(200),
        Duration.ofSeconds(10),
        OUTSTANDING_BYTES,
        Optional.empty());
  }

  /** The same, protected as the file says. */
  public HttpSettings protectedBy(Path file) {
    return new HttpSettings(
        host,
        port,
        hostNames,
        connections,
        idleTimeout,
        subscribers,
        pushInterval,
        patience,
        outstandingBytes,
        Optional.of(file));
  }

  /** The same, reachable from this machine only. */
  public static HttpSettings loopback(int port) {
    return of("127.0.0.1", port);
  }
}
