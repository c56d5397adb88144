package io.ratchet.cli.analyze;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.ratchet.cli.analyze.TransitionTally.Chain;
import io.ratchet.trainer.InputException;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/**
 * JSON, one value after the other: arrays of states, one a chain; objects of a state with its
 * chain, or of an array of states. An array of such arrays or objects is taken for its elements.
 */
final class JsonChains {
  private final TextSource source;
  private final StateLabels labels;
  private final TransitionTally tally;
  private final String stateMember;
  private final String chainMember;
  private final Map<String, Chain> chains = new HashMap<>();

  /** The chain of the objects that name none. */
  private Chain nameless;

  private JsonParser parser;

  private JsonChains(TextSource source, StateLabels labels, TransitionTally tally, Layout layout) {
    this.source = source;
    this.labels = labels;
    this.tally = tally;
    this.stateMember = layout.stateColumn() == null ? "state" : layout.stateColumn();
    this.chainMember = layout.chainColumn() == null ? "chain" : layout.chainColumn();
  }

  /** Reads to the end of the text. */
  static void read(TextSource source, StateLabels labels, TransitionTally tally, Layout layout)
      throws IOException {
    new JsonChains(source, labels, tally, layout).read();
  }

  private void read() throws IOException {
    try (JsonParser json = new JsonFactory().createParser(source.rest())) {
      parser = json;
      while (json.nextToken() != null) {
        value();
      }
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw source.error(at.getLineNr(), at.getColumnNr(), "no JSON: " + e.getOriginalMessage());
    }
  }

  /** One array or object. */
  private void value() throws IOException {
    switch (parser.currentToken()) {
      case START_ARRAY -> array();
      case START_OBJECT -> object();
      default ->
          throw error(
              StateLabels.shown(parser.getText()) + ", allowed: an array of states or an object");
    }
  }

  private void array() throws IOException {
    JsonToken first = parser.nextToken();
    if (first == JsonToken.START_ARRAY || first == JsonToken.START_OBJECT) {
      do {
        value();
      } while (parser.nextToken() != JsonToken.END_ARRAY);
      return;
    }
    Chain chain = tally.startChain();
    for (JsonToken token = first; token != JsonToken.END_ARRAY; token = parser.nextToken()) {
      tally.enter(chain, state(token));
    }
  }

  private void object() throws IOException {
    int line = parser.currentTokenLocation().getLineNr();
    int column = parser.currentTokenLocation().getColumnNr();
    int state = -1;
    boolean array = false;
    String chain = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String member = parser.currentName();
      JsonToken token = parser.nextToken();
      if (member.equals(chainMember) && token.isScalarValue()) {
        chain = parser.getText();
      } else if (token == JsonToken.START_ARRAY
          && (member.equals(stateMember) || member.equals(stateMember + "s"))) {
        array = true;
        array();
      } else if (member.equals(stateMember)) {
        state = state(token);
      } else {
        parser.skipChildren();
      }
    }
    if (state >= 0) {
      tally.enter(chain == null ? nameless() : chain(chain), state);
    } else if (!array) {
      throw source.error(line, column, "an object without \"" + stateMember + "\"");
    }
  }

  private Chain nameless() {
    if (nameless == null) {
      nameless = tally.startChain();
    }
    return nameless;
  }

  private Chain chain(String id) {
    return chains.computeIfAbsent(id, name -> tally.startChain());
  }

  private int state(JsonToken token) throws IOException {
    return switch (token) {
      case VALUE_NUMBER_INT -> {
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
          yield labels.index(parser.getText(), this::error);
        }
        yield labels.index(parser.getLongValue(), this::error);
      }
      case VALUE_NUMBER_FLOAT, VALUE_STRING -> labels.index(parser.getText(), this::error);
      default ->
          throw error(
              "state " + StateLabels.shown(parser.getText()) + ", allowed: an integer or a name");
    };
  }

  private InputException error(String complaint) {
    JsonLocation at = parser.currentTokenLocation();
    return source.error(at.getLineNr(), at.getColumnNr(), complaint);
  }
}
