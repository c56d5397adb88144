/** Stage 2: topics to windows to estimates to topics, metrics and the live page. */
package io.ratchet.stream;
