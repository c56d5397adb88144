package io.ratchet.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A program of this package's resources in a Python process: a question a line, an answer a line.
 */
final class NumpyProgram implements AutoCloseable {
  private final Path script;
  private final Path data;
  private final Process process;
  private final BufferedReader answers;
  private final PrintStream questions;
  private final List<String> greeting;

  /**
   * Starts it.
   *
   * @param python path of a Python with NumPy
   * @param resource name of the program, which greets with a line that begins with NumPy's version
   * @param bytes what it finds in the file named by its first argument
   * @param arguments its other arguments
   */
  NumpyProgram(String python, String resource, byte[] bytes, int... arguments) throws IOException {
    script = Files.createTempFile("ratchet", ".py");
    data = Files.createTempFile("ratchet", ".data");
    try (InputStream source = NumpyProgram.class.getResourceAsStream(resource)) {
      Files.write(script, source.readAllBytes());
    }
    Files.write(data, bytes);
    List<String> command = new ArrayList<>(List.of(python, script.toString(), data.toString()));
    Arrays.stream(arguments).mapToObj(Integer::toString).forEach(command::add);
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    questions = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    greeting = List.of(read().split(" "));
  }

  /** Version of NumPy. */
  String version() {
    return greeting.get(0);
  }

  /** What the greeting holds besides. */
  List<String> names() {
    return greeting.subList(1, greeting.size());
  }

  String ask(String question) {
    questions.println(question);
    return read();
  }

  private String read() {
    try {
      String line = answers.readLine();
      if (line == null) {
        throw new IllegalStateException("the NumPy process has ended");
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    Files.delete(script);
    Files.delete(data);
  }
}
