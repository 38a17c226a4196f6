package bench;

import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.logging.log4j.core.Layout;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.layout.ByteBufferDestination;

/** The discarding sink: adds up the bytes of the lines, for each thread by itself, so that none waits for another. */
final class CountingAppender extends AbstractAppender {
    private final Queue<Counter> counters = new ConcurrentLinkedQueue<>();
    private final ThreadLocal<Counter> counterOfThread = ThreadLocal.withInitial(this::newCounter);

    CountingAppender(final Layout<?> layout) {
        super("discard", null, layout, false, Property.EMPTY_ARRAY);
    }

    private Counter newCounter() {
        final Counter counter = new Counter();
        counters.add(counter);
        return counter;
    }

    @Override
    public void append(final LogEvent event) {
        final Counter counter = counterOfThread.get();
        getLayout().encode(event, counter);
        counter.drain(counter.buffer);
    }

    /** While no thread logs. */
    long bytes() {
        return counters.stream().mapToLong(counter -> counter.bytes).sum();
    }

    private static final class Counter implements ByteBufferDestination {
        private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        private long bytes;

        @Override
        public ByteBuffer getByteBuffer() {
            return buffer;
        }

        @Override
        public ByteBuffer drain(final ByteBuffer filled) {
            bytes += filled.position();
            filled.clear();
            return filled;
        }

        @Override
        public void writeBytes(final ByteBuffer data) {
            bytes += data.remaining();
            data.position(data.limit());
        }

        @Override
        public void writeBytes(final byte[] data, final int offset, final int length) {
            bytes += length;
        }
    }
}
