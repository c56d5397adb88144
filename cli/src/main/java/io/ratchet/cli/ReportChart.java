package io.ratchet.cli;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;

/**
 * Lines over steps as a picture within a page. Where there are more steps than the picture is wide,
 * those of a pixel are joined: their mean, and from the least to the greatest of what they span.
 */
final class ReportChart {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 220;
  private static final int LEFT = 64;
  private static final int BOTTOM = 26;
  private static final int TOP = 8;
  private static final String[] COLORS = {
    "#0072b2", "#b87400", "#007f5c", "#c44f00", "#a8497f", "#2b83b8", "#646a71"
  };

  /** A value and what it may as well be; NaN where nothing is known. */
  record Point(double value, double lower, double upper) {
    static final Point GAP = of(Double.NaN);

    static Point of(double value) {
      return new Point(value, value, value);
    }

    private Point map(DoubleUnaryOperator scale) {
      return new Point(
          scale.applyAsDouble(value), scale.applyAsDouble(lower), scale.applyAsDouble(upper));
    }

    private boolean isKnown() {
      return Double.isFinite(value);
    }
  }

  private final String title;
  private final long first;
  private final long last;
  private final Map<String, NavigableMap<Integer, Point>> lines = new LinkedHashMap<>();
  private boolean zero;
  private boolean logarithmic;

  /**
   * An empty chart.
   *
   * @param first step at its left edge
   * @param last step at its right edge
   */
  ReportChart(String title, long first, long last) {
    this.title = title;
    this.first = first;
    this.last = Math.max(last, first + 1);
  }

  /** Its axis begins at 0. */
  ReportChart fromZero() {
    zero = true;
    return this;
  }

  /** Its axis is logarithmic: what is not positive is not drawn. */
  ReportChart logarithmic() {
    logarithmic = true;
    return this;
  }

  /** Adds a line; one without a single number is left out. */
  ReportChart line(String name, NavigableMap<Long, Point> points) {
    NavigableMap<Integer, Point> pixels = new TreeMap<>();
    NavigableMap<Integer, Integer> counts = new TreeMap<>();
    points.forEach(
        (step, point) -> {
          Point scaled = logarithmic ? point.map(Math::log10) : point;
          int x = (int) Math.round((WIDTH - LEFT - 1.0) * (step - first) / (last - first));
          Point there = pixels.get(x);
          if (there == null || !there.isKnown()) {
            pixels.put(x, scaled);
            counts.put(x, 1);
          } else if (scaled.isKnown()) {
            int count = counts.merge(x, 1, Integer::sum);
            pixels.put(
                x,
                new Point(
                    there.value + (scaled.value - there.value) / count,
                    Math.min(there.lower, scaled.lower),
                    Math.max(there.upper, scaled.upper)));
          }
        });
    if (pixels.values().stream().anyMatch(Point::isKnown)) {
      lines.put(name, pixels);
    }
    return this;
  }

  /** Writes it, unless there is nothing to show. */
  void writeTo(StringBuilder page) {
    if (lines.isEmpty()) {
      return;
    }
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (NavigableMap<Integer, Point> line : lines.values()) {
      for (Point point : line.values()) {
        if (point.isKnown()) {
          low = Math.min(low, point.lower);
          high = Math.max(high, point.upper);
        }
      }
    }
    if (zero) {
      low = Math.min(0, low);
    }
    high = high > low ? high : low + 1;
    page.append("<h2>").append(RunReport.text(title)).append("</h2>\n<p class=\"key\">");
    int color = 0;
    for (String name : lines.keySet()) {
      page.append("<span style=\"color:")
          .append(COLORS[color++])
          .append("\">&#9632;</span> ")
          .append(RunReport.text(name))
          .append(' ');
    }
    page.append(
        String.format(
            Locale.ROOT,
            "</p>\n<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">",
            WIDTH,
            HEIGHT,
            RunReport.text(title)));
    color = 0;
    for (NavigableMap<Integer, Point> line : lines.values()) {
      draw(page, line, low, high, COLORS[color++]);
    }
    page.append(
        String.format(
            Locale.ROOT,
            "<path class=\"axis\" d=\"M%1$d %2$dV%3$dH%4$d\"/><text x=\"%5$d\" y=\"%6$d\""
                + " text-anchor=\"end\">%7$.4g</text><text x=\"%5$d\" y=\"%3$d\""
                + " text-anchor=\"end\">%8$.4g</text><text x=\"%1$d\" y=\"%9$d\">step %10$d</text>"
                + "<text x=\"%4$d\" y=\"%9$d\" text-anchor=\"end\">%11$d</text></svg>\n",
            LEFT,
            TOP,
            HEIGHT - BOTTOM,
            WIDTH,
            LEFT - 6,
            TOP + 10,
            logarithmic ? Math.pow(10, high) : high,
            logarithmic ? Math.pow(10, low) : low,
            HEIGHT - 8,
            first,
            last));
  }

  /** A line with a gap wherever nothing is known, and what it spans as a band. */
  private static void draw(
      StringBuilder page,
      NavigableMap<Integer, Point> points,
      double low,
      double high,
      String ink) {
    StringBuilder line = new StringBuilder();
    StringBuilder band = new StringBuilder();
    boolean drawing = false;
    for (Map.Entry<Integer, Point> entry : points.entrySet()) {
      Point point = entry.getValue();
      if (!point.isKnown()) {
        drawing = false;
        continue;
      }
      int x = LEFT + entry.getKey();
      double y = y((point.value - low) / (high - low));
      line.append(String.format(Locale.ROOT, "%s%d %.1f", drawing ? "L" : "M", x, y));
      drawing = true;
      if (point.upper > point.lower) {
        band.append(
            String.format(
                Locale.ROOT,
                "M%d %.1fV%.1f",
                x,
                y((point.lower - low) / (high - low)),
                y((point.upper - low) / (high - low))));
      }
    }
    page.append("<path class=\"band\" stroke=\"").append(ink).append("\" d=\"").append(band);
    page.append("\"/><path stroke=\"").append(ink).append("\" d=\"").append(line).append("\"/>");
  }

  private static double y(double share) {
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * Math.min(1, Math.max(0, share));
  }
}
