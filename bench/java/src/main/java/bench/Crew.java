package bench;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The threads of a run: they start together, and the clock runs from the first one's start to the last one's end. */
final class Crew {
    record Result(long ns, long allocatedBytes) {}

    private record Times(long start, long end) {}

    private static final int BATCH = 1000;
    private static final int BATCHES = 2; // one is filled while the other is used
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Threads stay from run to run, and with them what Log4j keeps for each. */
    private static final ExecutorService POOL = Executors.newCachedThreadPool(task -> {
        final Thread thread = new Thread(task, "worker");
        thread.setDaemon(true);
        return thread;
    });

    private interface Work {
        void carryOut() throws InterruptedException;
    }

    private final Session session;
    private final CyclicBarrier meeting;
    private final List<Future<Times>> parts = new ArrayList<>();

    private Crew(final Session session, final int workers) {
        this.session = session;
        meeting = new CyclicBarrier(workers + 1);
    }

    static Result run(final Session session, final Job job, final long count) throws Exception {
        final Crew crew = new Crew(session, job.handsOver() ? 2 * job.threads() : job.threads());
        for (int i = 0; i < job.threads(); i++) {
            if (job.handsOver()) {
                crew.startPair(count);
            } else {
                crew.start(true, () -> session.make(count));
            }
        }
        return crew.lead(job);
    }

    private void startPair(final long count) {
        final BlockingQueue<Object[]> unused = new ArrayBlockingQueue<>(BATCHES, false, emptyBatches());
        final BlockingQueue<Object[]> captured = new ArrayBlockingQueue<>(BATCHES);
        start(true, () -> {
            for (long done = 0; done < count; done += BATCH) {
                final Object[] batch = sized(unused.take(), count - done);
                session.capture(batch);
                captured.put(batch);
            }
        });
        start(false, () -> {
            for (long done = 0; done < count; done += BATCH) {
                final Object[] batch = captured.take();
                session.use(batch);
                unused.put(batch);
            }
        });
    }

    private static List<Object[]> emptyBatches() {
        return List.of(new Object[BATCH], new Object[BATCH]);
    }

    private static Object[] sized(final Object[] batch, final long needed) {
        return needed < batch.length ? Arrays.copyOf(batch, (int) needed) : batch;
    }

    private void start(final boolean hasContext, final Work work) {
        parts.add(POOL.submit(() -> {
            if (hasContext) {
                session.enter();
            }
            try {
                return timed(work);
            } finally {
                session.leave();
            }
        }));
    }

    private Times timed(final Work work) throws InterruptedException, BrokenBarrierException {
        meeting.await();
        meeting.await();
        final long start = System.nanoTime();
        work.carryOut();
        return new Times(start, System.nanoTime());
    }

    /** The calling thread's part. Between the two meetings nobody else does anything. */
    private Result lead(final Job job) throws Exception {
        meeting.await();
        final long allocated = allocatedByAll();
        meeting.await();
        final List<Times> times = new ArrayList<>();
        for (final Future<Times> part : parts) {
            times.add(finished(part));
        }
        long end = times.stream().mapToLong(Times::end).max().orElseThrow();
        if (job.sink().isAsynchronous()) {
            session.flush();
            end = System.nanoTime();
        }
        final long start = times.stream().mapToLong(Times::start).min().orElseThrow();
        return new Result(end - start, allocatedByAll() - allocated);
    }

    private static Times finished(final Future<Times> part) throws Exception {
        try {
            return part.get();
        } catch (final ExecutionException failure) {
            throw failure.getCause() instanceof Exception cause ? cause : failure;
        }
    }

    private static long allocatedByAll() {
        final long[] ofEach = THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds());
        return Arrays.stream(ofEach).filter(bytes -> bytes > 0).sum();
    }

    /** Carries out something on a thread of the crew, with the session's context. */
    static void alone(final Session session, final Runnable work) throws Exception {
        final Future<?> part = POOL.submit(() -> {
            session.enter();
            try {
                work.run();
            } finally {
                session.leave();
            }
        });
        part.get();
    }
}
