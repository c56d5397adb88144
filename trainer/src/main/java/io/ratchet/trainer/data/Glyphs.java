package io.ratchet.trainer.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.commons.rng.UniformRandomProvider;
import org.apache.commons.rng.simple.RandomSource;

/**
 * Ten classes of digits, drawn by strokes: the data set that needs no file.
 *
 * <p>Each digit is a few polylines in the unit square (x to the right, y down). An image is one
 * digit under a random shift, size, slant, turn and pen width, on which every pixel then flips with
 * probability {@value #NOISE}. Example i is of class i mod 10, so that any first N are balanced.
 */
final class Glyphs {

  static final int COUNT = 4_000;
  static final int DEFAULT_SIDE = 16;

  /** Below this side, strokes of neighbouring lines touch and digits cannot be told apart. */
  static final int MIN_SIDE = 8;

  static final int MAX_SIDE = 64;

  /** Enough that no pixel is constant over the data, too little to hide a stroke. */
  private static final double NOISE = 0.005;

  /** Segments of a full ellipse: shorter than a pixel at the largest side. */
  private static final int SEGMENTS = 40;

  private static final double[][][] DIGITS = {
    {arc(.5, .5, .27, .4, 0, 360)},
    {{.33, .27, .53, .1, .53, .9}},
    {join(arc(.49, .33, .26, .23, -170, 35), .22, .9), {.22, .9, .8, .9}},
    {arc(.46, .31, .26, .21, -150, 90), arc(.46, .7, .29, .2, -90, 150)},
    {{.63, .9, .63, .1, .18, .65, .84, .65}},
    {{.76, .1, .31, .1, .28, .47}, arc(.47, .65, .29, .25, -132, 145)},
    {{.66, .1, .45, .27, .31, .48, .26, .68}, arc(.5, .68, .24, .22, 0, 360)},
    {{.2, .1, .8, .1, .42, .9}},
    {arc(.5, .3, .21, .2, 0, 360), arc(.5, .7, .26, .2, 0, 360)},
    {arc(.49, .32, .24, .22, 0, 360), {.73, .32, .71, .55, .56, .9}},
  };

  private Glyphs() {}

  static void draw(int side, long seed, Examples into) {
    UniformRandomProvider random = RandomSource.XO_SHI_RO_256_PP.create(seed);
    into.begin("--data " + into.spec(), side * side, side, side, true);
    boolean[] bits = new boolean[side * side];
    for (int n = 0; n < COUNT && !into.full(); n++) {
      int digit = n % DIGITS.length;
      draw(DIGITS[digit], side, random, bits);
      into.add(into.spec(), bits, Integer.toString(digit));
    }
  }

  private static void draw(
      double[][] strokes, int side, UniformRandomProvider random, boolean[] bits) {
    double size = between(random, .78, 1);
    double narrow = between(random, .78, 1) * size;
    double slant = between(random, -.05, .3);
    double turn = between(random, -.12, .12);
    double shiftX = between(random, -.08, .08);
    double shiftY = between(random, -.06, .06);
    double pen = between(random, .045, .085);
    double cos = StrictMath.cos(turn);
    double sin = StrictMath.sin(turn);
    List<double[]> segments = new ArrayList<>();
    for (double[] stroke : strokes) {
      double[] placed = new double[stroke.length];
      for (int p = 0; p < stroke.length; p += 2) {
        double y = (stroke[p + 1] - .5) * size;
        double x = (stroke[p] - .5) * narrow - slant * y;
        placed[p] = .5 + shiftX + cos * x - sin * y;
        placed[p + 1] = .5 + shiftY + sin * x + cos * y;
      }
      for (int p = 0; p + 3 < placed.length; p += 2) {
        segments.add(new double[] {placed[p], placed[p + 1], placed[p + 2], placed[p + 3]});
      }
    }
    for (int i = 0; i < bits.length; i++) {
      int row = i / side;
      double x = (i - row * side + .5) / side;
      double y = (row + .5) / side;
      boolean ink = false;
      for (double[] segment : segments) {
        ink |= squaredDistance(x, y, segment) < pen * pen;
      }
      bits[i] = ink ^ random.nextDouble() < NOISE;
    }
  }

  private static double squaredDistance(double x, double y, double[] segment) {
    double dx = segment[2] - segment[0];
    double dy = segment[3] - segment[1];
    double along = ((x - segment[0]) * dx + (y - segment[1]) * dy) / (dx * dx + dy * dy);
    double t = Math.max(0, Math.min(1, along));
    double ex = segment[0] + t * dx - x;
    double ey = segment[1] + t * dy - y;
    return ex * ex + ey * ey;
  }

  private static double between(UniformRandomProvider random, double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  /** Part of an ellipse, from one angle to another, degrees clockwise from the right. */
  private static double[] arc(double cx, double cy, double rx, double ry, double from, double to) {
    int segments = (int) Math.ceil(SEGMENTS * Math.abs(to - from) / 360);
    double[] points = new double[2 * segments + 2];
    for (int s = 0; s <= segments; s++) {
      double angle = StrictMath.toRadians(from + (to - from) * s / segments);
      points[2 * s] = cx + rx * StrictMath.cos(angle);
      points[2 * s + 1] = cy + ry * StrictMath.sin(angle);
    }
    return points;
  }

  /** A polyline continued through further points. */
  private static double[] join(double[] line, double... further) {
    double[] joined = Arrays.copyOf(line, line.length + further.length);
    System.arraycopy(further, 0, joined, line.length, further.length);
    return joined;
  }
}
