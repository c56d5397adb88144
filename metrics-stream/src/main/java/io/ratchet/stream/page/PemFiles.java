package io.ratchet.stream.page;

import io.ratchet.stream.page.WebConfig.InvalidException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;

/** Keys and certificates from PEM files, as key stores of the JDK's TLS. */
final class PemFiles {
  private static final char[] NO_PASSWORD = {};

  private PemFiles() {}

  /**
   * A server's own key and the chain of certificates that speaks for it, leaf first.
   *
   * @throws InvalidException if a file cannot be read, or the key is not the leaf's
   */
  static KeyStore identity(Path certificates, Path key) throws InvalidException {
    Certificate[] chain = certificates(certificates).toArray(Certificate[]::new);
    PrivateKey secret = privateKey(key);
    try {
      if (!belongTogether(secret, chain[0])) {
        throw new InvalidException(
            key + ": not the key of the first certificate in " + certificates);
      }
      KeyStore store = empty();
      store.setKeyEntry("server", secret, NO_PASSWORD, chain);
      return store;
    } catch (GeneralSecurityException e) {
      throw new InvalidException(key + ": no key that TLS could use");
    }
  }

  /** Those whose signature under a reader's certificate counts. */
  static KeyStore authorities(Path file) throws InvalidException {
    try {
      KeyStore store = empty();
      for (Certificate certificate : certificates(file)) {
        store.setCertificateEntry("ca-" + store.size(), certificate);
      }
      return store;
    } catch (GeneralSecurityException e) {
      throw new InvalidException(file + ": no certificates that TLS could use");
    }
  }

  private static KeyStore empty() throws GeneralSecurityException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, NO_PASSWORD);
      return store;
    } catch (IOException e) {
      throw new IllegalStateException("nothing was read", e);
    }
  }

  private static Collection<? extends Certificate> certificates(Path file) throws InvalidException {
    try (InputStream in = Files.newInputStream(file)) {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (!found.isEmpty()) {
        return found;
      }
    } catch (IOException e) {
      throw unreadable(file, e);
    } catch (GeneralSecurityException e) {
      // Said below; what the JDK says of it is no help.
    }
    throw new InvalidException(file + ": no certificates, allowed: X.509 in PEM");
  }

  private static PrivateKey privateKey(Path file) throws InvalidException {
    try (Reader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1);
        PEMParser pem = new PEMParser(in)) {
      JcaPEMKeyConverter converter = new JcaPEMKeyConverter();
      for (Object part = pem.readObject(); part != null; part = pem.readObject()) {
        if (part instanceof PEMKeyPair pair) { // BEGIN RSA PRIVATE KEY, BEGIN EC PRIVATE KEY
          return converter.getPrivateKey(pair.getPrivateKeyInfo());
        }
        if (part instanceof PrivateKeyInfo info) { // BEGIN PRIVATE KEY
          return converter.getPrivateKey(info);
        }
      }
    } catch (NoSuchFileException | java.nio.file.AccessDeniedException e) {
      throw unreadable(file, e);
    } catch (IOException | RuntimeException e) {
      // Said below: the cause might repeat what is in the file.
    }
    throw new InvalidException(
        file + ": no private key, allowed: RSA, EC or Ed25519 in PEM, without a passphrase");
  }

  private static InvalidException unreadable(Path file, IOException e) {
    return new InvalidException(
        file + (e instanceof NoSuchFileException ? ": no such file" : ": cannot be read"));
  }

  private static boolean belongTogether(PrivateKey key, Certificate certificate)
      throws GeneralSecurityException {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> key.getAlgorithm();
        };
    if (!certificate.getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
      return false;
    }
    byte[] probe = {1, 2, 3};
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(probe);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(probe);
    return signature.verify(signed);
  }
}
