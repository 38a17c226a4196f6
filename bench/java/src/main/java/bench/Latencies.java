package bench;

import java.util.Arrays;
import java.util.concurrent.locks.LockSupport;

/** How long a caller waits for each line of an asynchronous logger, in bursts with pauses between them. */
final class Latencies {
    private static final int BURST = 20;
    private static final int TRIALS = 1001;
    private static final long PAUSE_NS = 1_000_000;

    private final long[] samples;
    private long costOfReading;

    Latencies(final int bursts) {
        samples = new long[bursts * BURST];
    }

    void measure(final Session session) {
        measureCostOfReading(); // once to have it compiled
        costOfReading = measureCostOfReading();
        for (int start = 0; start < samples.length; start += BURST) {
            LockSupport.parkNanos(PAUSE_NS);
            for (int i = start; i < start + BURST; i++) {
                final long before = System.nanoTime();
                session.make(1);
                samples[i] = System.nanoTime() - before;
            }
        }
        Arrays.sort(samples);
    }

    private static long measureCostOfReading() {
        final long[] trials = new long[TRIALS];
        for (int i = 0; i < TRIALS; i++) {
            final long before = System.nanoTime();
            trials[i] = System.nanoTime() - before;
        }
        Arrays.sort(trials);
        return trials[TRIALS / 2];
    }

    int count() {
        return samples.length;
    }

    double percentile(final double part) {
        return Math.max(0, samples[(int) ((samples.length - 1) * part)] - costOfReading);
    }
}
