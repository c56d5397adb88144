package io.ratchet.stream.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ratchet.schema.Thermodynamics;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpServerTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(Records.EPOCH), ZoneOffset.UTC);

  private final RecordedWindows windows = new RecordedWindows();
  private final RunArchive archive = new RunArchive(CLOCK);
  private final AtomicBoolean ready = new AtomicBoolean(true);
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(10))
          .build();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = start(HttpSettings.loopback(0));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private HttpServer start(HttpSettings settings) throws IOException {
    return HttpServer.start(settings, () -> "ratchet_build_info 1\n", ready::get, archive, windows);
  }

  @Test
  void metrics_areTextOfThePrometheusExpositionFormat() throws Exception {
    HttpResponse<String> metrics = get("/metrics");
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.headers().firstValue("content-type"))
        .hasValue("text/plain; version=0.0.4; charset=utf-8");
    assertThat(metrics.body()).isEqualTo("ratchet_build_info 1\n");
  }

  @Test
  void readiness_is503WhileRestoring_andHealthDoesNotCare() throws Exception {
    assertThat(get("/readyz").statusCode()).isEqualTo(200);
    ready.set(false);
    assertThat(get("/readyz").statusCode()).isEqualTo(503);
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
  }

  static Stream<String> files() {
    return Assets.FILES.keySet().stream();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyFileOfThePage_isServedWithItsTypeAndValidated(String file) throws Exception {
    HttpResponse<String> first = get("/" + file);
    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(first.headers().firstValue("content-type")).hasValue(Assets.FILES.get(file));
    String tag = first.headers().firstValue("etag").orElseThrow();
    HttpResponse<String> second = send("GET", "/" + file, "If-None-Match", tag);
    assertThat(second.statusCode()).isEqualTo(304);
    assertThat(second.body()).isEmpty();
    HttpResponse<String> packed = send("GET", "/" + file, "Accept-Encoding", "gzip");
    assertThat(packed.headers().firstValue("content-encoding")).hasValue("gzip");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nothing",
        "/metrics/",
        "/vendor/",
        "/HttpServer.class",
        "/api/v1/",
        "/api/v1/run/nobody",
        "/api/v1/run/nobody/series",
        "/api/v2/runs"
      })
  void anUnknownPath_is404(String path) throws Exception {
    assertThat(get(path).statusCode()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "series?points=1",
        "series?points=100001",
        "series?halfLife=x",
        "series?since=-1",
        "updates.csv?from=1e3",
        "windows.csv?to=",
        "chain?step=99999999999999999999",
        "chain?number=-1"
      })
  void aParameterOutsideItsBounds_is400_andNamesBoth(String query) throws Exception {
    archive.accept(Records.window("glyphs-1", 24).build());
    HttpResponse<String> answer = get("/api/v1/run/glyphs-1/" + query);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .contains(query.substring(query.indexOf('?') + 1), "allowed are whole numbers from ");
  }

  @Test
  void theCurves_areThereAsCsv_andTheChainOfAnyWindow() throws Exception {
    for (int toStep = 24; toStep < 100; toStep += 25) {
      Thermodynamics window = Records.window("glyphs-1", toStep).build();
      archive.accept(window, windows.append(window), -1);
    }
    HttpResponse<String> csv = get("/api/v1/run/glyphs-1/windows.csv?from=30&to=80");
    assertThat(csv.headers().firstValue("content-type")).hasValue("text/csv; charset=utf-8");
    assertThat(csv.body().lines().skip(1))
        .extracting(line -> line.substring(0, line.indexOf(',')))
        .containsExactly("49", "74");
    assertThat(get("/api/v1/run/glyphs-1/updates.csv").body()).isEqualTo("step\n");
    JsonNode chain = new ObjectMapper().readTree(get("/api/v1/run/glyphs-1/chain?step=60").body());
    assertThat(chain.at("/window/toStep").asInt()).isEqualTo(49);
    JsonNode last = new ObjectMapper().readTree(get("/api/v1/run/glyphs-1/chain?number=9").body());
    assertThat(last.at("/window/toStep").asInt()).isEqualTo(99);
    JsonNode third = new ObjectMapper().readTree(get("/api/v1/run/glyphs-1/chain?number=2").body());
    assertThat(third.at("/window/toStep").asInt()).isEqualTo(74);
    assertThat(get("/api/v1/run/nobody/chain?step=60").statusCode()).isEqualTo(404);
    assertThat(get("/api/v1/run/glyphs-1/sample-history").body()).contains("\"samples\":[]");
  }

  @Test
  void theRootOfTheInterface_saysInJsonWhereTheRunsAre() throws Exception {
    HttpResponse<String> response = get("/api/v1");
    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(response.body()).contains("all runs are at /api/v1/runs");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/vendor/uplot/../../../RunArchive.class",
        "/../RunArchive.class",
        "/%2e%2e/RunArchive.class",
        "/vendor/..;/RunArchive.class"
      })
  void noPath_leadsOutOfThePage(String path) throws Exception {
    assertThat(get(path).statusCode()).isIn(400, 404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"})
  void aMethodThatCouldChangeAnything_is405_andSaysWhatIsAllowed(String method) throws Exception {
    HttpResponse<String> response = send(method, "/api/v1/runs");
    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).hasValue("GET, HEAD");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/metrics", "/healthz", "/api/v1/runs", "/page.css"})
  void head_hasTheHeadersOfGet_andNoBody(String path) throws Exception {
    HttpResponse<String> got = get(path);
    HttpResponse<String> head = send("HEAD", path);
    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValue("content-length"))
        .isEqualTo(got.headers().firstValue("content-length"));
    assertThat(head.headers().firstValue("content-type"))
        .isEqualTo(got.headers().firstValue("content-type"));
  }

  @Test
  void everyAnswer_carriesThePolicy_andNoneSharesWithOtherOrigins() throws Exception {
    for (String path : List.of("/", "/metrics", "/nothing", "/api/v1/runs")) {
      HttpResponse<String> response = send("GET", path, "Origin", "http://evil.example");
      assertThat(response.headers().firstValue("content-security-policy").orElse(""))
          .contains("default-src 'none'")
          .doesNotContain("unsafe");
      assertThat(response.headers().firstValue("x-content-type-options")).hasValue("nosniff");
      assertThat(response.headers().firstValue("access-control-allow-origin")).isEmpty();
      assertThat(response.headers().firstValue("server")).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "localhost, 200",
    "LOCALHOST:9, 200",
    "127.0.0.1:1, 200",
    "[::1]:80, 200",
    "10.1.2.3, 200",
    "evil.example, 403",
    "localhost.evil.example, 403",
    "127.0.0.1.evil.example, 403"
  })
  void aNameThatIsNotOurs_isRefused_soThatNoPageCanRebindIts(String host, int status)
      throws Exception {
    assertThat(raw("GET /api/v1/runs HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
        .startsWith("HTTP/1.1 " + status);
  }

  @Test
  void aNameGivenInTheSettings_isOurs() throws Exception {
    HttpSettings base = HttpSettings.loopback(0);
    HttpSettings named =
        new HttpSettings(
            base.host(),
            0,
            Set.of("ratchet.lab"),
            10,
            base.idleTimeout(),
            1,
            base.pushInterval(),
            base.patience(),
            base.outstandingBytes(),
            Optional.empty());
    server.close();
    server = start(named);
    assertThat(raw("GET /healthz HTTP/1.1\r\nHost: ratchet.lab\r\n\r\n")).contains(" 200 ");
  }

  @Test
  void aStrangersPage_mayNotHoldTheApi_butALinkToThePageWorks() throws Exception {
    assertThat(
            raw(
                "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n"))
        .contains(" 403 ");
    assertThat(raw("GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n\r\n"))
        .contains(" 200 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GARBAGE\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /\u0000 HTTP/1.1\r\nHost: localhost\r\n\r\n"
      })
  void aMalformedRequest_is400_inOneLine(String request) throws Exception {
    assertThat(raw(request)).startsWith("HTTP/1.1 400").doesNotContain("jetty", "Exception");
  }

  @Test
  void headersWithoutEnd_are431() throws Exception {
    assertThat(raw("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(9_000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431");
  }

  @Test
  void aPortInUse_isSaidClearly() {
    assertThatThrownBy(() -> start(HttpSettings.loopback(server.port())))
        .isInstanceOf(BindException.class)
        .hasMessageContaining("127.0.0.1:" + server.port())
        .hasMessageContaining("in use");
    assertThatThrownBy(() -> HttpSettings.loopback(65_536))
        .hasMessage("http port 65536: allowed are 0 to 65535");
    assertThatThrownBy(() -> start(HttpSettings.of("no-such-host.invalid", 0)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no-such-host.invalid");
  }

  @Test
  void aFailingSupplier_is500WithoutAStackTrace() throws Exception {
    server.close();
    server =
        HttpServer.start(
            HttpSettings.loopback(0),
            () -> {
              throw new IllegalStateException("secret");
            },
            () -> true,
            archive,
            windows);
    HttpResponse<String> response = get("/metrics");
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).doesNotContain("secret", "at io.ratchet");
  }

  @Test
  void halfOpenConnections_beyondTheLimit_doNotKeepTheScrapeOut() throws Exception {
    HttpSettings base = HttpSettings.loopback(0);
    server.close();
    server =
        start(
            new HttpSettings(
                base.host(),
                0,
                Set.of(),
                50,
                base.idleTimeout(),
                4,
                base.pushInterval(),
                base.patience(),
                base.outstandingBytes(),
                Optional.empty()));
    List<Socket> halfOpen = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        socket
            .getOutputStream()
            .write("GET /metrics HTTP/1.1\r\nHo".getBytes(StandardCharsets.UTF_8));
        halfOpen.add(socket);
      }
      assertThat(get("/metrics").statusCode()).isEqualTo(200);
    } finally {
      for (Socket socket : halfOpen) {
        socket.close();
      }
    }
  }

  @Test
  void anIdleConnection_isClosed() throws Exception {
    HttpSettings base = HttpSettings.loopback(0);
    server.close();
    server =
        start(
            new HttpSettings(
                base.host(),
                0,
                Set.of(),
                50,
                Duration.ofMillis(200),
                4,
                base.pushInterval(),
                base.patience(),
                base.outstandingBytes(),
                Optional.empty()));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      assertThat(socket.getInputStream().readAllBytes()).isEmpty();
    }
  }

  @Test
  void events_tellFirstAllAndThenWhatIsNew() throws Exception {
    archive.accept(Records.run("glyphs-1").build());
    archive.accept(Records.update("glyphs-1", 0).build());
    try (Events events = new Events("glyphs-1", server.port())) {
      assertThat(events.next("runs").at("/runs/0/run").asText()).isEqualTo("glyphs-1");
    }
    try (Events events = new Events("glyphs-1", server.port())) {
      JsonNode first = events.next("series");
      assertThat(first.at("/updates/complete").asBoolean()).isTrue();
      assertThat(first.at("/updates/step").toString()).isEqualTo("[0]");
      assertThat(events.next("chain").get("window").isNull()).isTrue();

      archive.accept(Records.update("glyphs-1", 1).build());
      archive.accept(Records.window("glyphs-1", 24).build());
      JsonNode next = events.next("series");
      assertThat(next.at("/updates/complete").asBoolean()).isFalse();
      while (next.at("/windows/step").isEmpty()) { // the tick may have come between the two
        next = events.next("series");
      }
      assertThat(next.at("/windows/step").toString()).isEqualTo("[24]");
      assertThat(events.next("chain").at("/window/toStep").asLong()).isEqualTo(24);
    }
  }

  @Test
  void events_comeAtMostFiveTimesASecond_howeverFastTheRun() throws Exception {
    try (Events events = new Events("fast", server.port())) {
      long begin = System.nanoTime();
      int pushes = 0;
      long step = 0;
      long shown = -1;
      while (System.nanoTime() - begin < 1_000_000_000L) {
        archive.accept(Records.update("fast", step++).build());
      }
      long last = step - 1;
      while (shown < last) {
        JsonNode steps = events.next("series").at("/updates/step");
        shown = steps.get(steps.size() - 1).asLong();
        pushes++;
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      assertThat(pushes).isLessThanOrEqualTo((int) Math.ceil(5 * seconds) + 1);
      assertThat(step).isGreaterThan(100);
    }
  }

  @Test
  void aReaderThatTakesNothing_isDropped_andHoldsOneBoundedPush() throws Exception {
    HttpSettings base = HttpSettings.loopback(0);
    server.close();
    server =
        start(
            new HttpSettings(
                base.host(),
                0,
                Set.of(),
                50,
                base.idleTimeout(),
                1,
                Duration.ofMillis(5),
                Duration.ofMillis(300),
                base.outstandingBytes(),
                Optional.empty()));
    try (Socket deaf = new Socket()) {
      deaf.setReceiveBufferSize(1_024);
      deaf.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
      deaf.getOutputStream()
          .write(
              "GET /api/v1/events?run=r HTTP/1.1\r\nHost: localhost\r\n\r\n"
                  .getBytes(StandardCharsets.UTF_8));
      Awaitility.await().until(() -> get("/api/v1/events").statusCode() == 503);
      long[] step = {0};
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                for (int i = 0; i < 5_000; i++) {
                  archive.accept(Records.update("r", step[0]++).build());
                }
                return send("HEAD", "/api/v1/events").statusCode() == 200;
              });
    }
  }

  @Test
  void readersWhoTakeNoAnswer_costEachOther_andNotTheOneWhoReads() throws Exception {
    HttpSettings base = HttpSettings.loopback(0);
    int length = 8 << 20; // more than the kernel takes for a reader
    server.close();
    server =
        HttpServer.start(
            new HttpSettings(
                base.host(),
                0,
                Set.of(),
                50,
                base.idleTimeout(),
                1,
                base.pushInterval(),
                base.patience(),
                2L * length + 1,
                Optional.empty()),
            () -> "x".repeat(length),
            () -> true,
            archive,
            windows);
    List<Socket> deaf = new ArrayList<>();
    try {
      for (int i = 0; i < 5; i++) {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(1_024);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        deaf.add(socket);
        socket
            .getOutputStream()
            .write(
                "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
                    .getBytes(StandardCharsets.UTF_8));
        assertThat(get("/metrics").body()).hasSize(length);
      }
      deaf.get(0).setSoTimeout(10_000);
      assertThat(taken(deaf.get(0))).as("dropped in the middle").isLessThan(length);
      assertThat(taken(deaf.get(4))).as("the last one still has its answer").isGreaterThan(length);
    } finally {
      for (Socket socket : deaf) {
        socket.close();
      }
    }
  }

  /** Bytes that come, up to the end of one answer. */
  private static long taken(Socket socket) throws IOException {
    byte[] buffer = new byte[64 << 10];
    long taken = 0;
    try {
      while (taken <= 8 << 20) {
        int read = socket.getInputStream().read(buffer);
        if (read < 0) {
          break;
        }
        taken += read;
      }
    } catch (java.net.SocketException e) {
      return taken; // reset
    }
    return taken;
  }

  @Test
  void theScrape_isMadeAtMostTenTimesASecond() {
    long[] nanos = {0};
    int[] made = {0};
    SharedText text = new SharedText(() -> "made " + ++made[0], () -> nanos[0]);
    byte[] first = text.get();
    assertThat(text.get()).isSameAs(first);
    nanos[0] = 99_999_999;
    assertThat(text.get()).isSameAs(first);
    nanos[0] = 100_000_000;
    assertThat(text.get()).asString().isEqualTo("made 2");
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return send("GET", path);
  }

  private HttpResponse<String> send(String method, String path, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + server.port() + path))
            .timeout(Duration.ofSeconds(20))
            .method(method, HttpRequest.BodyPublishers.noBody());
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      socket
          .getOutputStream()
          .write(
              request
                  .replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n")
                  .getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** A reader of server-sent events that hands them out by name. */
  private static final class Events implements AutoCloseable {
    private final InputStream in;
    private final BufferedReader lines;

    Events(String run, int port) throws IOException {
      in =
          URI.create("http://localhost:" + port + "/api/v1/events?run=" + run).toURL().openStream();
      lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    }

    JsonNode next(String name) throws IOException {
      String event = "";
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("event: ")) {
          event = line.substring(7);
        } else if (line.startsWith("data: ") && event.equals(name)) {
          return MAPPER.readTree(line.substring(6));
        }
      }
      throw new IOException("the events ended before " + name);
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
