package io.ratchet.cli;

import io.ratchet.schema.Topics;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where Kafka is and how to talk to it: the options of every command that needs a broker. */
final class Connection {
  private static final Pattern BOOTSTRAP =
      Pattern.compile("[^\\s,@]+:\\d{1,5}(,[^\\s,@]+:\\d{1,5})*");

  private static final int PROBE_MILLIS = 500;

  @Option(
      names = "--bootstrap",
      paramLabel = "HOST:PORT",
      defaultValue = "127.0.0.1:9092",
      description = "Address of Kafka, several separated by commas. Default: ${DEFAULT-VALUE}.")
  private String bootstrap;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "10",
      description = "How long to wait for a first answer of Kafka. Default: ${DEFAULT-VALUE}.")
  private int timeoutSeconds;

  @Mixin private ClientOptions client;

  String bootstrap() {
    return bootstrap;
  }

  String topicPrefix() {
    return client.topicPrefix();
  }

  Duration timeout() {
    return Duration.ofSeconds(timeoutSeconds);
  }

  Topics topics() {
    return client.topics();
  }

  /**
   * The Kafka at another address, reached with the same client properties.
   *
   * @param option the option that gave the address
   */
  Connection at(String option, String address) {
    if (!BOOTSTRAP.matcher(address).matches()) {
      throw Check.refused(option, address, "allowed: HOST:PORT, several separated by commas");
    }
    Connection other = new Connection();
    other.bootstrap = address;
    other.timeoutSeconds = timeoutSeconds;
    other.client = client;
    return other;
  }

  /** Properties for every Kafka client. */
  Map<String, String> clientProperties() {
    return client.properties(bootstrap);
  }

  /**
   * An admin client of a Kafka that has answered.
   *
   * @throws UnreachableException if none did in time
   */
  Admin connect() throws InterruptedException {
    Check.range("--timeout", timeoutSeconds, 1, 3_600);
    if (!BOOTSTRAP.matcher(bootstrap).matches()) {
      throw Check.refused(
          "--bootstrap", bootstrap, "allowed: HOST:PORT, several separated by commas");
    }
    topics();
    Admin admin = null;
    boolean answered = false;
    try {
      admin = Admin.create(new HashMap<>(clientProperties()));
      admin.describeCluster().nodes().get(timeoutSeconds, TimeUnit.SECONDS);
      answered = true;
      return admin;
    } catch (java.util.concurrent.TimeoutException e) {
      throw unreachable(e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof AuthenticationException refusal) {
        throw client.refused(bootstrap, refusal);
      }
      throw e.getCause() instanceof TimeoutException ? unreachable(e) : failed(e.getCause());
    } catch (KafkaException e) {
      // A name that does not resolve is reported as a bad setting.
      if (String.valueOf(e.getCause()).contains("No resolvable bootstrap")
          || e.getMessage().contains("No resolvable bootstrap")) {
        throw unreachable(e);
      }
      if (String.valueOf(e.getCause()).contains("bootstrap.servers")
          || e.getMessage().contains("bootstrap.servers")) {
        throw Check.refused(
            "--bootstrap", bootstrap, "allowed: HOST:PORT, several separated by commas");
      }
      throw client.unusable(e);
    } finally {
      if (admin != null && !answered) {
        admin.close(Duration.ZERO);
      }
    }
  }

  private UnreachableException unreachable(Exception cause) {
    String message = "no Kafka answered at " + bootstrap + " within " + timeoutSeconds + " s";
    if (listens()) {
      message +=
          ", but something listens there: should it be a Kafka with TLS or SASL, or one without,"
              + " then --client-config must say so, by security.protocol and sasl.mechanism";
    }
    return new UnreachableException(message, cause);
  }

  /** Whether the first of the addresses takes connections, whatever it speaks. */
  private boolean listens() {
    String first = bootstrap.split(",", 2)[0];
    int colon = first.lastIndexOf(':');
    String host = first.substring(0, colon).replaceAll("[\\[\\]]", "");
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(host, Integer.parseInt(first.substring(colon + 1))), PROBE_MILLIS);
      return true;
    } catch (IOException | IllegalArgumentException e) { // also a port that there cannot be
      return false;
    }
  }

  private IllegalStateException failed(Throwable cause) {
    return new IllegalStateException("Kafka at " + bootstrap + ": " + cause.getMessage(), cause);
  }
}
