package io.ratchet.trainer.data;

import io.ratchet.trainer.InputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Collects the examples of a data set while it is read: selects by label, stops at the limit. */
final class Examples {

  /** Class 255 means "none" in the published records. */
  private static final int MAX_CLASSES = 255;

  private final String spec;
  private final Set<String> selected;

  /** What of {@link #selected} no example has had so far. */
  private final Set<String> missing = new TreeSet<>(BY_NUMBER_THEN_TEXT);

  private final int limit;
  private final List<String> labels = new ArrayList<>();
  private final Map<String, String> interned = new HashMap<>();
  private BitRows rows;
  private long[] words;
  private int width;
  private int height;
  private boolean labelled;

  /**
   * Nothing yet.
   *
   * @param digits labels to keep, or null for all
   */
  Examples(String spec, int[] digits, int limit) {
    this.spec = spec;
    this.limit = limit;
    if (digits == null) {
      selected = null;
    } else {
      selected = new HashSet<>();
      for (int digit : digits) {
        selected.add(Integer.toString(digit));
      }
      missing.addAll(selected);
    }
  }

  String spec() {
    return spec;
  }

  /**
   * Must be called once, before the first row.
   *
   * @param where what to name in an error: option or file
   */
  void begin(String where, int visible, int width, int height, boolean labelled) {
    if (visible < 1 || visible > BitRows.MAX_VISIBLE) {
      throw new InputException(
          where + ": " + visible + " units an example, allowed: 1 to " + BitRows.MAX_VISIBLE);
    }
    if (selected != null && !labelled) {
      throw new InputException("--digits: " + where + " has no labels to select by");
    }
    this.rows = new BitRows(visible);
    this.words = new long[BitRows.words(visible)];
    this.width = width;
    this.height = height;
    this.labelled = labelled;
  }

  /** Whether no further example is needed: enough are kept, and every selected label was seen. */
  boolean full() {
    return rows.size() >= limit && missing.isEmpty();
  }

  /**
   * Adds one example, unless its label is not selected or enough are kept; {@code label} is null
   * when unlabelled.
   */
  void add(String where, boolean[] bits, String label) {
    if (selected != null && !selected.contains(label)) {
      return;
    }
    missing.remove(label);
    if (rows.size() >= limit) {
      return;
    }
    if (labelled) {
      String name = interned.computeIfAbsent(label, text -> text);
      if (interned.size() > MAX_CLASSES) {
        throw new InputException(
            where
                + ": '"
                + label
                + "' is label "
                + interned.size()
                + ", allowed: at most 255 labels");
      }
      labels.add(name);
    }
    Arrays.fill(words, 0);
    for (int i = 0; i < bits.length; i++) {
      if (bits[i]) {
        words[i >>> 6] |= 1L << i;
      }
    }
    rows.append(words, 0);
  }

  DataSet finish() {
    if (!missing.isEmpty()) {
      throw new InputException(
          "--digits: "
              + String.join(",", missing)
              + ", allowed: labels that examples of --data "
              + spec
              + " have");
    }
    if (!labelled) {
      return new DataSet(spec, rows, width, height, null, List.of());
    }
    List<String> names = new ArrayList<>(interned.keySet());
    Collections.sort(names, BY_NUMBER_THEN_TEXT);
    Map<String, Byte> numbers = new HashMap<>();
    for (int c = 0; c < names.size(); c++) {
      numbers.put(names.get(c), (byte) c);
    }
    byte[] classes = new byte[labels.size()];
    for (int r = 0; r < classes.length; r++) {
      classes[r] = numbers.get(labels.get(r));
    }
    return new DataSet(spec, rows, width, height, classes, names);
  }

  private static final Comparator<String> BY_NUMBER_THEN_TEXT =
      Comparator.<String>comparingInt(text -> number(text) ? 0 : 1)
          .thenComparing(text -> number(text) ? Integer.parseInt(text) : 0)
          .thenComparing(Comparator.naturalOrder());

  private static boolean number(String text) {
    return text.matches("[0-9]{1,9}");
  }
}
