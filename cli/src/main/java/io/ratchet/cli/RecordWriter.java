package io.ratchet.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;
import org.apache.avro.Schema.Field;
import org.apache.avro.file.CodecFactory;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificDatumWriter;
import org.apache.avro.specific.SpecificRecord;

/** Writes records of one type, in one of the forms that others read. */
abstract class RecordWriter implements AutoCloseable {

  abstract void write(SpecificRecord record) throws IOException;

  /** Writes what is left; the stream stays open. */
  @Override
  public abstract void close() throws IOException;

  /**
   * A writer.
   *
   * @param form csv, ndjson or avro
   */
  static RecordWriter of(String form, Class<? extends SpecificRecord> type, OutputStream out)
      throws IOException {
    Schema schema = SpecificData.get().getSchema(type);
    return switch (form) {
      case "csv" -> new Csv(schema, out);
      case "ndjson" -> new Lines(out);
      case "avro" -> new Container(schema, out);
      default -> throw new IllegalArgumentException("form " + form);
    };
  }

  /** One JSON object a line, packed numbers unpacked. */
  private static final class Lines extends RecordWriter {
    private final OutputStream out;

    Lines(OutputStream out) {
      this.out = out;
    }

    @Override
    void write(SpecificRecord record) throws IOException {
      out.write((RecordJson.of(record) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
      out.flush();
    }
  }

  /** The records as they are, in a container file that carries its schema. */
  private static final class Container extends RecordWriter {
    private final DataFileWriter<SpecificRecord> writer;

    Container(Schema schema, OutputStream out) throws IOException {
      writer = new DataFileWriter<>(new SpecificDatumWriter<SpecificRecord>(schema));
      writer.setCodec(CodecFactory.deflateCodec(6));
      writer.create(schema, out);
    }

    @Override
    void write(SpecificRecord record) throws IOException {
      writer.append(record);
    }

    @Override
    public void close() throws IOException {
      writer.flush();
    }
  }

  /**
   * Comma-separated values as RFC 4180 has them, a record a row. A nested record becomes columns
   * with a dot in their names; a list becomes one cell of JSON. The columns are those of the
   * schema, so they do not depend on the data.
   */
  private static final class Csv extends RecordWriter {
    private final List<List<String>> columns = new ArrayList<>();
    private final OutputStream out;

    Csv(Schema schema, OutputStream out) throws IOException {
      this.out = out;
      collect(schema, List.of());
      StringBuilder header = new StringBuilder();
      for (List<String> column : columns) {
        header.append(header.isEmpty() ? "" : ",").append(String.join(".", column));
      }
      out.write(header.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }

    private void collect(Schema schema, List<String> path) {
      for (Field field : schema.getFields()) {
        List<String> name = new ArrayList<>(path);
        name.add(field.name());
        Schema type = present(field.schema());
        if (type.getType() == Schema.Type.RECORD) {
          collect(type, name);
        } else {
          columns.add(name);
        }
      }
    }

    private static Schema present(Schema schema) {
      return schema.isUnion()
          ? schema.getTypes().stream()
              .filter(type -> type.getType() != Schema.Type.NULL)
              .findFirst()
              .orElse(schema)
          : schema;
    }

    @Override
    void write(SpecificRecord record) throws IOException {
      ObjectNode object = RecordJson.of(record);
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < columns.size(); i++) {
        JsonNode value = object;
        for (String name : columns.get(i)) {
          value = value.path(name);
        }
        row.append(i == 0 ? "" : ",").append(cell(value));
      }
      out.write(row.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String cell(JsonNode value) {
      if (value.isMissingNode() || value.isNull()) {
        return "";
      }
      String text = value.isContainerNode() ? value.toString() : value.asText();
      boolean quoted = text.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
      return quoted ? '"' + text.replace("\"", "\"\"") + '"' : text;
    }

    @Override
    public void close() throws IOException {
      out.flush();
    }
  }
}
