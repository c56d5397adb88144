package io.ratchet.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * One picture of several panels beside each other, as SVG 1.1. Texts are the program's own and are
 * written as they are.
 */
final class Chart {

  private static final int TOTAL_WIDTH = 720;
  private static final int LEFT = 56;
  private static final int TOP = 34;
  private static final int RIGHT = 14;
  private static final int BOTTOM = 44;
  private static final int LEGEND_ROW = 18;
  private static final int COLUMNS = 2;

  /** Height of a panel over its width. */
  private static final double ASPECT = 0.7;

  private static final int TICKS = 5;

  /** One line or one cloud of points. */
  record Series(String name, String color, boolean isLine, List<double[]> points) {}

  private record Panel(String title, String across, boolean isLog, List<Series> series) {}

  private final String title;
  private final List<Panel> panels = new ArrayList<>();

  Chart(String title) {
    this.title = title;
  }

  /** Adds a panel; points that are not finite are left out. */
  void panel(String name, String across, boolean isLog, List<Series> series) {
    panels.add(new Panel(name, across, isLog, series));
  }

  /** The document. */
  String svg() {
    int columns = Math.min(COLUMNS, panels.size());
    int width = TOTAL_WIDTH / columns;
    int height = (int) (width * ASPECT);
    StringBuilder legend = new StringBuilder();
    double x = LEFT;
    int below = LEGEND_ROW;
    List<String> named = new ArrayList<>();
    for (Panel panel : panels) {
      for (Series series : panel.series) {
        if (named.contains(series.name)) {
          continue;
        }
        named.add(series.name);
        double length = 26 + 6.6 * series.name.length();
        if (x + length > TOTAL_WIDTH) {
          x = LEFT;
          below += LEGEND_ROW;
        }
        legend.append(dot(x, below - 4, 4, series.color));
        legend.append(text(x + 8, below, "start", series.name));
        x += length;
      }
    }
    below += LEGEND_ROW / 2;
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
        role="img" font-family="DejaVu Sans, Verdana, Arial, sans-serif" font-size="11">
        <title>%3$s</title>
        <rect width="%1$d" height="%2$d" fill="#ffffff"/>
        """
            .formatted(
                TOTAL_WIDTH, (panels.size() + columns - 1) / columns * height + below, title));
    svg.append(legend);
    for (int p = 0; p < panels.size(); p++) {
      svg.append(
          format(
              "<g transform=\"translate(%d %d)\">\n",
              p % columns * width, below + p / columns * height));
      new Frame(panels.get(p), width - LEFT - RIGHT, height - TOP - BOTTOM).draw(svg);
      svg.append("</g>\n");
    }
    return svg.append("</svg>\n").toString();
  }

  /** Where a panel's values lie, in pixels. */
  private static final class Frame {
    private final Panel panel;
    private final int width;
    private final int height;
    private final double[] across;
    private final double[] up;
    private final double step;

    Frame(Panel panel, int width, int height) {
      this.panel = panel;
      this.width = width;
      this.height = height;
      List<double[]> all =
          panel.series.stream().map(Series::points).flatMap(Collection::stream).toList();
      this.across = range(all.stream().mapToDouble(p -> position(p[0])).toArray());
      this.up = range(all.stream().mapToDouble(p -> p[1]).toArray());
      this.step = step(up[1] - up[0]);
      up[0] = Math.floor(up[0] / step) * step;
      up[1] = Math.ceil(up[1] / step) * step;
    }

    void draw(StringBuilder svg) {
      svg.append(
          format(
              "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#888888\"/>\n",
              LEFT, TOP, width, height));
      svg.append(text(LEFT, TOP - 10, "start", panel.title));
      svg.append(text(LEFT + width / 2.0, TOP + height + 34, "middle", panel.across));
      for (double tick = up[0]; tick <= up[1] + step / 2; tick += step) {
        double y = y(tick);
        svg.append(format("<path d=\"M%d %.1fh%d\" stroke=\"#dddddd\"/>\n", LEFT, y, width));
        svg.append(text(LEFT - 5, y + 4, "end", number(tick, step)));
      }
      double stride = panel.isLog ? 1 : step(across[1] - across[0]);
      for (double tick = Math.ceil(across[0] / stride - 1e-9) * stride;
          tick <= across[1] + 1e-9;
          tick += stride) {
        String label = panel.isLog ? number(Math.pow(10, tick), 1) : number(tick, stride);
        svg.append(text(x(tick), TOP + height + 15, "middle", label));
      }
      for (Series series : panel.series) {
        StringBuilder path = new StringBuilder();
        for (double[] point : series.points) {
          double at = position(point[0]);
          if (!Double.isFinite(at) || !Double.isFinite(point[1])) {
            continue;
          }
          if (series.isLine) {
            path.append(path.isEmpty() ? 'M' : 'L');
            path.append(format("%.1f %.1f", x(at), y(point[1])));
          } else {
            svg.append(dot(x(at), y(point[1]), 3.5, series.color));
          }
        }
        if (!path.isEmpty()) {
          svg.append(
              format(
                  "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\"/>\n",
                  path, series.color));
        }
      }
    }

    private double position(double x) {
      return panel.isLog ? Math.log10(x) : x;
    }

    private double x(double value) {
      return LEFT + width * (value - across[0]) / (across[1] - across[0]);
    }

    private double y(double value) {
      return TOP + height * (up[1] - value) / (up[1] - up[0]);
    }
  }

  /** Least and greatest of the finite values, apart from each other. */
  private static double[] range(double[] values) {
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (double value : values) {
      if (Double.isFinite(value)) {
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    return most > least ? new double[] {least, most} : new double[] {least - 1, least + 1};
  }

  /** 1, 2 or 5 times a power of ten: about {@value #TICKS} of them fit. */
  private static double step(double span) {
    double power = Math.pow(10, Math.floor(Math.log10(span / TICKS)));
    double share = span / TICKS / power;
    return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
  }

  private static String number(double value, double step) {
    int digits = Math.max(0, (int) Math.ceil(-Math.log10(step) - 1e-9));
    String text = String.format(Locale.ROOT, "%." + digits + "f", value);
    return text.matches("-0(\\.0*)?") ? text.substring(1) : text;
  }

  private static String dot(double x, double y, double radius, String color) {
    return format(
        "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"%s\" fill-opacity=\"0.7\"/>\n",
        x, y, radius, color);
  }

  private static String text(double x, double y, String anchor, String text) {
    return format(
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"#222222\">%s</text>\n",
        x, y, anchor, text);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}
