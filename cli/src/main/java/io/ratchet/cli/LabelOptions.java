package io.ratchet.cli;

import io.ratchet.schema.Run;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** What a person writes on a run to find it again; no number depends on it. */
final class LabelOptions {
  /** What the page can search for and show in a row of tags, and a shell takes unquoted. */
  private static final Pattern TAG = Pattern.compile("[\\p{L}\\p{N}][\\p{L}\\p{N}._:=/+-]{0,62}");

  private static final int MOST_TAGS = 20;
  private static final int LONGEST_NOTE = 4_000;

  @Option(
      names = "--tag",
      paramLabel = "TAG",
      split = ",",
      description =
          "A word to find the run by on the page; may be given several times. Of a resumed run: instead"
              + " of those that it has.")
  private List<String> tags = List.of();

  @Option(
      names = "--note",
      paramLabel = "TEXT",
      description = "What a reader of the run should know. Of a resumed run: instead of its own.")
  private String note;

  /** Refuses what the page could not show. */
  void check() {
    if (tags.size() > MOST_TAGS) {
      throw Check.refused("--tag", tags.size() + " tags", "allowed: at most " + MOST_TAGS);
    }
    for (String tag : tags) {
      if (!TAG.matcher(tag).matches()) {
        throw Check.refused(
            "--tag",
            tag,
            "allowed: 1 to 63 letters, digits and . _ : = / + -, a letter or digit first");
      }
    }
    if (note != null && note.length() > LONGEST_NOTE) {
      throw Check.refused(
          "--note", note.length() + " characters", "allowed: at most " + LONGEST_NOTE);
    }
    if (note != null && note.chars().anyMatch(c -> Character.isISOControl(c) && c != '\n')) {
      throw Check.refused("--note", note, "allowed: text without control characters");
    }
  }

  /**
   * Writes them on the record of a run.
   *
   * @param before the run's record so far, whose labels stay where none are given
   */
  void label(Run.Builder run, Optional<Run> before) {
    run.setTags(
        tags.isEmpty()
            ? before.map(Run::getTags).orElse(List.of())
            : tags.stream().distinct().toList());
    run.setNotes(note == null ? before.map(Run::getNotes).orElse("") : note);
  }
}
