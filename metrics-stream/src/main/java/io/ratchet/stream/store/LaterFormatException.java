package io.ratchet.stream.store;

/**
 * State in a format that this program does not know yet, because a later version of it wrote it.
 * Nothing is damaged, and building the state again would not help: the changelogs have the same.
 */
public final class LaterFormatException extends IllegalStateException {
  private static final long serialVersionUID = 1L;

  /**
   * Says what was found.
   *
   * @param what where it stands, as the beginning of a sentence
   * @param format its number
   * @param newest the newest that this program knows
   */
  public LaterFormatException(String what, long format, long newest) {
    super(
        "%s has format %d, and this version of Ratchet knows 1 to %d: a later version wrote it and can go on with it; nothing was changed"
            .formatted(what, format, newest));
  }
}
