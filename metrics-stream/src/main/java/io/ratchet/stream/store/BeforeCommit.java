package io.ratchet.stream.store;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * What a task keeps in memory and has to save before it commits: a write-behind cache of values
 * that are encoded once a commit and not once a record.
 *
 * <p>To Kafka Streams this is a cached state store: {@link #flushCache} is called before every
 * commit, while the transaction is open, as it is for the caches of the standard stores. That
 * interface is not a public one; {@code docs/decisions/0009} says what that means. Should a release
 * no longer call it, {@link #commit} stops the task rather than let state be lost.
 */
public final class BeforeCommit implements StateStore, CachedStateStore<Void, Void> {
  static final String NAME = "before-commit";

  /** Something that is changed in memory and saved later. */
  public interface Unsaved {
    /** Writes to the stores what they do not yet have. */
    void save();
  }

  /** Input of which so much has come is saved at once, which is allowed at any time. */
  static final long MAX_BYTES = 32L << 20;

  private final Set<Unsaved> unsaved = new LinkedHashSet<>();
  private long bytes;
  private boolean open;

  private BeforeCommit() {}

  /**
   * Notes that something has changed since it was saved.
   *
   * @param more bytes that it may have taken into memory
   */
  public void add(Unsaved changed, int more) {
    unsaved.add(changed);
    bytes += more;
    if (bytes > MAX_BYTES) {
      flushCache();
    }
  }

  /** Saves something now, if it has changed, because it is about to leave the memory. */
  public void save(Unsaved leaving) {
    if (unsaved.remove(leaving)) {
      leaving.save();
    }
  }

  @Override
  public void flushCache() {
    unsaved.forEach(Unsaved::save);
    unsaved.clear();
    bytes = 0;
  }

  /** Called at times after a commit, never before: there must be nothing left to save. */
  @Override
  public void commit(Map<TopicPartition, Long> changelogOffsets) {
    if (!unsaved.isEmpty()) {
      throw new IllegalStateException(
          "a commit without a flush: the state of %d runs would be lost".formatted(unsaved.size()));
    }
  }

  @Override
  public void clearCache() {} // the processor throws its memory away when it is initialised

  @Override
  public boolean setFlushListener(CacheFlushListener<Void, Void> listener, boolean oldValues) {
    return false; // forwards nothing
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    unsaved.clear();
    bytes = 0;
    context.register(root, (key, value) -> {});
    open = true;
  }

  @Override
  public void close() {
    open = false;
  }

  @Override
  public boolean persistent() {
    return false;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  /** Neither logged nor cached by Kafka Streams: there is nothing in it. */
  static StoreBuilder<BeforeCommit> builder() {
    return new StoreBuilder<>() {
      @Override
      public BeforeCommit build() {
        return new BeforeCommit();
      }

      @Override
      public String name() {
        return NAME;
      }

      @Override
      public boolean loggingEnabled() {
        return false;
      }

      @Override
      public Map<String, String> logConfig() {
        return Map.of();
      }

      @Override
      public StoreBuilder<BeforeCommit> withCachingEnabled() {
        throw new UnsupportedOperationException();
      }

      @Override
      public StoreBuilder<BeforeCommit> withCachingDisabled() {
        return this;
      }

      @Override
      public StoreBuilder<BeforeCommit> withLoggingEnabled(Map<String, String> config) {
        throw new UnsupportedOperationException();
      }

      @Override
      public StoreBuilder<BeforeCommit> withLoggingDisabled() {
        return this;
      }
    };
  }
}
