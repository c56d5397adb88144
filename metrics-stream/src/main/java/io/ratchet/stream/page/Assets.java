package io.ratchet.stream.page;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * The files of the live page, held in memory. Only what {@link #FILES} lists can be asked for, so
 * no path leads anywhere else.
 */
final class Assets {
  /** Path below {@code /} to media type; the file lies beside this class under the same path. */
  static final Map<String, String> FILES =
      Stream.of(
              "index.html",
              "page.css",
              "theme.js",
              "page.js",
              "about.js",
              "address.js",
              "axis.js",
              "chain.js",
              "chart.js",
              "charts.js",
              "closer.js",
              "compare.js",
              "figures.js",
              "format.js",
              "images.js",
              "live.js",
              "matrix.js",
              "runs.js",
              "said.js",
              "source.js",
              "windows.js",
              "icon.svg",
              "runbook.md",
              "vendor/uplot/uPlot.esm.js",
              "vendor/uplot/uPlot.min.css",
              "vendor/uplot/LICENSE")
          .collect(Collectors.toUnmodifiableMap(Function.identity(), Assets::type));

  private static String type(String file) {
    return switch (file.substring(file.lastIndexOf('.') + 1)) {
      case "html" -> "text/html; charset=utf-8";
      case "css" -> "text/css; charset=utf-8";
      case "js" -> "text/javascript; charset=utf-8";
      case "svg" -> "image/svg+xml";
      default -> "text/plain; charset=utf-8";
    };
  }

  /** One file as it is sent. */
  @SuppressWarnings("ArrayRecordComponent") // made once, written to sockets, never compared
  record Asset(String type, String tag, byte[] plain, byte[] gzip) {}

  private final Map<String, Asset> assets = new TreeMap<>();

  private Assets() {}

  static Assets load() {
    Assets loaded = new Assets();
    FILES.forEach((path, type) -> loaded.assets.put("/" + path, read(path, type)));
    loaded.assets.put("/", loaded.assets.get("/index.html"));
    return loaded;
  }

  Optional<Asset> find(String path) {
    return Optional.ofNullable(assets.get(path));
  }

  private static Asset read(String path, String type) {
    try (InputStream in = Assets.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("the page's file " + path + " is missing from the jar");
      }
      byte[] plain = in.readAllBytes();
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
        gzip.write(plain);
      }
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(plain);
      String tag = '"' + HexFormat.of().formatHex(digest, 0, 12) + '"';
      return new Asset(type, tag, plain, packed.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the page's file " + path, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
