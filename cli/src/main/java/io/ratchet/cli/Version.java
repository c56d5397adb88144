package io.ratchet.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Version and commit of this build, and the JDK that runs it. */
final class Version implements IVersionProvider {
  private final Properties build = new Properties();

  Version() {
    try (InputStream in = Version.class.getResourceAsStream("build.properties")) {
      build.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String version() {
    return build.getProperty("version");
  }

  /** The commit that the program was built from, "unknown" outside the launcher's builds. */
  String commit() {
    return build.getProperty("commit");
  }

  /** What a checkpoint says of the program that wrote it. */
  String build() {
    return version() + " " + commit();
  }

  String jdk() {
    return Runtime.version() + " (" + System.getProperty("java.vm.vendor") + ")";
  }

  @Override
  public String[] getVersion() {
    return new String[] {"ratchet " + version(), "commit " + commit(), "JDK " + jdk()};
  }
}
