package io.ratchet.cli.analyze;

import java.awt.Shape;

/** What a picture is drawn on; lengths in pixels, y downwards, colours as #rrggbb. */
interface Canvas {
  /** Where a text stands beside its point. */
  enum Anchor {
    START,
    MIDDLE,
    END
  }

  void fill(Shape shape, String color, double opacity);

  void outline(Shape shape, String color, double width);

  /**
   * Writes one line.
   *
   * @param y of the base line
   */
  void text(
      String text, double x, double y, double size, Anchor anchor, String color, boolean bold);
}
