package io.ratchet.stream.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** An authority of a test, and what it signs. Made anew each time: nothing secret is kept. */
final class Certificates {
  private static final X500Principal NAME = new X500Principal("CN=Authority of a test");

  private final KeyPair authority;
  private final X509Certificate root;
  private int serial = 1;

  Certificates() throws Exception {
    authority = newPair("EC", 256);
    root = sign(NAME, authority, true);
  }

  /** A key and the certificate that speaks for it. */
  record Identity(KeyPair pair, X509Certificate certificate) {}

  private static KeyPair newPair(String algorithm, int bits) throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
    generator.initialize(bits);
    return generator.generateKeyPair();
  }

  Identity issue(String name) throws Exception {
    return issue(name, newPair("EC", 256));
  }

  Identity issueRsa(String name) throws Exception {
    return issue(name, newPair("RSA", 2_048));
  }

  private Identity issue(String name, KeyPair pair) throws Exception {
    return new Identity(pair, sign(new X500Principal("CN=" + name), pair, false));
  }

  private X509Certificate sign(X500Principal subject, KeyPair pair, boolean mayIssue)
      throws Exception {
    Instant now = Instant.now(); // a validity is about the world's time
    return new JcaX509CertificateConverter()
        .getCertificate(
            new JcaX509v3CertificateBuilder(
                    NAME,
                    BigInteger.valueOf(serial++),
                    Date.from(now.minus(Duration.ofHours(1))),
                    Date.from(now.plus(Duration.ofDays(1))),
                    subject,
                    pair.getPublic())
                .addExtension(Extension.basicConstraints, true, new BasicConstraints(mayIssue))
                .addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(
                        new GeneralName[] {
                          new GeneralName(GeneralName.dNSName, "localhost"),
                          new GeneralName(
                              GeneralName.iPAddress,
                              InetAddress.getLoopbackAddress().getHostAddress())
                        }))
                .build(
                    new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate())));
  }

  void writeRoot(Path file) throws IOException {
    Files.writeString(file, pem(root));
  }

  static void write(Identity identity, Path certificate, Path key) throws IOException {
    Files.writeString(certificate, pem(identity.certificate()));
    Files.writeString(key, pem(new JcaPKCS8Generator(identity.pair().getPrivate(), null)));
  }

  /** The key as OpenSSL wrote it before PKCS 8: {@code BEGIN RSA PRIVATE KEY}. */
  static void writeTraditional(Identity identity, Path key) throws IOException {
    Files.writeString(key, pem(identity.pair().getPrivate()));
  }

  private static String pem(Object thing) throws IOException {
    StringWriter text = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
      writer.writeObject(thing);
    }
    return text.toString();
  }

  /** What a reader needs who trusts this authority and shows an identity, or none (null). */
  SSLContext client(Identity shown) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load((InputStream) null, null);
    trusted.setCertificateEntry("root", root);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load((InputStream) null, null);
    if (shown != null) {
      own.setKeyEntry(
          "me",
          shown.pair().getPrivate(),
          new char[0],
          new X509Certificate[] {shown.certificate()});
    }
    keys.init(own, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }
}
