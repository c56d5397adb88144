package io.ratchet.stream.window;

import io.ratchet.stream.accept.WindowSettings;
import java.util.List;

/**
 * The last R bucket numbers of an attempt, fewer at its start.
 *
 * @param run run id
 * @param attempt attempt of the run
 * @param settings how the run's steps are cut
 * @param fromStep first step: of the first bucket, but none before the attempt began
 * @param toStep last step of the last bucket, inclusive
 * @param buckets bucket numbers that it spans, empty ones included
 * @param missingWorkers workers that had not passed one of its buckets when that closed, ascending
 * @param late sweeps of the attempt so far that came after their bucket had closed
 * @param sums what its sweeps add up to
 */
public record Window(
    String run,
    int attempt,
    WindowSettings settings,
    long fromStep,
    long toStep,
    int buckets,
    List<Integer> missingWorkers,
    long late,
    Aggregate sums) {}
