package io.ratchet.cli;

import io.ratchet.stream.page.HttpSettings;
import io.ratchet.stream.page.WebConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** Where the page and {@code /metrics} are served. */
final class HttpAddress {
  private static final Logger LOG = LoggerFactory.getLogger(HttpAddress.class);
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

  @Option(
      names = "--web-config",
      paramLabel = "FILE",
      description =
          "TLS and passwords of the page, of /metrics and of the API, in Prometheus' web-config"
              + " format; read again when it changes.")
  private Path webConfig;

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
    boolean loopback = Arrays.stream(resolved).allMatch(InetAddress::isLoopbackAddress);
    if (!loopback && !insecure && webConfig == null) {
      throw Check.refused(
          "--http",
          http,
          "allowed: a loopback address such as 127.0.0.1, or --web-config FILE or --insecure must"
              + " be given");
    }
    if (webConfig != null) {
      checkWebConfig(loopback);
    }
    InetSocketAddress address =
        new InetSocketAddress(resolved[0], Integer.parseInt(matcher.group(2)));
    requireFree(address);
    return address;
  }

  private void checkWebConfig(boolean loopback) {
    try {
      WebConfig config = WebConfig.read(webConfig);
      config.secretFiles().forEach(SecretFile::warnIfShared);
      if (!loopback && !config.authenticates()) {
        LOG.warn(
            "{}: whoever reaches {} may read; basic_auth_users or client_auth_type"
                + " RequireAndVerifyClientCert would ask who it is",
            webConfig,
            http);
      }
      if (!loopback && !config.encrypts()) {
        LOG.warn(
            "{}: passwords cross the network in the clear without tls_server_config", webConfig);
      }
    } catch (WebConfig.InvalidException e) {
      throw Check.unusable("--web-config", e.getMessage());
    }
  }

  /** What the server is told, at the address that was found. */
  HttpSettings settings(InetSocketAddress address) {
    HttpSettings settings = HttpSettings.of(address.getHostString(), address.getPort());
    return webConfig == null ? settings : settings.protectedBy(webConfig);
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
