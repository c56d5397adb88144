package io.ratchet.stream.page;

import io.ratchet.stream.page.Passwords.Verdict;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one HTTP server of the stream: {@code /metrics}, {@code /healthz}, {@code /readyz}, the live
 * page and {@code /api/v1}.
 *
 * <p>It only reads: GET and HEAD are the methods there are. Connections, their idle time, header
 * sizes, threads, subscribers and what is queued for each of them are bounded, so that no reader
 * can take memory or the scrape away from the others.
 */
public final class HttpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

  private static final String TEXT = "text/plain; charset=utf-8";
  private static final String JSON = "application/json";
  private static final String CSV = "text/csv; charset=utf-8";
  private static final String EXPOSITION = "text/plain; version=0.0.4; charset=utf-8";
  private static final String API = "/api/v1/";

  /** Enough for the scrape and a page beside readers that are slow to be served. */
  static final int THREADS = 16;

  /** Answers of the API that are worked out at once: the longest takes a hundred megabytes. */
  static final int API_AT_ONCE = 2;

  /**
   * Requests to the API that are worked on or wait for it, half of the threads; the rest get 503.
   */
  static final int API_ADMITTED = 8;

  static final int HEADER_BYTES = 8 * 1_024;

  /**
   * What the kernel holds at most for a reader who does not read; it grows to megabytes unasked.
   */
  static final int SEND_BUFFER_BYTES = 64 * 1_024;

  /** With all connections taken, one on which nothing moves for this long makes room. */
  private static final long CROWDED_IDLE_MILLIS = 1_000;

  private final Server server;
  private final ServerConnector connector;
  private final EventHub events;
  private final Optional<Protection> protection;
  private final String host;

  private HttpServer(
      Server server,
      ServerConnector connector,
      EventHub events,
      Optional<Protection> protection,
      String host) {
    this.server = server;
    this.connector = connector;
    this.events = events;
    this.protection = protection;
    this.host = host;
  }

  /**
   * Starts to listen.
   *
   * @param settings where, and within which limits
   * @param metrics text of {@code /metrics} in Prometheus' exposition format 0.0.4
   * @param ready false while state is being restored: {@code /readyz} then answers 503
   * @param archive what the page and the API show
   * @param log where windows of the past are read
   * @throws IOException if the address cannot be taken; the message says which and why
   */
  public static HttpServer start(
      HttpSettings settings,
      Supplier<String> metrics,
      BooleanSupplier ready,
      RunArchive archive,
      WindowLog log)
      throws IOException {
    InetSocketAddress address = resolve(settings);
    QueuedThreadPool threads = new QueuedThreadPool(THREADS, 4, 10_000);
    threads.setName("http");
    threads.setDaemon(true);
    Server server = new Server(threads);
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(HEADER_BYTES);
    Optional<Protection> protection = Optional.empty();
    if (settings.webConfig().isPresent()) {
      protection = Optional.of(Protection.of(settings.webConfig().get()));
    }
    ServerConnector connector = connector(server, http, protection);
    connector.setHost(address.getAddress().getHostAddress());
    connector.setPort(address.getPort());
    connector.setAcceptedSendBufferSize(SEND_BUFFER_BYTES);
    connector.setIdleTimeout(settings.idleTimeout().toMillis());
    server.addConnector(connector);
    NetworkConnectionLimit limit = new NetworkConnectionLimit(settings.connections(), connector);
    limit.setEndPointIdleTimeout(Math.min(CROWDED_IDLE_MILLIS, settings.idleTimeout().toMillis()));
    server.addBean(limit);
    EventHub events = new EventHub(archive, settings);
    server.setHandler(
        new Guard(
            settings,
            protection,
            new Routes(
                new SharedText(metrics, System::nanoTime),
                ready,
                archive,
                log,
                Assets.load(),
                events,
                new Outstanding(settings.outstandingBytes()))));
    server.setErrorHandler(new PlainErrors());
    try {
      connector.open();
    } catch (IOException e) {
      events.close();
      protection.ifPresent(Protection::close);
      BindException refused =
          new BindException(
              "cannot listen on http://"
                  + settings.host()
                  + ":"
                  + settings.port()
                  + ": "
                  + reason(e)
                  + "; choose another port (0 takes any free one)");
      refused.initCause(e);
      throw refused;
    }
    HttpServer started = new HttpServer(server, connector, events, protection, settings.host());
    try {
      server.start();
    } catch (Exception e) {
      started.close();
      throw new IOException("cannot start the http server: " + e.getMessage(), e);
    }
    LOG.info("listening on {}", started.uri());
    return started;
  }

  private static ServerConnector connector(
      Server server, HttpConfiguration http, Optional<Protection> protection) {
    HttpConnectionFactory plain = new HttpConnectionFactory(http);
    Optional<SslContextFactory.Server> tls = protection.flatMap(Protection::tls);
    if (tls.isEmpty()) {
      return new ServerConnector(server, 1, 1, plain);
    }
    // Who asks by an address or another name is told by his own TLS; see Guard.isOurs.
    http.addCustomizer(new SecureRequestCustomizer(false));
    return new ServerConnector(
        server, 1, 1, new SslConnectionFactory(tls.get(), plain.getProtocol()), plain);
  }

  private static InetSocketAddress resolve(HttpSettings settings) throws UnknownHostException {
    try {
      return new InetSocketAddress(InetAddress.getByName(settings.host()), settings.port());
    } catch (UnknownHostException e) {
      UnknownHostException clear =
          new UnknownHostException("http host " + settings.host() + " has no address");
      clear.initCause(e);
      throw clear;
    }
  }

  private static String reason(IOException e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage();
  }

  /** The port it listens on. */
  public int port() {
    return connector.getLocalPort();
  }

  /** The page's address, with the host as it was given. */
  public URI uri() {
    String literal = host.indexOf(':') < 0 ? host : "[" + host + "]";
    boolean tls = protection.flatMap(Protection::tls).isPresent();
    return URI.create((tls ? "https://" : "http://") + literal + ":" + port() + "/");
  }

  /** Stops to listen and closes every connection. */
  @Override
  public void close() {
    events.close();
    protection.ifPresent(Protection::close);
    try {
      server.stop();
    } catch (Exception e) {
      LOG.warn("http server did not stop cleanly", e);
    }
  }

  private static void respond(
      Request request, Response response, Callback callback, int status, String type, byte[] body) {
    response.setStatus(status);
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    if (!response.getHeaders().contains(HttpHeader.CACHE_CONTROL)) {
      response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    }
    boolean head = HttpMethod.HEAD.is(request.getMethod());
    response.write(true, head ? ByteBuffer.allocate(0) : ByteBuffer.wrap(body), callback);
  }

  private static void respond(
      Request request, Response response, Callback callback, int status, String text) {
    respond(request, response, callback, status, TEXT, Assets.utf8(text + "\n"));
  }

  /** Refuses what no honest reader sends, and tells browsers to be as strict. */
  private static final class Guard extends Handler.Wrapper {
    private static final String POLICY =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
            + " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final HttpSettings settings;
    private final Optional<Protection> protection;

    Guard(HttpSettings settings, Optional<Protection> protection, Handler handler) {
      super(handler);
      this.settings = settings;
      this.protection = protection;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
      response
          .getHeaders()
          .put("Content-Security-Policy", POLICY)
          .put("X-Content-Type-Options", "nosniff")
          .put("Referrer-Policy", "no-referrer")
          .put("Cross-Origin-Opener-Policy", "same-origin")
          .put("Cross-Origin-Resource-Policy", "same-origin");
      String method = request.getMethod();
      Verdict verdict =
          protection.isEmpty()
              ? Verdict.ADMITTED
              : protection.get().judge(request.getHeaders().get(HttpHeader.AUTHORIZATION));
      if (verdict == Verdict.REFUSED) {
        response
            .getHeaders()
            .put(HttpHeader.WWW_AUTHENTICATE, "Basic realm=\"ratchet\", charset=\"UTF-8\"");
        respond(request, response, callback, HttpStatus.UNAUTHORIZED_401, "unauthorized");
      } else if (verdict == Verdict.BUSY) {
        response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
        respond(
            request,
            response,
            callback,
            HttpStatus.SERVICE_UNAVAILABLE_503,
            "too many passwords at once");
      } else if (!request.isSecure() && !isOurs(request.getHttpURI().getHost())) {
        respond(request, response, callback, HttpStatus.FORBIDDEN_403, "unknown host");
      } else if (!HttpMethod.GET.is(method) && !HttpMethod.HEAD.is(method)) {
        response.getHeaders().put(HttpHeader.ALLOW, "GET, HEAD");
        respond(
            request,
            response,
            callback,
            HttpStatus.METHOD_NOT_ALLOWED_405,
            "allowed methods: GET, HEAD");
      } else if ("cross-site".equals(request.getHeaders().get("Sec-Fetch-Site"))
          && request.getHttpURI().getCanonicalPath().startsWith(API)) {
        // No stranger's page may hold the events open, even though it could not read them.
        respond(request, response, callback, HttpStatus.FORBIDDEN_403, "cross-site request");
      } else {
        return super.handle(request, response, callback);
      }
      return true;
    }

    /**
     * An address cannot be rebound, a name can: only names that we know are let in. Over TLS it is
     * the certificate that a browser holds a name to.
     */
    private boolean isOurs(String host) {
      if (host == null) {
        return false;
      }
      String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
      return name.equalsIgnoreCase("localhost")
          || name.equalsIgnoreCase(settings.host())
          || name.startsWith("[")
          || name.matches("\\d{1,3}(\\.\\d{1,3}){3}")
          || settings.hostNames().stream().anyMatch(name::equalsIgnoreCase);
    }
  }

  private static final class Routes extends Handler.Abstract {
    private final SharedText metrics;
    private final BooleanSupplier ready;
    private final RunArchive archive;
    private final WindowLog log;
    private final Assets assets;
    private final EventHub events;
    private final Outstanding outstanding;
    private final Semaphore admitted = new Semaphore(API_ADMITTED);
    private final Semaphore working = new Semaphore(API_AT_ONCE);

    Routes(
        SharedText metrics,
        BooleanSupplier ready,
        RunArchive archive,
        WindowLog log,
        Assets assets,
        EventHub events,
        Outstanding outstanding) {
      this.metrics = metrics;
      this.ready = ready;
      this.archive = archive;
      this.log = log;
      this.assets = assets;
      this.events = events;
      this.outstanding = outstanding;
    }

    /** Answers with what may be large, and may be left in memory by one who does not read. */
    private void answer(
        Request request, Response response, Callback callback, String type, byte[] body) {
      Callback taken = outstanding.add(request, callback, body.length);
      respond(request, response, taken, HttpStatus.OK_200, type, body);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      String path = request.getHttpURI().getCanonicalPath();
      switch (path) {
        case "/metrics" -> answer(request, response, callback, EXPOSITION, metrics.get());
        // Where one looks first: it names where to begin.
        case "/api/v1" -> api("", request, response, callback);
        case "/healthz" -> respond(request, response, callback, HttpStatus.OK_200, "ok");
        case "/readyz" -> {
          if (ready.getAsBoolean()) {
            respond(request, response, callback, HttpStatus.OK_200, "ready");
          } else {
            respond(request, response, callback, HttpStatus.SERVICE_UNAVAILABLE_503, "restoring");
          }
        }
        default -> {
          if (path.startsWith(API)) {
            apiInTurn(path.substring(API.length()), request, response, callback);
          } else {
            asset(path, request, response, callback);
          }
        }
      }
      return true;
    }

    /** A flood of requests that take time must leave threads to the scrape. */
    private void apiInTurn(String path, Request request, Response response, Callback callback) {
      if (!admitted.tryAcquire()) {
        response.getHeaders().put(HttpHeader.RETRY_AFTER, "1");
        byte[] error = ApiJson.error("too many requests at once");
        respond(request, response, callback, HttpStatus.SERVICE_UNAVAILABLE_503, JSON, error);
        return;
      }
      working.acquireUninterruptibly();
      try {
        api(path, request, response, callback);
      } finally {
        working.release();
        admitted.release();
      }
    }

    private void api(String path, Request request, Response response, Callback callback) {
      String[] part = path.split("/", -1);
      String what = part.length == 3 ? part[2] : "";
      Optional<byte[]> body = Optional.empty();
      try {
        if (path.equals("events")) {
          events.subscribe(request, response, callback);
          return;
        } else if (path.equals("runs")) {
          body = Optional.of(ApiJson.runs(archive));
        } else if (part.length == 2 && part[0].equals("run")) {
          body = ApiJson.run(archive, part[1]);
        } else if (part.length == 3 && part[0].equals("run")) {
          body = ofRun(part[1], what, Request.extractQueryParameters(request)::getValue);
        }
      } catch (IllegalArgumentException e) {
        byte[] error = ApiJson.error(e.getMessage());
        respond(request, response, callback, HttpStatus.BAD_REQUEST_400, JSON, error);
        return;
      }
      if (body.isPresent()) {
        String type = what.endsWith(".csv") ? CSV : JSON;
        answer(request, response, callback, type, body.get());
      } else {
        byte[] error =
            ApiJson.error(
                "no such run or resource: " + API + path + "; all runs are at /api/v1/runs");
        respond(request, response, callback, HttpStatus.NOT_FOUND_404, JSON, error);
      }
    }

    private Optional<byte[]> ofRun(String run, String what, UnaryOperator<String> parameters) {
      SeriesQuery query =
          SeriesQuery.of(
              parameters, what.endsWith(".csv") ? SeriesQuery.MAX_POINTS : RunHistory.BINS);
      return switch (what) {
        case "series" -> archive.read(run, history -> ApiSeries.json(history, query));
        case "updates.csv" -> archive.read(run, history -> ApiSeries.updatesCsv(history, query));
        case "windows.csv" -> archive.read(run, history -> ApiSeries.windowsCsv(history, query));
        case "chain" -> ApiJson.chain(archive, log, run, window(parameters));
        case "samples" -> archive.read(run, ApiJson::samples);
        case "sample-history" -> archive.read(run, ApiJson::sampleHistory);
        default -> Optional.empty();
      };
    }

    /** The window that is asked for: by number, by step, or the newest. */
    private static Function<WindowIndex, Optional<WindowIndex.Entry>> window(
        UnaryOperator<String> parameters) {
      long step = SeriesQuery.whole(parameters, "step", 0, Long.MAX_VALUE, Long.MAX_VALUE);
      long number = SeriesQuery.whole(parameters, "number", 0, Long.MAX_VALUE, -1);
      return index -> number < 0 ? index.at(step) : index.numbered(number);
    }

    private void asset(String path, Request request, Response response, Callback callback) {
      Optional<Assets.Asset> found = assets.find(path);
      if (found.isEmpty()) {
        respond(request, response, callback, HttpStatus.NOT_FOUND_404, "not found");
        return;
      }
      Assets.Asset asset = found.get();
      response
          .getHeaders()
          .put(HttpHeader.ETAG, asset.tag())
          .put(HttpHeader.VARY, "Accept-Encoding")
          .put(HttpHeader.CACHE_CONTROL, "no-cache");
      if (request.getHeaders().getValuesList(HttpHeader.IF_NONE_MATCH).contains(asset.tag())) {
        response.setStatus(HttpStatus.NOT_MODIFIED_304);
        response.write(true, ByteBuffer.allocate(0), callback);
      } else if (request.getHeaders().contains(HttpHeader.ACCEPT_ENCODING, "gzip")) {
        response.getHeaders().put(HttpHeader.CONTENT_ENCODING, "gzip");
        respond(request, response, callback, HttpStatus.OK_200, asset.type(), asset.gzip());
      } else {
        respond(request, response, callback, HttpStatus.OK_200, asset.type(), asset.plain());
      }
    }
  }

  /** One line of text for what goes wrong before or inside a route: no page, no stack trace. */
  private static final class PlainErrors extends ErrorHandler {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      int status = response.getStatus();
      respond(request, response, callback, status, HttpStatus.getMessage(status));
      return true;
    }
  }
}
