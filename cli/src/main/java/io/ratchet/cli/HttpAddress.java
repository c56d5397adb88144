package io.ratchet.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Where the page and {@code /metrics} are served. */
final class HttpAddress {
  private static final Pattern ADDRESS = Pattern.compile("(\\[[0-9a-fA-F:]+]|[^:\\s]+):(\\d{1,5})");

  @Option(
      names = "--http",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:8080",
      description =
          "Address of the live page and of /metrics; port 0 for a free one. Default:"
              + " ${DEFAULT-VALUE}.")
  private String http;

  @Option(
      names = "--insecure",
      description = "Serve the page on an address that is not loopback, without any protection.")
  private boolean insecure;

  /** The address, checked. */
  InetSocketAddress address() {
    Matcher matcher = ADDRESS.matcher(http);
    if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > 65_535) {
      throw Check.refused("--http", http, "allowed: HOST:PORT, port 0 to 65,535");
    }
    String host = matcher.group(1).replaceAll("[\\[\\]]", "");
    InetAddress[] resolved;
    try {
      resolved = InetAddress.getAllByName(host);
    } catch (UnknownHostException e) {
      throw Check.refused("--http", http, "must name a host that is known here");
    }
    if (!insecure && !Arrays.stream(resolved).allMatch(InetAddress::isLoopbackAddress)) {
      throw Check.refused(
          "--http",
          http,
          "allowed: a loopback address such as 127.0.0.1, or --insecure must be given");
    }
    InetSocketAddress address =
        new InetSocketAddress(resolved[0], Integer.parseInt(matcher.group(2)));
    requireFree(address);
    return address;
  }

  /** Tried before anything is started that would have to be stopped again. */
  private void requireFree(InetSocketAddress address) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(address);
    } catch (IOException e) {
      throw Check.refused(
          "--http",
          http,
          "in use or not of this machine (" + e.getMessage() + "), allowed: another, or port 0");
    }
  }

  @Override
  public String toString() {
    return http;
  }
}
