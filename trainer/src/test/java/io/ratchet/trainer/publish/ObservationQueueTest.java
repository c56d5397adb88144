package io.ratchet.trainer.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import io.ratchet.trainer.publish.ObservationQueue.Numbered;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

class ObservationQueueTest {

  @Test
  void holdsAsManyAsItSays_inOrder() {
    ObservationQueue queue = new ObservationQueue(4, 1000);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 4; i++) {
        assertThat(queue.offer("o" + i, 1, i, 10 + i)).isTrue();
      }
      assertThat(queue.offer("one more", 1, 4, 0)).isFalse();
      for (int i = 0; i < 4; i++) {
        assertThat(queue.poll()).isEqualTo(new Numbered("o" + i, i, 10 + i));
      }
      assertThat(queue.poll()).isNull();
    }
  }

  @Test
  void holdsAsManyBytesAsItSays_butAlwaysOneObservation() {
    ObservationQueue queue = new ObservationQueue(8, 100);
    assertThat(queue.offer("huge", 1_000, 0, 0)).isTrue();
    assertThat(queue.offer("small", 1, 1, 0)).isFalse();
    queue.poll();
    assertThat(queue.offer("a", 60, 1, 0)).isTrue();
    assertThat(queue.offer("b", 40, 2, 0)).isTrue();
    assertThat(queue.offer("c", 1, 3, 0)).isFalse();
  }

  @Test
  void isFilling_fromAQuarterOn() {
    ObservationQueue queue = new ObservationQueue(8, 100);
    queue.offer("a", 1, 0, 0);
    queue.offer("b", 1, 1, 0);
    assertThat(queue.isFilling()).isFalse();
    queue.offer("c", 1, 2, 0);
    assertThat(queue.isFilling()).isTrue();
    queue.poll();
    assertThat(queue.isFilling()).isFalse();
    queue.offer("d", 30, 3, 0);
    queue.poll();
    assertThat(queue.isFilling()).as("by weight").isTrue();
  }

  @Test
  void twoThreads_loseNothingAndSwapNothing() throws InterruptedException {
    int count = 200_000;
    ObservationQueue queue = new ObservationQueue(64, 1 << 20);
    Thread training =
        new Thread(
            () -> {
              for (int i = 0; i < count; ) {
                if (queue.offer("o", i % 100, i, -i)) {
                  i++;
                } else {
                  Thread.onSpinWait();
                }
              }
            });
    training.start();
    for (int i = 0; i < count; ) {
      Numbered next = queue.poll();
      if (next == null) {
        Thread.onSpinWait();
      } else {
        if (next.number() != i || next.millis() != -i) {
          fail("%s at %d", next, i);
        }
        i++;
      }
    }
    training.join();
    assertThat(queue.poll()).isNull();
  }

  @Test
  void offering_allocatesNothing() {
    ObservationQueue queue = new ObservationQueue(1 << 16, 1 << 30);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    threads.getCurrentThreadAllocatedBytes();
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < 1 << 16; i++) {
      queue.offer("o", 1, i, i);
    }
    // 65,536 offers: even one object of the least size each would be a megabyte.
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
  }
}
