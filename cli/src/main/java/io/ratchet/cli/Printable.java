package io.ratchet.cli;

import java.util.Locale;

/**
 * Text of a record as a terminal may see it: anyone may have written the record, and a terminal
 * obeys what it is shown.
 */
final class Printable {
  private Printable() {}

  /**
   * The text on one line, with every character that moves the cursor, begins an escape sequence,
   * ends a line or turns the direction of writing as a backslash, u and four hexadecimal digits;
   * inside a JSON string that is the same text.
   */
  static String of(String text) {
    int first = 0;
    while (first < text.length() && !isActive(text, first)) {
      first++;
    }
    if (first == text.length()) {
      return text;
    }
    StringBuilder shown = new StringBuilder(text.substring(0, first));
    for (int i = first; i < text.length(); i++) {
      if (isActive(text, i)) {
        shown.append(String.format(Locale.ROOT, "\\u%04x", (int) text.charAt(i)));
      } else {
        shown.append(text.charAt(i));
      }
    }
    return shown.toString();
  }

  private static boolean isActive(String text, int at) {
    char c = text.charAt(at);
    if (Character.isSurrogate(c)) { // half of a character is none
      boolean paired =
          Character.isHighSurrogate(c)
              ? at + 1 < text.length() && Character.isLowSurrogate(text.charAt(at + 1))
              : at > 0 && Character.isHighSurrogate(text.charAt(at - 1));
      return !paired;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
