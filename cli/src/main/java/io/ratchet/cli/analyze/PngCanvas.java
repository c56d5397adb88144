package io.ratchet.cli.analyze;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import javax.imageio.ImageIO;

/** Draws pixels without a display, two for each unit of length. */
final class PngCanvas implements Canvas {
  private static final int SCALE = 2;

  private final BufferedImage image;
  private final Graphics2D graphics;

  PngCanvas(int width, int height, String background) {
    System.setProperty("java.awt.headless", "true");
    image = new BufferedImage(SCALE * width, SCALE * height, BufferedImage.TYPE_INT_RGB);
    graphics = image.createGraphics();
    graphics.scale(SCALE, SCALE);
    graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    graphics.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
    fill(new Rectangle2D.Double(0, 0, width, height), background, 1);
  }

  /** The image file. */
  byte[] png() {
    graphics.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // cannot be: it goes to memory
    }
    return out.toByteArray();
  }

  @Override
  public void fill(Shape shape, String color, double opacity) {
    Color opaque = Color.decode(color);
    graphics.setColor(
        new Color(
            opaque.getRed(), opaque.getGreen(), opaque.getBlue(), (int) Math.round(255 * opacity)));
    graphics.fill(shape);
  }

  @Override
  public void outline(Shape shape, String color, double width) {
    graphics.setColor(Color.decode(color));
    graphics.setStroke(new BasicStroke((float) width));
    graphics.draw(shape);
  }

  @Override
  public void text(
      String text, double x, double y, double size, Anchor anchor, String color, boolean bold) {
    Font font = new Font(Font.SANS_SERIF, bold ? Font.BOLD : Font.PLAIN, 1);
    graphics.setFont(font.deriveFont((float) size));
    graphics.setColor(Color.decode(color));
    double width =
        graphics.getFont().getStringBounds(text, graphics.getFontRenderContext()).getWidth();
    double left = anchor == Anchor.START ? x : anchor == Anchor.END ? x - width : x - width / 2;
    graphics.drawString(text, (float) left, (float) y);
  }
}
