package io.ratchet.cli;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The arrows between the parts, which go one way; module poms ban the same by artifact. */
class ArchitectureTest {
  private static final JavaClasses RATCHET =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.ratchet");

  private static final String SCHEMAS = "io.ratchet.schema..";
  private static final String THERMODYNAMICS = "io.ratchet.thermodynamics..";
  private static final String TRAINER = "io.ratchet.trainer..";
  private static final String STREAM = "io.ratchet.stream..";
  private static final String BROKER = "io.ratchet.broker..";
  private static final String CLI = "io.ratchet.cli..";

  /** Without this, a rule about a package that was renamed would hold for ever. */
  @Test
  void everyPartIsLookedAt() {
    for (String part : new String[] {SCHEMAS, THERMODYNAMICS, TRAINER, STREAM, BROKER, CLI}) {
      assertThat(RATCHET.that(resideInAPackage(part))).as(part).isNotEmpty();
    }
    for (String stage :
        new String[] {"data", "model", "dynamics", "learning", "publish", "checkpoint"}) {
      assertThat(RATCHET.that(resideInAPackage("io.ratchet.trainer." + stage)))
          .as(stage)
          .isNotEmpty();
    }
  }

  @Test
  void schemas_dependOnNoOtherPart() {
    mayNotUse(SCHEMAS, THERMODYNAMICS, TRAINER, STREAM, BROKER, CLI);
  }

  @Test
  void thermodynamics_isPureMathematics() {
    mayNotUse(THERMODYNAMICS, SCHEMAS, TRAINER, STREAM, BROKER, CLI);
    classes()
        .that()
        .resideInAPackage(THERMODYNAMICS)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(
                THERMODYNAMICS,
                "java..",
                "org.ejml..",
                "org.apache.commons.rng..",
                "org.apache.commons.numbers..",
                "org.apache.commons.statistics.."))
        .check(RATCHET);
  }

  @Test
  void trainer_knowsNeitherStreamNorBroker() {
    mayNotUse(TRAINER, STREAM, BROKER, CLI);
  }

  @Test
  void stream_knowsNeitherTrainerNorBroker() {
    mayNotUse(STREAM, TRAINER, BROKER, CLI);
  }

  @Test
  void broker_dependsOnNoOtherPart() {
    mayNotUse(BROKER, SCHEMAS, THERMODYNAMICS, TRAINER, STREAM, CLI);
  }

  @Test
  void kafkaClients_areUsedInTheTrainerByPublishAlone() {
    noClasses()
        .that()
        .resideInAPackage(TRAINER)
        .and()
        .resideOutsideOfPackage("io.ratchet.trainer.publish..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.kafka..")
        .check(RATCHET);
  }

  @Test
  void prometheusClient_isUsedByOneExporterClassAlone() {
    Set<String> users = new TreeSet<>();
    for (JavaClass each : RATCHET) {
      boolean uses =
          each.getDirectDependenciesFromSelf().stream()
              .anyMatch(d -> d.getTargetClass().getPackageName().startsWith("io.prometheus"));
      if (uses) {
        users.add(each.getName().replaceFirst("\\$.*", ""));
      }
    }
    assertThat(users).hasSize(1);
    assertThat(users.iterator().next()).startsWith("io.ratchet.stream.export.");
  }

  @Test
  void avro_neverEntersTheMathematics() {
    noClasses()
        .that()
        .resideInAnyPackage(
            THERMODYNAMICS,
            "io.ratchet.trainer.data..",
            "io.ratchet.trainer.model..",
            "io.ratchet.trainer.dynamics..",
            "io.ratchet.trainer.learning..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.apache.avro..", SCHEMAS)
        .check(RATCHET);
  }

  @Test
  void standardOutput_belongsToTheCommandLine() {
    noClasses()
        .that()
        .resideOutsideOfPackage(CLI)
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(RATCHET);
  }

  @Test
  void packagesAreNamedByTheirSubject() {
    noClasses()
        .should()
        .resideInAnyPackage(
            "..common..",
            "..core..",
            "..util..",
            "..impl..",
            "..helper..",
            "..service..",
            "..dto..")
        .check(RATCHET.that(resideInAPackage("io.ratchet..")));
  }

  private static void mayNotUse(String part, String... others) {
    noClasses()
        .that()
        .resideInAPackage(part)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(others)
        .check(RATCHET);
  }
}
