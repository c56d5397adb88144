package io.ratchet.schema;

/**
 * What is said when Kafka's authorizer refuses something: the same from every part, because one
 * page says what each needs. In the words of {@code kafka-acls.sh}, so that it can be granted.
 */
public final class Denial {
  private Denial() {}

  /**
   * The message.
   *
   * @param address of the brokers
   * @param operation such as Write
   * @param resource such as topic ratchet.runs.v1
   */
  public static String message(String address, String operation, String resource) {
    return "Kafka at "
        + address
        + " does not allow this user to "
        + operation
        + " "
        + resource
        + "; docs/operations.md lists the rights that are needed";
  }
}
