package io.ratchet.cli;

import static org.apache.kafka.common.acl.AclOperation.fromString;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** The rights that docs/operations.md gives to each part: its table, and its commands. */
final class Acls {
  private static final Path PAGE = Documentation.ROOT.resolve("docs/operations.md");

  private static final Pattern ROW =
      Pattern.compile(
          "\\| (\\w+) \\| (\\w+) \\| (topic|group|transactional-id) `([^`*]+)(\\*?)` \\| .* \\|");

  private Acls() {}

  /**
   * One row: what one part may do.
   *
   * @param part who: admin, trainer, worker, stream or reader
   * @param operation in Kafka's word
   * @param type topic, group or transactional-id
   * @param name of the resource
   * @param prefixed whether of all whose names begin so
   */
  record Right(String part, String operation, String type, String name, boolean prefixed) {
    AclBinding binding() {
      return new AclBinding(
          new ResourcePattern(
              ResourceType.fromString(type.replace('-', '_')),
              name,
              prefixed ? PatternType.PREFIXED : PatternType.LITERAL),
          new AccessControlEntry(
              "User:" + part, "*", fromString(operation), AclPermissionType.ALLOW));
    }

    void grant(Admin admin) throws InterruptedException, ExecutionException {
      admin.createAcls(List.of(binding())).all().get();
    }

    void revoke(Admin admin) throws InterruptedException, ExecutionException {
      if (admin.deleteAcls(List.of(binding().toFilter())).all().get().size() != 1) {
        throw new AssertionError("not granted: " + this);
      }
    }
  }

  /** The rows of the table. */
  static List<Right> ofTable() throws IOException {
    List<Right> rights = new ArrayList<>();
    for (String line : Files.readAllLines(PAGE)) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        rights.add(
            new Right(
                row.group(1), row.group(2), row.group(3), row.group(4), !row.group(5).isEmpty()));
      }
    }
    return rights;
  }

  /** What the calls of kafka-acls.sh grant: each operation of a line on each resource of it. */
  static Set<Right> ofCommands() throws IOException {
    Set<Right> rights = new LinkedHashSet<>();
    for (String line : Files.readAllLines(PAGE)) {
      if (line.strip().startsWith("acls --add ")) {
        String[] words = line.strip().split(" ", -1);
        List<String> operations = values(words, "--operation");
        String part = values(words, "--allow-principal").get(0).replace("User:", "");
        boolean prefixed = values(words, "--resource-pattern-type").contains("prefixed");
        for (String type : List.of("topic", "group", "transactional-id")) {
          for (String name : values(words, "--" + type)) {
            operations.forEach(
                operation -> rights.add(new Right(part, operation, type, name, prefixed)));
          }
        }
      }
    }
    return rights;
  }

  private static List<String> values(String[] words, String option) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i + 1 < words.length; i++) {
      if (words[i].equals(option)) {
        values.add(words[i + 1]);
      }
    }
    return values;
  }
}
