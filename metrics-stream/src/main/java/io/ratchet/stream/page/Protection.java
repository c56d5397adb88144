package io.ratchet.stream.page;

import io.ratchet.stream.page.Passwords.Verdict;
import io.ratchet.stream.page.WebConfig.ClientAuth;
import io.ratchet.stream.page.WebConfig.InvalidException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link WebConfig} in force: TLS and passwords, exchanged while the server runs whenever one of
 * the files changes. Files that cannot be used change nothing; the log says so once.
 */
final class Protection implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Protection.class);
  private static final long REREAD_SECONDS = 1;

  private final Path file;
  private final SslContextFactory.Server tls;
  private final Passwords passwords = new Passwords();
  private final ScheduledExecutorService watcher;
  private volatile WebConfig config;
  private byte[] seen;

  private Protection(Path file, WebConfig config) throws InvalidException {
    this.file = file;
    this.config = config;
    seen = digest(config);
    tls = config.encrypts() ? new SslContextFactory.Server() : null;
    if (tls != null) {
      Material.of(config).into(tls);
    }
    watcher =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "http-web-config");
              thread.setDaemon(true);
              return thread;
            });
    var unused =
        watcher.scheduleWithFixedDelay(
            this::reread, REREAD_SECONDS, REREAD_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Puts the file into force.
   *
   * @throws InvalidException if it cannot be used
   */
  static Protection of(Path file) throws InvalidException {
    return new Protection(file, WebConfig.read(file));
  }

  /** TLS for new connections, if there is any. */
  Optional<SslContextFactory.Server> tls() {
    return Optional.ofNullable(tls);
  }

  /** Whether the sender of a request may read, as its header {@code Authorization} says. */
  Verdict judge(String authorization) {
    Map<String, String> users = config.users();
    return users.isEmpty() ? Verdict.ADMITTED : passwords.judge(users, authorization);
  }

  private void reread() {
    try {
      byte[] now = digest(config);
      if (Arrays.equals(now, seen)) {
        return;
      }
      seen = now;
      WebConfig changed = WebConfig.read(file);
      if (changed.encrypts() != (tls != null)) {
        throw new InvalidException(file + ": TLS comes and goes with a restart only");
      }
      if (tls != null) {
        Material material = Material.of(changed);
        tls.reload(factory -> material.into((SslContextFactory.Server) factory));
      }
      config = changed;
      seen = digest(changed); // it may name other files than before
      LOG.info("{}: read again", file);
    } catch (Exception e) {
      LOG.error("{}; what was read before stays in force", e.getMessage());
    }
  }

  /** Of the bytes of all files: times of change are too coarse, and secrets need not be kept. */
  private static byte[] digest(WebConfig config) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      for (Path path : config.files()) {
        try {
          sha.update(sha.digest(Files.readAllBytes(path)));
        } catch (IOException e) {
          sha.update((byte) 0);
        }
      }
      return sha.digest();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public void close() {
    watcher.shutdownNow();
  }

  /** All that TLS needs, read before any of it is put into force. */
  private record Material(
      KeyStore identity, KeyStore authorities, ClientAuth clientAuth, List<String> protocols) {
    static Material of(WebConfig config) throws InvalidException {
      Optional<Path> authorities = config.clientAuthorities();
      return new Material(
          PemFiles.identity(config.certificates(), config.key()),
          authorities.isPresent() ? PemFiles.authorities(authorities.get()) : null,
          config.clientAuth(),
          config.protocols());
    }

    void into(SslContextFactory.Server factory) {
      factory.setKeyStore(identity);
      factory.setKeyStorePassword("");
      factory.setTrustStore(authorities);
      factory.setNeedClientAuth(clientAuth == ClientAuth.REQUIRED);
      factory.setWantClientAuth(clientAuth == ClientAuth.IF_GIVEN);
      factory.setIncludeProtocols(protocols.toArray(String[]::new));
    }
  }
}
