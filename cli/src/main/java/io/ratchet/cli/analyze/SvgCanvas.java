package io.ratchet.cli.analyze;

import java.awt.Shape;
import java.awt.geom.PathIterator;
import java.util.Locale;

/** Draws SVG 1.1: paths and text, no style sheet and no script. */
final class SvgCanvas implements Canvas {
  private static final char[] COMMANDS = {'M', 'L', 'Q', 'C', 'Z'};
  private static final int[] COORDINATES = {2, 2, 4, 6, 0};

  private final StringBuilder svg = new StringBuilder();

  SvgCanvas(int width, int height, String title, String background) {
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" width="%1$d" height="%2$d" viewBox="0 0 %1$d %2$d" \
        role="img" font-family="DejaVu Sans, Verdana, Arial, sans-serif">
        <title>%3$s</title>
        <rect width="%1$d" height="%2$d" fill="%4$s"/>
        """
            .formatted(width, height, escape(title), background));
  }

  /** The document. */
  String document() {
    return svg + "</svg>\n";
  }

  @Override
  public void fill(Shape shape, String color, double opacity) {
    svg.append("<path fill=\"").append(color);
    if (opacity < 1) {
      svg.append("\" fill-opacity=\"").append(number(opacity));
    }
    svg.append("\" d=\"").append(path(shape)).append("\"/>\n");
  }

  @Override
  public void outline(Shape shape, String color, double width) {
    svg.append("<path fill=\"none\" stroke=\"")
        .append(color)
        .append("\" stroke-width=\"")
        .append(number(width))
        .append("\" d=\"")
        .append(path(shape))
        .append("\"/>\n");
  }

  @Override
  public void text(
      String text, double x, double y, double size, Anchor anchor, String color, boolean bold) {
    svg.append("<text x=\"")
        .append(number(x))
        .append("\" y=\"")
        .append(number(y))
        .append("\" font-size=\"")
        .append(number(size))
        .append("\" text-anchor=\"")
        .append(anchor.name().toLowerCase(Locale.ROOT))
        .append("\" fill=\"")
        .append(color)
        .append(bold ? "\" font-weight=\"bold\">" : "\">")
        .append(escape(text))
        .append("</text>\n");
  }

  private static String path(Shape shape) {
    StringBuilder path = new StringBuilder();
    double[] points = new double[6];
    for (PathIterator i = shape.getPathIterator(null); !i.isDone(); i.next()) {
      int segment = i.currentSegment(points);
      path.append(COMMANDS[segment]);
      for (int k = 0; k < COORDINATES[segment]; k++) {
        path.append(k == 0 ? "" : " ").append(number(points[k]));
      }
    }
    return path.toString();
  }

  /** A tenth of a pixel is finer than what is seen; opacities need the second digit. */
  private static String number(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.endsWith(".00") ? text.substring(0, text.length() - 3) : text;
  }

  /** Text as XML allows it: without control characters, which it forbids even as references. */
  private static String escape(String text) {
    return text.replaceAll("[\\p{Cntrl}\\uFFFE\\uFFFF]", "?")
        .replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;");
  }
}
