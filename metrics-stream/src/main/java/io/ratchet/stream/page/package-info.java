/**
 * What people and their tools read: the history of every run folded from the topics, its JSON API,
 * the live page and the HTTP server that also serves {@code /metrics}.
 */
package io.ratchet.stream.page;
