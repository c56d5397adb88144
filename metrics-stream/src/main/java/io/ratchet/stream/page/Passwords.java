package io.ratchet.stream.page;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.bouncycastle.crypto.generators.OpenBSDBCrypt;

/**
 * Basic authentication (RFC 7617) against bcrypt hashes.
 *
 * <p>Bcrypt is slow on purpose, and a scrape or a page sends its password with every request: the
 * password that was right is remembered by a digest, so that only a new one is worked out, and only
 * {@value #AT_ONCE} at a time. So guessing takes neither the scrape's thread nor all processors.
 */
final class Passwords {
  private static final int AT_ONCE = 2;

  /** What became of an attempt. */
  enum Verdict {
    ADMITTED,
    REFUSED,
    /** Too many attempts at once: nobody looked. */
    BUSY
  }

  private final Semaphore attempts = new Semaphore(AT_ONCE);
  private final Map<String, byte[]> proven = new ConcurrentHashMap<>();

  /**
   * Judges a request.
   *
   * @param users names and hashes, at least one
   * @param authorization the request's header of that name, or null
   */
  Verdict judge(Map<String, String> users, String authorization) {
    String pair = decode(authorization);
    int colon = pair.indexOf(':');
    if (colon < 0) {
      return Verdict.REFUSED;
    }
    String user = pair.substring(0, colon);
    byte[] password = pair.substring(colon + 1).getBytes(StandardCharsets.UTF_8);
    String known = users.get(user);
    // Who is unknown costs as much time as a wrong password: no one learns the names.
    String hash = known == null ? users.values().iterator().next() : known;
    byte[] digest = digest(hash, password);
    byte[] before = proven.get(user);
    if (known != null && before != null && MessageDigest.isEqual(before, digest)) {
      return Verdict.ADMITTED;
    }
    if (!attempts.tryAcquire()) {
      return Verdict.BUSY;
    }
    try {
      if (OpenBSDBCrypt.checkPassword(hash, password) && known != null) {
        proven.put(user, digest);
        return Verdict.ADMITTED;
      }
      return Verdict.REFUSED;
    } finally {
      attempts.release();
    }
  }

  /** {@code name:password}, or nothing of the kind. */
  private static String decode(String authorization) {
    if (authorization == null || !authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
      return "";
    }
    try {
      return new String(
          Base64.getDecoder().decode(authorization.substring(6).strip()), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  /** Changes with the password and, since a hash holds its own salt, with the file's line. */
  private static byte[] digest(String hash, byte[] password) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(hash.getBytes(StandardCharsets.US_ASCII));
      return sha.digest(password);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
