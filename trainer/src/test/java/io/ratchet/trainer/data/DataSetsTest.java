package io.ratchet.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.trainer.InputException;
import io.ratchet.trainer.learning.ClassReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.rng.simple.RandomSource;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DataSetsTest {

  private static final int ALL = Integer.MAX_VALUE;

  @TempDir private Path directory;

  @Test
  void glyphs_areTenBalancedClassesThatCanBeRead() {
    DataSet glyphs = DataSets.load("glyphs", null, ALL, 1);

    assertThat(glyphs.size()).isEqualTo(4_000);
    assertThat(glyphs.width()).isEqualTo(16);
    assertThat(glyphs.height()).isEqualTo(16);
    assertThat(glyphs.classNames())
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");
    assertThat(glyphs.classShares()).containsOnly(0.1);
    ClassReader reader = ClassReader.fit(glyphs, RandomSource.XO_SHI_RO_256_PP.create(1L));
    assertThat(reader.accuracy()).isBetween(0.9, 0.9999);
  }

  @Test
  void glyphs_areTheSameForTheSameSeedOnly() {
    String digest = DataSets.load("glyphs", null, ALL, 1).digest();
    assertThat(DataSets.load("glyphs:16", null, ALL, 1).digest()).isEqualTo(digest).hasSize(64);
    assertThat(DataSets.load("glyphs", null, ALL, 2).digest()).isNotEqualTo(digest);
    assertThat(DataSets.load("glyphs:8", null, ALL, 1).visible()).isEqualTo(64);
  }

  @Test
  void digitsAndLimit_selectTheFirstOfTheseLabels() {
    DataSet some = DataSets.load("glyphs", new int[] {7, 3}, 25, 1);
    assertThat(some.size()).isEqualTo(25);
    assertThat(some.classNames()).containsExactly("3", "7");
    assertThat(some.label(0)).isZero();
    assertThat(some.label(1)).isEqualTo(1);
    assertThat(DataSets.load("glyphs", new int[] {7, 3}, 1, 1).classNames()).containsExactly("3");
  }

  @Test
  void idx_isReadPlainOrCompressed_above127Is1() throws IOException {
    byte[] images = idx(0x803, new int[] {2, 1, 3}, 0, 127, 128, 255, 1, 200);
    byte[] labels = idx(0x801, new int[] {2}, 4, 9);
    String plain = "idx:" + file("i", images) + "," + file("l", labels);
    String packed = "idx:" + file("i.gz", gzip(images)) + "," + file("l.bin", gzip(labels));

    DataSet data = DataSets.load(plain, null, ALL, 1);

    assertThat(ones(data, 0)).isEqualTo("2");
    assertThat(ones(data, 1)).isEqualTo("0 2");
    assertThat(data.classNames()).containsExactly("4", "9");
    assertThat(data.width()).isEqualTo(3);
    assertThat(data.digest()).isEqualTo(DataSets.load(packed, null, ALL, 1).digest());
    assertThat(DataSets.load("idx:" + directory.resolve("i"), null, ALL, 1).labelled()).isFalse();
  }

  @Test
  void idx_thatIsWrong_isRefusedWithFileValueAndWhatIsAllowed() throws IOException {
    byte[] images = idx(0x803, new int[] {2, 1, 3}, 0, 127, 128, 255, 1, 200);
    Path good = file("good", images);
    refused("idx:" + directory.resolve("none")).hasMessageContaining("none: no such file");
    refused("idx:" + directory).hasMessageContaining("is a directory");
    refused("idx:").hasMessageContaining("allowed: glyphs[:SIDE], idx:IMAGES[,LABELS]");
    refused("idx:a,b,c").hasMessageContaining("idx:a,b,c");
    refused("idx:" + file("empty", new byte[0]))
        .hasMessageContaining("ends inside the header, at its magic number");
    refused("idx:" + file("text", "hello, world".getBytes(StandardCharsets.UTF_8)))
        .hasMessageContaining("magic number 0x68656c6c, allowed: 0x00000803");
    refused("idx:" + file("short", Arrays.copyOf(images, 10)))
        .hasMessageContaining("ends inside the header, at its rows");
    refused("idx:" + file("cut", Arrays.copyOf(images, images.length - 1)))
        .hasMessageContaining("truncated: ends inside image 2, allowed: all 2");
    refused("idx:" + file("cut.gz", Arrays.copyOf(gzip(images), 30)))
        .hasMessageContaining("cut.gz: truncated: its gzip stream is cut");
    refused("idx:" + file("long", Arrays.copyOf(images, images.length + 1)))
        .hasMessageContaining("has bytes after its 2 images");
    refused("idx:" + file("negative", idx(0x803, new int[] {-1, 1, 3})))
        .hasMessageContaining("number of images -1, allowed: 0 to");
    refused("idx:" + file("none-inside", idx(0x803, new int[] {0, 1, 3})))
        .hasMessageContaining("no examples");
    // A header that claims two billion images of 16,384 pixels allocates one image.
    refused("idx:" + file("huge", idx(0x803, new int[] {ALL, 128, 128}, 1)))
        .hasMessageContaining("truncated: ends inside image 1");
    refused("idx:" + file("wide", idx(0x803, new int[] {1, 16_384, 16_384})))
        .hasMessageContaining("16384 x 16384 pixels, allowed: at most 16384 pixels");
    refused("idx:" + good + "," + file("l3", idx(0x801, new int[] {3}, 1, 2, 3)))
        .hasMessageContaining("l3: 3 labels, allowed: 2 labels, one for each image of");
    refused("idx:" + good + "," + file("l-cut", idx(0x801, new int[] {2}, 1)))
        .hasMessageContaining("l-cut: truncated: ends inside label 2");
    refused("idx:" + good + "," + good).hasMessageContaining("0x00000801, an IDX label file");
    assertThatThrownBy(() -> DataSets.load("idx:" + good, new int[] {1}, ALL, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("has no labels to select by");
  }

  @Test
  void csv_isReadWithOrWithoutHeaderAndLabels_aboveAHalfIs1() throws IOException {
    Path plain = file("plain.csv", "0,1,0.5\r\n.51,1e-1,1\r\n");
    DataSet data = DataSets.load("csv:" + plain, null, ALL, 1);
    assertThat(data.size()).isEqualTo(2);
    assertThat(data.visible()).isEqualTo(3);
    assertThat(ones(data, 0)).isEqualTo("1");
    assertThat(ones(data, 1)).isEqualTo("0 2");

    Path named = file("named.csv", "\ufeffa,kind,b\n1,cat,0\n0,\"dog\",1\n");
    DataSet byName = DataSets.load("csv:" + named + ",label=kind", null, ALL, 1);
    assertThat(byName.classNames()).containsExactly("cat", "dog");
    assertThat(byName.visible()).isEqualTo(2);

    Path numbered = file("numbered.csv", "1,0,10\n0,1,9");
    DataSet byNumber = DataSets.load("csv:" + numbered + ",label=3", null, ALL, 1);
    assertThat(byNumber.classNames()).containsExactly("9", "10");
    assertThat(byNumber.label(0)).isEqualTo(1);

    Path savetxt = file("savetxt.csv", "1.000e+00,0.000e+00,3.000e+00\n0,1,3\n");
    assertThat(DataSets.load("csv:" + savetxt + ",label=3", null, ALL, 1).classNames())
        .containsExactly("3");
  }

  @Test
  void csv_thatIsWrong_isRefusedWithFileLineValueAndWhatIsAllowed() throws IOException {
    refused("csv:" + directory.resolve("none")).hasMessageContaining("none: no such file");
    refused("csv:" + directory).hasMessageContaining("is a directory");
    refused("csv:" + file("empty", "")).hasMessageContaining("empty: empty");
    refused("csv:" + file("header", "a,b\n")).hasMessageContaining("no examples");
    refused("csv:" + file("ragged", "0,1\n0,1,1\n"))
        .hasMessageContaining("ragged:2: 3 columns, allowed: 2 columns");
    refused("csv:" + file("word", "0,1\n0,one\n"))
        .hasMessageContaining("word:2: 'one' in column 2, allowed: numbers from 0 to 1");
    refused("csv:" + file("nan", "0,1\n0,NaN\n")).hasMessageContaining("nan:2: 'NaN'");
    refused("csv:" + file("hole", "0,1\n0,\n")).hasMessageContaining("hole:2: '' in column 2");
    refused("csv:" + file("two", "0,2\n")).hasMessageContaining("two:1: '2'");
    refused("csv:" + file("minus", "0,-1e-9\n")).hasMessageContaining("minus:1: '-1e-9'");
    refused("csv:" + file("blank", "0,1\n\n0,1\n")).hasMessageContaining("blank:2: blank");
    refused("csv:" + file("bytes", new byte[] {'0', ',', '1', '\n', '0', ',', (byte) 0xff}))
        .hasMessageContaining("bytes:2: ");
    refused("csv:" + file("ok", "0,1\n") + ",label=3").hasMessageContaining("no column '3'");
    refused("csv:" + directory.resolve("ok") + ",class=1")
        .hasMessageContaining("'class=1', allowed: csv:FILE[,label=COLUMN]");
    refused("csv:" + file("only-label", "7\n") + ",label=1")
        .hasMessageContaining("0 units an example");
    for (String odd : new String[] {"0.5", "-1", "3e9", "", "NaN", "a\tb", "x".repeat(65)}) {
      refused("csv:" + file("odd", "0,1,9\n0,1," + odd + "\n") + ",label=3")
          .hasMessageContaining("odd:2: label '")
          .hasMessageContaining("in column 3, allowed: whole numbers from 0, or names of 1 to 64");
    }
    refused("csv:" + file("line", "0".repeat(2_000_000)))
        .hasMessageContaining("line:1: over 983100 characters");
  }

  @Test
  void specAndSelection_thatAreWrong_areRefused() {
    refused("mnist").hasMessageContaining("--data mnist: unknown kind, allowed: glyphs[:SIDE]");
    refused("glyphs:7").hasMessageContaining("side '7', allowed: 8 to 64");
    refused("glyphs:x").hasMessageContaining("side 'x', allowed: 8 to 64");
    for (int limit : new int[] {ALL, 5}) {
      assertThatThrownBy(() -> DataSets.load("glyphs", new int[] {0, 12, 11}, limit, 1))
          .isInstanceOf(InputException.class)
          .hasMessage("--digits: 11,12, allowed: labels that examples of --data glyphs have");
    }
    assertThatThrownBy(() -> DataSets.load("glyphs", null, 0, 1))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("--limit: 0, allowed: at least 1");
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> refused(String spec) {
    return assertThatThrownBy(() -> DataSets.load(spec, null, ALL, 1))
        .isInstanceOf(InputException.class)
        .hasMessageNotContaining("\n");
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private Path file(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes);
  }

  private static byte[] idx(int magic, int[] dimensions, int... bytes) {
    ByteBuffer file = ByteBuffer.allocate(4 + 4 * dimensions.length + bytes.length);
    file.putInt(magic);
    for (int length : dimensions) {
      file.putInt(length);
    }
    for (int value : bytes) {
      file.put((byte) value);
    }
    return file.array();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private static String ones(DataSet data, int example) {
    char[] units = new char[data.visible()];
    int count = data.rows().ones(example, units);
    return IntStream.range(0, count)
        .mapToObj(j -> Integer.toString(units[j]))
        .collect(Collectors.joining(" "));
  }
}
