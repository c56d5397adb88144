/** What a run and its workers say of themselves, judged against the clock. */
package io.ratchet.stream.runs;
