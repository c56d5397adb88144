package io.ratchet.stream.store;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;

/**
 * One bound on RocksDB's memory for all stores of the process. Left alone each store takes up to 50
 * MB of blocks and 48 MB of write buffers, times four stores, times partitions.
 */
public final class BoundedMemory implements RocksDBConfigSetter {
  /** State is some hundred kilobytes a live run; this holds that of a thousand. */
  private static final long BLOCK_BYTES = 96L << 20;

  private static final long WRITE_BUFFER_BYTES = 32L << 20;
  private static final long WRITE_BUFFER_BYTES_OF_A_STORE = 4L << 20;

  /** Native objects that live as long as the process, so that no store can close them early. */
  private static final class Shared {
    static final Cache CACHE;
    static final WriteBufferManager WRITE_BUFFERS;

    static {
      RocksDB.loadLibrary();
      CACHE = new LRUCache(BLOCK_BYTES);
      WRITE_BUFFERS = new WriteBufferManager(WRITE_BUFFER_BYTES, CACHE);
    }
  }

  @Override
  public void setConfig(String storeName, Options options, Map<String, Object> configs) {
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(Shared.CACHE);
    table.setCacheIndexAndFilterBlocks(true);
    options.setTableFormatConfig(table);
    options.setWriteBufferManager(Shared.WRITE_BUFFERS);
    options.setWriteBufferSize(WRITE_BUFFER_BYTES_OF_A_STORE);
  }

  @Override
  public void close(String storeName, Options options) {
    // What is shared outlives every store.
  }
}
