package io.ratchet.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ratchet.trainer.InputException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ClientPropertiesTest {

  @Test
  void usersProperties_passThrough() {
    assertThat(producer("linger.ms", "20", "security.protocol", "SSL", "acks", "ALL"))
        .containsEntry("linger.ms", "20")
        .containsEntry("security.protocol", "SSL")
        .containsEntry("acks", "all")
        .containsEntry("compression.type", "lz4")
        .containsEntry("batch.size", "262144");
  }

  @Test
  void workersThatWaitForEachOther_lingerNever_whateverTheUserSays() {
    PublishSettings settings =
        PublishSettings.of(
            Map.of("linger.ms", "20", "compression.type", "zstd"),
            FakeBroker.TOPICS,
            Path.of("nowhere"));
    assertThat(settings.client()).containsEntry("linger.ms", "20");
    assertThat(settings.ofSeveral().client())
        .containsEntry("linger.ms", "0")
        .containsEntry("compression.type", "zstd");
  }

  @Test
  void whatDeliveryRestsOn_cannotBeChanged() {
    String[][] forbidden = {
      {"acks", "1"},
      {"enable.idempotence", "false"},
      {"retries", "0"},
      {"delivery.timeout.ms", "30000"},
      {"max.block.ms", "60000"},
      {"partitioner.ignore.keys", "true"},
      {"partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner"},
      {"transactional.id", "mine"},
      {"max.in.flight.requests.per.connection", "6"},
      {"linger.ms", "soon"},
    };
    for (String[] pair : forbidden) {
      assertThatThrownBy(() -> producer(pair))
          .as(pair[0])
          .isInstanceOf(InputException.class)
          .hasMessageContaining(pair[0])
          .hasMessageContaining(pair[1]);
    }
  }

  private static Map<String, Object> producer(String... pairs) {
    Map<String, String> client = new HashMap<>(Map.of("bootstrap.servers", "localhost:9092"));
    for (int i = 0; i < pairs.length; i += 2) {
      client.put(pairs[i], pairs[i + 1]);
    }
    return ClientProperties.producer(client, "ratchet-run-0");
  }
}
