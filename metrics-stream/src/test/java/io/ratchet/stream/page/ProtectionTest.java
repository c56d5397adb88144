package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.ratchet.stream.page.Certificates.Identity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import org.awaitility.Awaitility;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The server behind a web-config file, asked by the JDK's own client. */
class ProtectionTest {
  private static final String TLS =
      "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n";

  @TempDir Path directory;

  private Certificates authority;
  private Path webConfig;
  private HttpServer server;

  @BeforeEach
  void issue() throws Exception {
    authority = new Certificates();
    webConfig = directory.resolve("web.yml");
    authority.writeRoot(directory.resolve("ca.pem"));
    Certificates.write(
        authority.issue("localhost"),
        directory.resolve("server.pem"),
        directory.resolve("server.key"));
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private void start(String config) throws IOException {
    Files.writeString(webConfig, config);
    server =
        HttpServer.start(
            HttpSettings.loopback(0).protectedBy(webConfig),
            () -> "ratchet_build_info 1\n",
            () -> true,
            new RunArchive(Clock.systemUTC()),
            new RecordedWindows());
  }

  private static String users(String... namesAndPasswords) {
    StringBuilder text = new StringBuilder("basic_auth_users:\n");
    for (int i = 0; i < namesAndPasswords.length; i += 2) {
      String hash =
          OpenBSDBCrypt.generate(
              "2y", namesAndPasswords[i + 1].getBytes(StandardCharsets.UTF_8), new byte[16], 4);
      text.append("  ").append(namesAndPasswords[i]).append(": ").append(hash).append('\n');
    }
    return text.toString();
  }

  @Test
  void overTls_everythingIsServed_andInTheClearNothing() throws Exception {
    start(TLS);
    assertThat(server.uri().toString()).startsWith("https://127.0.0.1:");
    HttpClient client = client(authority.client(null));
    for (String path : List.of("/", "/metrics", "/healthz", "/api/v1/runs")) {
      assertThat(get(client, path).statusCode()).isEqualTo(200);
    }
    assertThatThrownBy(
            () -> HttpClient.newHttpClient().send(request("http", "/metrics"), ofString()))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> get(client(new Certificates().client(null)), "/metrics"))
        .isInstanceOf(SSLHandshakeException.class); // a server that another authority signed
  }

  @Test
  void anOldKeyFile_isReadToo() throws Exception {
    Identity rsa = authority.issueRsa("localhost");
    Certificates.write(rsa, directory.resolve("server.pem"), directory.resolve("server.key"));
    Certificates.writeTraditional(rsa, directory.resolve("server.key"));
    assertThat(Files.readString(directory.resolve("server.key"))).contains("BEGIN RSA PRIVATE KEY");
    start(TLS);
    assertThat(get(client(authority.client(null)), "/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void theLeastVersion_isKept() throws Exception {
    start(TLS + "  min_version: TLS13\n");
    SSLParameters old = new SSLParameters();
    old.setProtocols(new String[] {"TLSv1.2"});
    HttpClient client =
        HttpClient.newBuilder().sslContext(authority.client(null)).sslParameters(old).build();
    assertThatThrownBy(() -> get(client, "/healthz")).isInstanceOf(IOException.class);
    assertThat(get(client(authority.client(null)), "/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void withoutTheRightPassword_nothingIsServed() throws Exception {
    start(users("alice", "correct horse", "b\u00f6b", "p\u00e4ss:w\u00f6rd"));
    assertThat(server.uri().toString()).startsWith("http://");
    for (String path : List.of("/", "/metrics", "/healthz", "/api/v1/events", "/nothing")) {
      HttpResponse<String> refused = ask(path, null);
      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.headers().firstValue("www-authenticate").orElse("")).startsWith("Basic ");
      assertThat(refused.body()).isEqualTo("unauthorized\n");
    }
    assertThat(ask("/metrics", basic("alice", "correct horse")).statusCode()).isEqualTo(200);
    assertThat(ask("/metrics", basic("alice", "correct horse")).statusCode()).isEqualTo(200);
    assertThat(ask("/metrics", basic("b\u00f6b", "p\u00e4ss:w\u00f6rd")).statusCode())
        .isEqualTo(200);
    for (String wrong :
        List.of(
            basic("alice", "wrong"),
            basic("alice", ""),
            basic("bob", "correct horse"),
            basic("", "correct horse"),
            "Basic !!!",
            "Basic",
            "Bearer abc",
            basic("b\u00f6b", "correct horse"))) {
      assertThat(ask("/metrics", wrong).statusCode()).as(wrong).isEqualTo(401);
    }
  }

  @Test
  void guessing_doesNotKeepOutWhoIsKnown() throws Exception {
    Files.writeString(
        webConfig,
        "basic_auth_users:\n  alice: "
            + OpenBSDBCrypt.generate("2b", new byte[] {'x'}, new byte[16], 10));
    start(Files.readString(webConfig));
    assertThat(ask("/metrics", basic("alice", "x")).statusCode()).isEqualTo(200);
    HttpClient client = HttpClient.newHttpClient();
    List<CompletableFuture<HttpResponse<String>>> guesses =
        IntStream.range(0, 60)
            .mapToObj(
                i ->
                    client.sendAsync(
                        HttpRequest.newBuilder(request("http", "/metrics"), (name, value) -> true)
                            .header("Authorization", basic("alice", "guess" + i))
                            .build(),
                        ofString()))
            .toList();
    assertThat(ask("/metrics", basic("alice", "x")).statusCode()).isEqualTo(200);
    assertThat(guesses.stream().map(guess -> guess.join().statusCode()))
        .contains(401)
        .allMatch(status -> status == 401 || status == 503);
  }

  @Test
  void aReaderWithoutACertificate_isNotLetIn_whereOneIsRequired() throws Exception {
    start(TLS + "  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n");
    assertThat(
            get(client(authority.client(authority.issue("prometheus"))), "/metrics").statusCode())
        .isEqualTo(200);
    assertThatThrownBy(() -> get(client(authority.client(null)), "/metrics"))
        .isInstanceOf(IOException.class);
    Identity strange = new Certificates().issue("prometheus");
    assertThatThrownBy(() -> get(client(authority.client(strange)), "/metrics"))
        .isInstanceOf(IOException.class);
  }

  @Test
  void aCertificateThatIsGiven_mustBeGood_whereNoneIsRequired() throws Exception {
    start(TLS + "  client_ca_file: ca.pem\n  client_auth_type: VerifyClientCertIfGiven\n");
    assertThat(get(client(authority.client(null)), "/metrics").statusCode()).isEqualTo(200);
  }

  @Test
  void changedFiles_areReadAgain_andBadOnesChangeNothing() throws Exception {
    String alice = users("alice", "one");
    start(TLS + alice);
    Identity renewed = authority.issue("localhost");
    // Half of a renewal: the key is no longer the certificate's. What was read before holds.
    Certificates.write(renewed, directory.resolve("next.pem"), directory.resolve("server.key"));
    Files.writeString(webConfig, TLS + "  cert_fil: x\n" + users("alice", "two"));
    Thread.sleep(2_500); // two looks
    assertThat(overTls("alice", "one").statusCode()).isEqualTo(200);
    assertThat(overTls("alice", "two").statusCode()).isEqualTo(401);

    Files.copy(directory.resolve("next.pem"), directory.resolve("other.pem"));
    Files.writeString(
        webConfig,
        TLS.replace("server.pem", "other.pem") + users("alice", "two", "carol", "three"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> overTls("carol", "three").statusCode() == 200);
    assertThat(overTls("alice", "one").statusCode()).isEqualTo(401);
    HttpResponse<String> served = overTls("alice", "two");
    assertThat(served.statusCode()).isEqualTo(200);
    assertThat(served.sslSession().orElseThrow().getPeerCertificates()[0])
        .isEqualTo(renewed.certificate());
  }

  static Stream<Arguments> unusable() {
    return Stream.of(
        arguments("", "web.yml: protects nothing; allowed: tls_server_config"),
        arguments("# nothing\n", "web.yml: protects nothing"),
        arguments("{}", "web.yml: protects nothing"),
        arguments(
            "tls_config: {}",
            "web.yml:1: tls_config, unknown key; allowed: basic_auth_users, tls_server_config"),
        arguments(
            TLS + "  ciphers: x\n",
            "web.yml:4: tls_server_config.ciphers, unknown key; allowed: cert_file,"
                + " client_auth_type, client_ca_file, key_file, min_version"),
        arguments("- a\n- b\n", "web.yml:1: the file, not of the kind"),
        arguments("basic_auth_users: [s3cret]", "basic_auth_users, not of the kind"),
        arguments("basic_auth_users: {a: s3cret", "no YAML, or a key given twice"),
        arguments("basic_auth_users:\n  a: s3cret\n  a: s3cret\n", "web.yml:3: no YAML, or a key"),
        arguments(
            "basic_auth_users:\n  a: s3cret\n", "basic_auth_users.a: (hidden), allowed: a bcrypt"),
        arguments("basic_auth_users:\n  a:\n", "basic_auth_users.a: (hidden), allowed: a bcrypt"),
        arguments(users("x", "s3cret").replace("$04$", "$31$"), "of cost 4 to 16"),
        arguments("tls_server_config:\n  cert_file: server.pem\n", "key_file: nothing, allowed:"),
        arguments(TLS + "  min_version: TLS10\n", "min_version: TLS10, allowed: TLS12 or TLS13"),
        arguments(
            TLS + "  client_auth_type: RequireAnyClientCert\n",
            "RequireAnyClientCert, allowed: NoCl"),
        arguments(
            TLS + "  client_auth_type: RequireAndVerifyClientCert\n",
            "allowed: with client_ca_file"),
        arguments(TLS + "  client_ca_file: ca.pem\n", "allowed: with client_auth_type Verify"),
        arguments(TLS.replace("server.pem", "no.pem"), "no.pem: no such file"),
        arguments(TLS.replace("server.key", "no.key"), "no.key: no such file"),
        arguments(TLS.replace("server.key", "ca.pem"), "ca.pem: no private key, allowed: RSA"),
        arguments(TLS.replace("server.pem", "server.key"), "server.key: no certificates"),
        arguments(TLS.replace("server.pem", "ca.pem"), "not the key of the first certificate in"));
  }

  @ParameterizedTest
  @MethodSource("unusable")
  void aFileThatProtectsOtherwiseThanItSays_isRefused(String config, String complaint) {
    assertThatThrownBy(() -> start(config))
        .isInstanceOf(WebConfig.InvalidException.class)
        .hasMessageContaining(complaint)
        .message()
        .doesNotContain("s3cret");
  }

  private static HttpClient client(SSLContext tls) {
    return HttpClient.newBuilder().sslContext(tls).build();
  }

  private HttpResponse<String> overTls(String user, String password) throws Exception {
    // A client of its own: an open connection would keep the certificate it began with.
    return client(authority.client(null))
        .send(
            HttpRequest.newBuilder(request("https", "/metrics"), (name, value) -> true)
                .header("Authorization", basic(user, password))
                .build(),
            ofString());
  }

  private HttpResponse<String> get(HttpClient client, String path) throws Exception {
    return client.send(request("https", path), ofString());
  }

  private HttpResponse<String> ask(String path, String authorization) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(request("http", path), (name, value) -> true);
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    return HttpClient.newHttpClient().send(request.build(), ofString());
  }

  private HttpRequest request(String scheme, String path) {
    return HttpRequest.newBuilder(URI.create(scheme + "://localhost:" + server.port() + path))
        .timeout(Duration.ofSeconds(20))
        .version(HttpClient.Version.HTTP_1_1)
        .build();
  }

  private static HttpResponse.BodyHandler<String> ofString() {
    return HttpResponse.BodyHandlers.ofString();
  }

  private static String basic(String user, String password) {
    return "Basic "
        + Base64.getEncoder()
            .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
  }
}
