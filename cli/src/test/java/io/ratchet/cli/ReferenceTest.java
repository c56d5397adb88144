package io.ratchet.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ScopeType;

/** The reference is what the program says of itself; here it is made, and held to the files. */
class ReferenceTest {
  private static final String WRITE = "ratchet.reference.write";
  private static final String REMEDY =
      "Write it anew: mvn -pl cli -am test -Dtest=ReferenceTest"
          + " -Dsurefire.failIfNoSpecifiedTests=false -D"
          + WRITE
          + "=true";

  private final CommandLine root = new CommandLine(new Ratchet());

  @Test
  void commands_areThoseOfTheCommandLine() throws IOException {
    StringBuilder page =
        new StringBuilder(
            """
            # Commands

            Made from the program's own descriptions by `ReferenceTest`, which fails when this page is out of date; `ratchet COMMAND
            --help` says the same. Data go to standard output, talk to standard error; `-` is standard input or output.

            Exit codes: 0 done; 1 failed at run time; 2 wrong usage or unusable input; 3 a verification did not hold; 69 a service could not
            be reached in time; 130 and 143 on SIGINT and SIGTERM, after flushing.

            """);
    command(root.getCommandSpec(), page);
    hold("commands.md", page);
  }

  @Test
  void settings_areThoseOfTheCatalogue() throws IOException {
    Map<String, SortedSet<String>> takers = new TreeMap<>();
    takers(root.getCommandSpec(), takers);
    StringBuilder page =
        new StringBuilder(
            """
            # Settings

            Made from the options by `ReferenceTest`, which fails when this page is out of date. A setting comes from the flag, else from its
            variable in the environment, else from its key in the file of `--config` (`key=value` a line), else it has its default.
            `ratchet config show --origin` prints what is in effect, and from where. An unknown key is an error. Options that only direct one
            call, such as `--out`, are no settings; they stand in [commands](commands.md).

            | key | variable | default | of | what |
            |---|---|---|---|---|
            """);
    Settings.read(root, Map.of())
        .catalogue()
        .forEach(
            (key, option) ->
                row(
                    page,
                    code(key),
                    code(Settings.variable(key)),
                    option.defaultValue() == null ? "" : code(option.defaultValue()),
                    isOfAll(option) ? "every command" : String.join(", ", takers.get(key)),
                    text(option.description())));
    hold("settings.md", page);
  }

  private static void hold(String name, StringBuilder page) throws IOException {
    Path file = Documentation.ROOT.resolve("docs/reference").resolve(name);
    if (Boolean.getBoolean(WRITE)) {
      Files.writeString(file, page);
    }
    assertThat(Files.readString(file)).as(REMEDY).isEqualTo(page.toString());
  }

  private static void command(CommandSpec command, StringBuilder page) {
    page.append("## ").append(command.qualifiedName()).append("\n\n");
    page.append(text(command.usageMessage().description())).append("\n\n");
    if (!command.subcommands().isEmpty()) {
      List<String> names = new ArrayList<>();
      for (String name : command.subcommands().keySet()) {
        String heading = command.qualifiedName() + " " + name;
        names.add("[" + name + "](#" + heading.replace(' ', '-') + ")");
      }
      page.append("Subcommands: ").append(String.join(", ", names)).append(".\n\n");
    }
    StringBuilder rows = new StringBuilder();
    for (PositionalParamSpec parameter : command.positionalParameters()) {
      row(rows, code(parameter.paramLabel()), "", text(parameter.description()));
    }
    List<OptionSpec> options = new ArrayList<>(command.options());
    options.sort(
        Comparator.comparing(OptionSpec::longestName)); // the JVM may list them in any order
    for (OptionSpec option : options) {
      if (command.parent() == null || !isOfAll(option)) {
        row(
            rows,
            code(String.join(", ", option.names())),
            isFlag(option) ? "" : code(option.paramLabel()),
            text(option.description()));
      }
    }
    if (!rows.isEmpty()) {
      page.append("| option | takes | what |\n|---|---|---|\n").append(rows).append('\n');
    }
    command.subcommands().values().forEach(each -> command(each.getCommandSpec(), page));
  }

  private static void takers(CommandSpec command, Map<String, SortedSet<String>> takers) {
    for (OptionSpec option : command.options()) {
      String key = option.longestName().substring("--".length());
      String name = command.qualifiedName().replaceFirst("^ratchet ?", "");
      takers.computeIfAbsent(key, each -> new TreeSet<>()).add(name);
    }
    command.subcommands().values().forEach(each -> takers(each.getCommandSpec(), takers));
  }

  private static boolean isOfAll(OptionSpec option) {
    return option.scopeType() == ScopeType.INHERIT || option.usageHelp() || option.versionHelp();
  }

  private static boolean isFlag(ArgSpec option) {
    return option.arity().max() == 0;
  }

  private static void row(StringBuilder page, String... cells) {
    page.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }

  private static String code(String text) {
    return "`" + text.replace("|", "\\|") + "`";
  }

  /** The lines of a description as one paragraph, in which Markdown sees no markup. */
  private static String text(String... lines) {
    return String.join(" ", lines)
        .replaceAll("\\s+", " ")
        .strip()
        .replace("|", "\\|")
        .replace("<", "&lt;")
        .replaceAll("([*_])", "\\\\$1");
  }
}
