package io.ratchet.cli.analyze;

import io.ratchet.thermodynamics.Currents.Current;
import io.ratchet.thermodynamics.Cycles.Cycle;
import io.ratchet.thermodynamics.Estimate;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Point2D;
import java.awt.geom.Rectangle2D;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A picture of an analysis: the states as a ring of discs, of an area in proportion to their
 * stationary probability, and the net currents as arrows, of a width in proportion to the current.
 * The strongest cycles are coloured. Strong currents run clockwise between neighbours, as far as
 * there is such an order.
 */
public final class CurrentGraph {
  private static final int WIDTH = 1040;
  private static final int HEIGHT = 700;

  /** Centre and radius of the ring. */
  private static final double X = 350;

  private static final double Y = 358;
  private static final double RADIUS = 262;

  /** Left edge of the legend. */
  private static final double LEGEND = 720;

  /** More discs than this cannot be told apart; the states of most current are drawn. */
  private static final int MOST_STATES = 60;

  /** Arrows of less than this share of the strongest only hide the others. */
  private static final double FAINTEST_ARROW = 0.04;

  private static final double WIDEST_ARROW = 18;
  private static final double NARROWEST_ARROW = 0.6;
  private static final double LARGEST_DISC = 44;

  private static final String BACKGROUND = "#ffffff";
  private static final String INK = "#1f2a37";
  private static final String FAINT = "#6b7280";
  private static final String DISC = "#33475b";
  private static final String ARROW = "#8795a5";

  /** Told apart also without red-green vision: vermilion, blue, amber of Okabe and Ito. */
  private static final String[] CYCLES = {"#d55e00", "#0072b2", "#e69f00"};

  private final Analysis analysis;
  private final List<Integer> ring;
  private final List<Current> currents;
  private final double[] law;

  private CurrentGraph(
      Analysis analysis, List<Integer> ring, List<Current> currents, double[] law) {
    this.analysis = analysis;
    this.ring = ring;
    this.currents = currents;
    this.law = law;
  }

  /** The picture of an analysis. */
  public static CurrentGraph of(Analysis analysis) {
    List<Current> all = analysis.currents().strongest();
    double[] law = analysis.stationaryLaw();
    int[] states = drawn(analysis, law);
    List<Current> among = new ArrayList<>();
    for (Current current : all) {
      if (current.value() >= FAINTEST_ARROW * all.get(0).value()
          && Arrays.binarySearch(states, current.from()) >= 0
          && Arrays.binarySearch(states, current.to()) >= 0) {
        among.add(current);
      }
    }
    return new CurrentGraph(analysis, RingOrder.of(states, among), among, law);
  }

  /** The visited states, or those of most current and probability if they are too many. */
  private static int[] drawn(Analysis analysis, double[] law) {
    List<Integer> visited = analysis.visited();
    if (visited.size() <= MOST_STATES) {
      return visited.stream().mapToInt(state -> state).toArray();
    }
    double[] weight = law == null ? new double[analysis.sample().states()] : law.clone();
    Arrays.setAll(weight, state -> 1e-3 * weight[state]); // only decides among equals
    for (Current current : analysis.currents().strongest()) {
      weight[current.from()] += current.value();
      weight[current.to()] += current.value();
    }
    return visited.stream()
        .sorted(Comparator.comparingDouble(state -> -weight[state]))
        .limit(MOST_STATES)
        .mapToInt(state -> state)
        .sorted()
        .toArray();
  }

  /** As an SVG document. */
  public String svg() {
    SvgCanvas canvas = new SvgCanvas(WIDTH, HEIGHT, "Net currents of " + source(), BACKGROUND);
    draw(canvas);
    return canvas.document();
  }

  /** As a PNG file. */
  public byte[] png() {
    PngCanvas canvas = new PngCanvas(WIDTH, HEIGHT, BACKGROUND);
    draw(canvas);
    return canvas.png();
  }

  private void draw(Canvas canvas) {
    for (int rank = currents.size() - 1; rank >= 0; rank--) {
      drawArrow(canvas, currents.get(rank)); // the strongest last, on top
    }
    for (int place = 0; place < ring.size(); place++) {
      drawDisc(canvas, place);
    }
    drawLegend(canvas);
  }

  // The ring

  private double angle(int place) {
    return -Math.PI / 2 + 2 * Math.PI * place / ring.size();
  }

  private static Point2D onRing(double angle, double radius) {
    return new Point2D.Double(X + radius * Math.cos(angle), Y + radius * Math.sin(angle));
  }

  private double discRadius(int state) {
    if (law == null) {
      return 5;
    }
    double largest = Arrays.stream(law).max().orElse(1);
    double between = 2 * RADIUS * Math.sin(Math.PI / Math.max(2, ring.size()));
    double scale = Math.min(LARGEST_DISC, 0.28 * between);
    return Math.max(1.5, scale * Math.sqrt(law[state] / largest));
  }

  private void drawDisc(Canvas canvas, int place) {
    int state = ring.get(place);
    Point2D centre = onRing(angle(place), RADIUS);
    double r = discRadius(state);
    Ellipse2D disc = new Ellipse2D.Double(centre.getX() - r, centre.getY() - r, 2 * r, 2 * r);
    canvas.fill(disc, DISC, 1);
    canvas.outline(disc, BACKGROUND, 1.5);
    String label = shortened(analysis.sample().label(state), 14);
    double size = Math.min(17, Math.max(10, 0.8 * r));
    if (label.length() * 0.62 * size < 1.7 * r) {
      canvas.text(
          label,
          centre.getX(),
          centre.getY() + 0.36 * size,
          size,
          Canvas.Anchor.MIDDLE,
          BACKGROUND,
          true);
      return;
    }
    double outside = ring.size() > 40 ? 10 : 12;
    Point2D at = onRing(angle(place), RADIUS + r + 6 + outside / 2);
    double cos = Math.cos(angle(place));
    canvas.text(
        label,
        at.getX(),
        at.getY() + 0.36 * outside,
        outside,
        cos > 0.3 ? Canvas.Anchor.START : cos < -0.3 ? Canvas.Anchor.END : Canvas.Anchor.MIDDLE,
        INK,
        false);
  }

  // The arrows

  private double arrowWidth(double current) {
    double widest = Math.min(WIDEST_ARROW, 4 + 60.0 / ring.size());
    return Math.max(NARROWEST_ARROW, widest * current / currents.get(0).value());
  }

  /** Rank of the strongest cycle through a current, or the number of colours. */
  private int cycleOf(Current current) {
    List<Cycle> cycles = analysis.cycles() == null ? List.of() : analysis.cycles().strongest();
    for (int rank = 0; rank < Math.min(CYCLES.length, cycles.size()); rank++) {
      List<Integer> states = cycles.get(rank).states();
      int at = states.indexOf(current.from());
      if (at >= 0 && states.get((at + 1) % states.size()) == current.to()) {
        return rank;
      }
    }
    return CYCLES.length;
  }

  private void drawArrow(Canvas canvas, Current current) {
    int from = ring.indexOf(current.from());
    int to = ring.indexOf(current.to());
    double width = arrowWidth(current.value());
    int rank = cycleOf(current);
    boolean coloured = rank < CYCLES.length;
    Path2D arrow =
        arrow(
            curve(angle(from), angle(to)),
            discRadius(current.from()) + 2,
            discRadius(current.to()) + 2,
            width);
    double strength = Math.sqrt(current.value() / currents.get(0).value());
    canvas.fill(arrow, coloured ? CYCLES[rank] : ARROW, coloured ? 0.92 : 0.25 + 0.55 * strength);
  }

  /** Points from one place of the ring to another: along it to a neighbour, else across it. */
  private List<Point2D> curve(double fromAngle, double toAngle) {
    double apart = Math.IEEEremainder(toAngle - fromAngle, 2 * Math.PI);
    double half = Math.abs(apart) / 2;
    boolean neighbours = half < 1.01 * Math.PI / ring.size();
    Point2D start = onRing(fromAngle, RADIUS);
    Point2D control = onRing(fromAngle + apart / 2, 0.55 * RADIUS * Math.cos(half));
    Point2D end = onRing(toAngle, RADIUS);
    List<Point2D> points = new ArrayList<>();
    int steps = 48;
    for (int i = 0; i <= steps; i++) {
      double t = i / (double) steps;
      points.add(
          neighbours
              ? onRing(fromAngle + t * apart, RADIUS)
              : new Point2D.Double(
                  blend(start.getX(), control.getX(), end.getX(), t),
                  blend(start.getY(), control.getY(), end.getY(), t)));
    }
    return points;
  }

  private static double blend(double start, double control, double end, double t) {
    return (1 - t) * (1 - t) * start + 2 * t * (1 - t) * control + t * t * end;
  }

  /** The outline of an arrow along a curve, leaving free what lies within the two radii. */
  private static Path2D arrow(
      List<Point2D> curve, double startRadius, double endRadius, double width) {
    Point2D start = curve.get(0);
    Point2D end = curve.get(curve.size() - 1);
    double free = start.distance(end) - startRadius - endRadius;
    double headLength = Math.min(6 + 1.15 * width, 0.6 * free);
    double headWidth = 5 + 1.5 * width;
    int first = 0;
    while (first < curve.size() - 3 && curve.get(first).distance(start) < startRadius) {
      first++;
    }
    int tip = curve.size() - 1;
    while (tip > first + 2 && curve.get(tip).distance(end) < endRadius) {
      tip--;
    }
    int neck = tip;
    while (neck > first + 1 && curve.get(neck).distance(curve.get(tip)) < headLength) {
      neck--;
    }
    List<Point2D> left = new ArrayList<>();
    List<Point2D> right = new ArrayList<>();
    for (int i = first; i <= neck; i++) {
      Point2D across = across(curve, i);
      left.add(shifted(curve.get(i), across, width / 2));
      right.add(shifted(curve.get(i), across, -width / 2));
    }
    Point2D across = across(curve, neck);
    left.add(shifted(curve.get(neck), across, headWidth / 2));
    right.add(shifted(curve.get(neck), across, -headWidth / 2));

    Path2D path = new Path2D.Double();
    path.moveTo(left.get(0).getX(), left.get(0).getY());
    for (Point2D point : left.subList(1, left.size())) {
      path.lineTo(point.getX(), point.getY());
    }
    path.lineTo(curve.get(tip).getX(), curve.get(tip).getY());
    for (int i = right.size() - 1; i >= 0; i--) {
      path.lineTo(right.get(i).getX(), right.get(i).getY());
    }
    path.closePath();
    return path;
  }

  /** Unit vector across the curve at a point. */
  private static Point2D across(List<Point2D> curve, int index) {
    Point2D before = curve.get(Math.max(0, index - 1));
    Point2D after = curve.get(Math.min(curve.size() - 1, index + 1));
    double length = Math.max(1e-9, before.distance(after));
    return new Point2D.Double(
        -(after.getY() - before.getY()) / length, (after.getX() - before.getX()) / length);
  }

  private static Point2D shifted(Point2D point, Point2D across, double by) {
    return new Point2D.Double(point.getX() + by * across.getX(), point.getY() + by * across.getY());
  }

  // The legend

  private void drawLegend(Canvas canvas) {
    double y = 56;
    canvas.text(source(), LEGEND, y, 17, Canvas.Anchor.START, INK, true);
    y += 24;
    for (String line : facts()) {
      canvas.text(line, LEGEND, y, 12.5, Canvas.Anchor.START, FAINT, false);
      y += 19;
    }
    y += 22;
    y = drawCycles(canvas, y);
    drawScales(canvas, Math.max(y + 20, 470));
  }

  private List<String> facts() {
    Sample sample = analysis.sample();
    Estimate estimate = analysis.estimate();
    List<String> facts = new ArrayList<>();
    facts.add(
        String.format(
            Locale.ROOT,
            "%,d transitions between %,d states",
            sample.counts().transitions(),
            analysis.visited().size()));
    switch (estimate.status()) {
      case INSUFFICIENT -> facts.add("no transitions: nothing to draw");
      case FROZEN -> facts.add("frozen: too few jumps to say anything");
      default -> {
        facts.add(
            (estimate.status() == Estimate.Status.LOWER_BOUND
                    ? "entropy production at least "
                    : "entropy production ")
                + Figures.of(estimate.value().orElseThrow()));
        facts.add("nats per transition");
        if (estimate.lower().isPresent()) {
          facts.add(Figures.interval(estimate));
        }
      }
    }
    if (analysis.reversibility().pValue().isPresent() && estimate.isValid()) {
      facts.add(
          "reversible: " + Figures.probability(analysis.reversibility().pValue().getAsDouble()));
    }
    return facts;
  }

  private double drawCycles(Canvas canvas, double top) {
    double y = top;
    List<Cycle> cycles = analysis.cycles() == null ? List.of() : analysis.cycles().strongest();
    if (cycles.isEmpty() || currents.isEmpty()) {
      canvas.text("no cycles", LEGEND, y, 13, Canvas.Anchor.START, INK, true);
      return y + 20;
    }
    canvas.text("strongest cycles", LEGEND, y, 13, Canvas.Anchor.START, INK, true);
    for (int rank = 0; rank < Math.min(CYCLES.length, cycles.size()); rank++) {
      Cycle cycle = cycles.get(rank);
      y += 28;
      canvas.fill(new Rectangle2D.Double(LEGEND, y - 11, 14, 14), CYCLES[rank], 1);
      StringBuilder states = new StringBuilder();
      for (int state : cycle.states()) {
        states.append(analysis.sample().label(state)).append(" → ");
      }
      states.append(analysis.sample().label(cycle.states().get(0)));
      canvas.text(
          shortened(states.toString(), 36), LEGEND + 24, y, 12.5, Canvas.Anchor.START, INK, false);
      y += 18;
      canvas.text(
          "flux "
              + Figures.of(cycle.weight())
              + ", affinity "
              + Figures.of(cycle.affinity())
              + " nats",
          LEGEND + 24,
          y,
          11.5,
          Canvas.Anchor.START,
          FAINT,
          false);
    }
    if (analysis.cycles().total() > CYCLES.length) {
      y += 24;
      canvas.text(
          String.format(Locale.ROOT, "%d of %,d cycles", CYCLES.length, analysis.cycles().total()),
          LEGEND,
          y,
          11.5,
          Canvas.Anchor.START,
          FAINT,
          false);
    }
    return y;
  }

  private void drawScales(Canvas canvas, double top) {
    double y = top;
    if (!currents.isEmpty()) {
      canvas.text("scale", LEGEND, y, 13, Canvas.Anchor.START, INK, true);
      double strongest = currents.get(0).value();
      for (double current : new double[] {strongest, strongest / 4}) {
        y += 30;
        List<Point2D> line = new ArrayList<>();
        for (int i = 0; i <= 64; i++) {
          line.add(new Point2D.Double(LEGEND + i, y - 4));
        }
        canvas.fill(arrow(line, 0, 0, arrowWidth(current)), ARROW, 0.8);
        canvas.text(
            Figures.of(current) + " net, per transition",
            LEGEND + 80,
            y,
            11.5,
            Canvas.Anchor.START,
            FAINT,
            false);
      }
    }
    if (law != null && !ring.isEmpty()) {
      int likeliest = 0;
      for (int state : ring) {
        likeliest = law[state] > law[likeliest] ? state : likeliest;
      }
      double r = discRadius(likeliest);
      y += 16 + r;
      canvas.fill(
          new Ellipse2D.Double(LEGEND + Math.max(32, r) - r, y - 4 - r, 2 * r, 2 * r), DISC, 1);
      canvas.text(
          Figures.of(law[likeliest]) + " stationary probability",
          LEGEND + Math.max(80, 2 * r + 10),
          y,
          11.5,
          Canvas.Anchor.START,
          FAINT,
          false);
    }
    canvas.outline(new Line2D.Double(LEGEND, HEIGHT - 44, WIDTH - 40, HEIGHT - 44), "#e5e7eb", 1);
    canvas.text(omitted(), LEGEND, HEIGHT - 26, 10.5, Canvas.Anchor.START, FAINT, false);
  }

  /** What the picture leaves out. */
  private String omitted() {
    int visited = analysis.visited().size();
    return String.format(
        Locale.ROOT,
        "drawn: %,d of %,d currents, %,d of %,d states",
        currents.size(),
        analysis.currents().total(),
        ring.size(),
        visited);
  }

  private String source() {
    String name = analysis.sample().source();
    return shortened(name.substring(name.lastIndexOf('/') + 1), 28);
  }

  private static String shortened(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length - 1) + "…";
  }
}
