package io.ratchet.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

/** That such a cluster works, and outlives its brokers, is seen by the tests of the stream. */
class ClusterTest {
  @Test
  void records_areAcknowledged_byAMajorityOfTheirReplicas() {
    Cluster one = Cluster.ofOne(9_093);
    assertThat(one.replicas()).isEqualTo(1);
    assertThat(one.minInSync()).isEqualTo(1);
    assertThat(one.voters("127.0.0.1")).isEqualTo("1@127.0.0.1:9093");

    Cluster three = new Cluster(Cluster.newId(), 2, List.of(9_093, 9_094, 9_095));
    assertThat(three.replicas()).isEqualTo(3);
    assertThat(three.minInSync()).isEqualTo(2);
    assertThat(three.controllerPort()).isEqualTo(9_094);
    assertThat(three.voters("h")).isEqualTo("1@h:9093,2@h:9094,3@h:9095");

    Cluster five = new Cluster(Cluster.newId(), 5, List.of(1, 2, 3, 4, 5));
    assertThat(five.replicas()).isEqualTo(3);
  }

  @Test
  void node_mustBeOneOfThem() {
    for (int node : new int[] {0, 2}) {
      assertThatThrownBy(() -> new Cluster(Cluster.newId(), node, List.of(9_093)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("node " + node + ": must be 1 to 1");
    }
  }
}
