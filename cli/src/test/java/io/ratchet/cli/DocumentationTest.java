package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** What the pages say exists: every file they link, every command and option they name. */
class DocumentationTest {
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  /** A command line in a block, with or without the dot and slash, up to what is the shell's. */
  private static final Pattern COMMAND =
      Pattern.compile("^(?:    )?(?:\\./)?ratchet (.+?)(?:\\s+[|>#&;].*)?$", Pattern.MULTILINE);

  @Test
  void everyLink_leadsToAFile() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : Documentation.pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        String target = link.group(1).replaceFirst("#.*", "");
        if (!target.isEmpty()
            && !target.contains("://")
            && !Files.exists(page.resolveSibling(target))) {
          broken.add(Documentation.ROOT.relativize(page) + ": " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void everyCommandLine_isTheCommandLines() throws IOException {
    List<String> wrong = new ArrayList<>();
    int parsed = 0;
    for (Path page : Documentation.pages()) {
      Matcher command = COMMAND.matcher(Files.readString(page).replace("\\\n", " "));
      while (command.find()) {
        String line = command.group(1).strip();
        if (line.matches(".*(\\.\\.\\.|\\[|\\b[A-Z]{1,}\\b|\").*")) {
          continue; // with a placeholder or a quotation: not meant to be typed as it is
        }
        parsed++;
        try {
          CommandLine unused = parse(line);
        } catch (ParameterException e) {
          wrong.add(Documentation.ROOT.relativize(page) + ": " + line + ": " + e.getMessage());
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(parsed).isGreaterThan(40);
  }

  private static CommandLine parse(String line) {
    CommandLine commandLine = new CommandLine(new Ratchet());
    commandLine.parseArgs(line.split("\\s+"));
    return commandLine;
  }
}
