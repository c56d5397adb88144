package io.ratchet.stream.page;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How the HTTP server is protected: a file in Prometheus' web-config format, of which these keys
 * are known: {@code tls_server_config} with {@code cert_file}, {@code key_file}, {@code
 * client_ca_file}, {@code client_auth_type}, {@code min_version}, and {@code basic_auth_users}.
 * What the format has beyond them is refused, not ignored: a protection that is written down is
 * there.
 *
 * <p>No message repeats a value of {@code basic_auth_users}.
 *
 * @see <a href="https://prometheus.io/docs/prometheus/latest/configuration/https/">the format</a>
 */
public final class WebConfig {
  /** Bcrypt with cost 4 to 16: beyond that one attempt takes seconds of a processor. */
  private static final Pattern BCRYPT =
      Pattern.compile("\\$2[aby]\\$(0[4-9]|1[0-6])\\$[./A-Za-z0-9]{53}");

  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());

  private final Path file;
  private final Tls tls;
  private final Map<String, String> users;

  private WebConfig(Path file, Tls tls, Map<String, String> users) {
    this.file = file;
    this.tls = tls;
    this.users = users;
  }

  private record Document(
      @JsonProperty("tls_server_config") Tls tls,
      @JsonProperty("basic_auth_users") Map<String, String> users) {}

  /** The file's {@code tls_server_config}, as it stands there. */
  record Tls(
      @JsonProperty("cert_file") String certificates,
      @JsonProperty("key_file") String key,
      @JsonProperty("client_ca_file") String clientAuthorities,
      @JsonProperty("client_auth_type") String clientAuth,
      @JsonProperty("min_version") String minVersion) {}

  /**
   * Reads and checks the file.
   *
   * @throws InvalidException if it cannot be used; the message is complete
   */
  public static WebConfig read(Path file) throws InvalidException {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw new InvalidException(
          file + ": " + (Files.exists(file) ? "not readable as UTF-8 text" : "no such file"));
    }
    Document document;
    try {
      document = YAML.readValue(text, Document.class);
    } catch (UnrecognizedPropertyException e) {
      throw new InvalidException(
          file
              + ":"
              + lineOf(e.getPropertyName(), text)
              + ": "
              + path(e)
              + ", unknown key; allowed: "
              + e.getKnownPropertyIds().stream()
                  .map(Object::toString)
                  .sorted()
                  .collect(Collectors.joining(", ")));
    } catch (MismatchedInputException e) {
      if (text.lines().allMatch(line -> line.isBlank() || line.startsWith("#"))) {
        throw nothing(file);
      }
      throw new InvalidException(
          place(file, e) + path(e) + ", not of the kind that belongs here; see " + FORMAT);
    } catch (JsonProcessingException e) { // its message may repeat a line of the file
      throw new InvalidException(place(file, e) + "no YAML, or a key given twice; see " + FORMAT);
    }
    if (document == null) {
      throw nothing(file);
    }
    WebConfig config =
        new WebConfig(file, document.tls(), document.users() == null ? Map.of() : document.users());
    config.check();
    return config;
  }

  private static final String FORMAT =
      "https://prometheus.io/docs/prometheus/latest/configuration/https/";

  private static InvalidException nothing(Path file) {
    return new InvalidException(
        file + ": protects nothing; allowed: tls_server_config, basic_auth_users or both");
  }

  private void check() throws InvalidException {
    if (tls == null && users.isEmpty()) {
      throw nothing(file);
    }
    for (Map.Entry<String, String> user : new TreeMap<>(users).entrySet()) {
      if (user.getKey().isEmpty() || user.getKey().indexOf(':') >= 0) {
        throw refused(
            "basic_auth_users", "'" + user.getKey() + "'", "a name without ':', not empty");
      }
      if (user.getValue() == null || !BCRYPT.matcher(user.getValue()).matches()) {
        throw refused(
            "basic_auth_users." + user.getKey(),
            "(hidden)",
            "a bcrypt hash of cost 4 to 16, as htpasswd -nBC 12 " + user.getKey() + " prints it");
      }
    }
    if (tls == null) {
      return;
    }
    required("tls_server_config.cert_file", tls.certificates());
    required("tls_server_config.key_file", tls.key());
    clientAuth();
    if (tls.clientAuthorities() == null && clientAuth() != ClientAuth.NONE) {
      throw refused(
          "tls_server_config.client_auth_type", tls.clientAuth(), "with client_ca_file only");
    }
    if (tls.clientAuthorities() != null && clientAuth() == ClientAuth.NONE) {
      throw refused(
          "tls_server_config.client_ca_file",
          tls.clientAuthorities(),
          "with client_auth_type VerifyClientCertIfGiven or RequireAndVerifyClientCert");
    }
    protocols();
  }

  private void required(String key, String value) throws InvalidException {
    if (value == null || value.isBlank()) {
      throw refused(key, "nothing", "a PEM file; tls_server_config needs it");
    }
  }

  private InvalidException refused(String key, String value, String allowed) {
    return new InvalidException(file + ": " + key + ": " + value + ", allowed: " + allowed);
  }

  /** Whether a reader must show a certificate. */
  enum ClientAuth {
    NONE,
    IF_GIVEN,
    REQUIRED
  }

  /**
   * What {@code client_auth_type} asks for. The two kinds that take a certificate without looking
   * who signed it are refused: they prove nothing.
   */
  ClientAuth clientAuth() throws InvalidException {
    String type = tls.clientAuth() == null ? "NoClientCert" : tls.clientAuth();
    return switch (type) {
      case "NoClientCert" -> ClientAuth.NONE;
      case "VerifyClientCertIfGiven" -> ClientAuth.IF_GIVEN;
      case "RequireAndVerifyClientCert" -> ClientAuth.REQUIRED;
      default ->
          throw refused(
              "tls_server_config.client_auth_type",
              type,
              "NoClientCert, VerifyClientCertIfGiven or RequireAndVerifyClientCert");
    };
  }

  /** The versions of TLS that {@code min_version} leaves; 1.2 and 1.3 without it. */
  List<String> protocols() throws InvalidException {
    String least = tls.minVersion() == null ? "TLS12" : tls.minVersion();
    return switch (least) {
      case "TLS12" -> List.of("TLSv1.2", "TLSv1.3");
      case "TLS13" -> List.of("TLSv1.3");
      default -> throw refused("tls_server_config.min_version", least, "TLS12 or TLS13");
    };
  }

  /** Names and bcrypt hashes of those who may read; empty if no name is asked for. */
  Map<String, String> users() {
    return users;
  }

  /** Whether the server speaks TLS. */
  public boolean encrypts() {
    return tls != null;
  }

  /** Whether a reader must show who he is, by password or certificate. */
  public boolean authenticates() {
    return !users.isEmpty()
        || (tls != null && "RequireAndVerifyClientCert".equals(tls.clientAuth()));
  }

  /** Those of its files that hold what nobody else may know. */
  public List<Path> secretFiles() {
    Stream<Path> hashes = users.isEmpty() ? Stream.of() : Stream.of(file);
    return Stream.concat(hashes, tls == null ? Stream.of() : Stream.of(key())).toList();
  }

  /** The file itself and all that it names. */
  List<Path> files() {
    return tls == null
        ? List.of(file)
        : Stream.concat(Stream.of(file, certificates(), key()), clientAuthorities().stream())
            .toList();
  }

  Path certificates() {
    return file.resolveSibling(tls.certificates());
  }

  Path key() {
    return file.resolveSibling(tls.key());
  }

  Optional<Path> clientAuthorities() {
    return Optional.ofNullable(tls.clientAuthorities()).map(file::resolveSibling);
  }

  private static String place(Path file, JsonProcessingException e) {
    JsonLocation location = e.getLocation();
    return file + (location == null ? ": " : ":" + location.getLineNr() + ": ");
  }

  /** The parser has read on when it complains of a key. */
  private static long lineOf(String key, String text) {
    return 1 + text.lines().takeWhile(line -> !line.strip().startsWith(key)).count();
  }

  private static String path(JsonMappingException e) {
    String path =
        e.getPath().stream()
            .map(reference -> String.valueOf(reference.getFieldName()))
            .collect(Collectors.joining("."));
    return path.isEmpty() ? "the file" : path;
  }

  /** The file cannot be used; the message says where, what, and what could be. */
  public static final class InvalidException extends IOException {
    private static final long serialVersionUID = 1L;

    InvalidException(String message) {
      super(message);
    }
  }
}
