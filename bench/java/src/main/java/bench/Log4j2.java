package bench;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import org.apache.logging.log4j.ThreadContext;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.async.AsyncLoggerContext;
import org.apache.logging.log4j.core.jmx.RingBufferAdmin;
import org.apache.logging.log4j.message.StringMapMessage;
import org.apache.logging.log4j.spi.ObjectThreadContextMap;
import org.apache.logging.log4j.util.ReadOnlyStringMap;
import org.apache.logging.log4j.util.SortedArrayStringMap;
import org.apache.logging.log4j.util.TriConsumer;

/** Log4j 2 with JsonTemplateLayout: what one line of each scenario is. */
final class Log4j2 implements Contestant {
    private static final String RING_SIZE = "log4j2.asyncLoggerRingBufferSize";
    private static final String WHEN_FULL = "log4j2.asyncQueueFullPolicy";
    private static final int SMALL_RING = 512; // slots; with lines of scenario d about 256 KiB

    @Override
    public String name() {
        return "log4j2";
    }

    @Override
    public String version() {
        return LoggerContext.class.getPackage().getImplementationVersion();
    }

    @Override
    public List<String> notes() {
        return List.of(
                "keys are not unique",
                "has no loggers with bound fields: they are put into the ThreadContext, as context variables are",
                "values that are not strings: by the ThreadContext's ObjectThreadContextMap, and by typed entries of a "
                        + "StringMapMessage, of which the event is one where there are fields at the call",
                "asynchronous: AsyncLoggerContext with LMAX Disruptor, whose queue counts lines");
    }

    @Override
    public Session begin(final Job job) {
        final boolean fieldsAtTheCall = job.kind().equals("length") || "cdefgh".contains(job.kind());
        final LoggerContext context = newContext(job);
        final LoggerConfiguration configuration = new LoggerConfiguration(context, job, fieldsAtTheCall);
        context.start(configuration);
        System.clearProperty(RING_SIZE);
        System.clearProperty(WHEN_FULL);
        return new Log4j2Session(job, context, configuration);
    }

    /** An asynchronous context reads how it is to be when it is started. */
    private static LoggerContext newContext(final Job job) {
        if (!job.sink().isAsynchronous()) {
            return new LoggerContext("bench");
        }
        if (job.sink() == Job.Sink.OVERLOAD) {
            System.setProperty(RING_SIZE, String.valueOf(SMALL_RING));
            System.setProperty(WHEN_FULL, CountingDiscardPolicy.class.getName());
        }
        return new AsyncLoggerContext("bench");
    }

    private static final class Log4j2Session implements Session {
        private static final long POLLING_NS = 20_000;
        private static final List<String> FIVE_FIELDS = List.copyOf(Values.five().keySet());
        private static final List<String> FIVE_VARIABLES = List.copyOf(Values.context5().keySet());
        private static final TriConsumer<String, Object, ObjectThreadContextMap> PUT =
                (key, value, variables) -> variables.putValue(key, value);

        private final Job job;
        private final LoggerContext context;
        private final LoggerConfiguration configuration;
        private final Logger logger;
        private final ObjectThreadContextMap variables =
                (ObjectThreadContextMap) ThreadContext.getThreadContextMap();
        private final Map<String, Object> entered;
        private final LongConsumer lines;

        Log4j2Session(final Job job, final LoggerContext context, final LoggerConfiguration configuration) {
            this.job = job;
            this.context = context;
            this.configuration = configuration;
            logger = context.getLogger("bench");
            entered = enteredIn(job);
            lines = linesOf(job);
        }

        private static Map<String, Object> enteredIn(final Job job) {
            return switch (job.kind()) {
                case "b", "d", "g" -> Values.ten();
                case "e" -> joined(Values.five(), Values.context5());
                case "f" -> joined(Values.five(), Values.context20());
                case "l" -> Values.context5();
                case "bound", "context" -> Values.numbered(job.number());
                default -> Map.of();
            };
        }

        private static Map<String, Object> joined(final Map<String, Object> some, final Map<String, Object> others) {
            some.putAll(others);
            return some;
        }

        private LongConsumer linesOf(final Job job) {
            return switch (job.kind()) {
                case "c" -> this::makeWithTen;
                case "d", "e", "f" -> this::makeWithThree;
                case "g" -> this::makeWithOverride;
                case "h" -> this::makeMixed;
                case "i" -> this::makeDisabled;
                case "j" -> this::bindFive;
                case "k" -> this::makeInScopes;
                case "length" -> withPayload("x".repeat(job.number()));
                default -> this::makeWithoutFields;
            };
        }

        private void makeWithoutFields(final long count) {
            for (long i = 0; i < count; i++) {
                logger.info(Values.EVENT);
            }
        }

        private static StringMapMessage message(final int fields) {
            return new StringMapMessage(fields + 1).with("event", Values.EVENT);
        }

        private static StringMapMessage messageWithTen() {
            return message(10)
                    .with("request_id", Values.requestId)
                    .with("method", Values.method)
                    .with("path", Values.path)
                    .with("client", Values.client)
                    .with("user_id", Values.userId)
                    .with("tenant", Values.tenant)
                    .with("attempt", Values.attempt)
                    .with("cached", Values.cached)
                    .with("ratio", Values.ratio)
                    .with("region", Values.region);
        }

        private static StringMapMessage messageWithThree() {
            return message(4)
                    .with("status", Values.status)
                    .with("bytes", Values.bytes)
                    .with("duration_ms", Values.durationMs);
        }

        private void makeWithTen(final long count) {
            for (long i = 0; i < count; i++) {
                logger.info(messageWithTen());
            }
        }

        private void makeWithThree(final long count) {
            for (long i = 0; i < count; i++) {
                logger.info(messageWithThree());
            }
        }

        private void makeWithOverride(final long count) {
            for (long i = 0; i < count; i++) {
                logger.info(messageWithThree().with("attempt", Values.overridingAttempt));
            }
        }

        private void makeMixed(final long count) {
            for (long i = 0; i < count; i++) {
                logger.info(message(10)
                        .with("int", Values.number)
                        .with("ints", Values.numbers)
                        .with("string", Values.text)
                        .with("strings", Values.texts)
                        .with("time", Values.time)
                        .with("times", Values.times)
                        .with("user1", Values.user)
                        .with("user2", Values.user)
                        .with("users", Values.users)
                        .with("error", Values.error.getMessage()));
            }
        }

        private void makeDisabled(final long count) {
            for (long i = 0; i < count; i++) {
                logger.debug(() -> messageWithTen());
            }
        }

        private void bindFive(final long count) {
            for (long i = 0; i < count; i++) {
                variables.putValue("request_id", Values.requestId);
                variables.putValue("method", Values.method);
                variables.putValue("path", Values.path);
                variables.putValue("client", Values.client);
                variables.putValue("user_id", Values.userId);
                variables.removeAll(FIVE_FIELDS);
            }
        }

        private void makeInScopes(final long count) {
            for (long i = 0; i < count; i++) {
                variables.putValue("trace_id", Values.traceId);
                variables.putValue("span_id", Values.spanId);
                variables.putValue("session", Values.session);
                variables.putValue("locale", Values.locale);
                variables.putValue("shard", Values.shard);
                logger.info(Values.EVENT);
                variables.removeAll(FIVE_VARIABLES);
            }
        }

        private LongConsumer withPayload(final String payload) {
            return count -> {
                for (long i = 0; i < count; i++) {
                    logger.info(message(1).with("payload", payload));
                }
            };
        }

        @Override
        public void make(final long count) {
            lines.accept(count);
        }

        @Override
        public void enter() {
            variables.putAllValues(entered);
        }

        @Override
        public void leave() {
            variables.clear();
        }

        @Override
        public void capture(final Object[] slots) {
            for (int i = 0; i < slots.length; i++) {
                slots[i] = new SortedArrayStringMap(variables.getReadOnlyContextData());
            }
        }

        @Override
        public void use(final Object[] slots) {
            for (final Object slot : slots) {
                ((ReadOnlyStringMap) slot).forEach(PUT, variables);
                logger.info(Values.EVENT);
                variables.removeAll(FIVE_VARIABLES);
            }
        }

        @Override
        public void flush() {
            if (context instanceof AsyncLoggerContext asynchronous) {
                final RingBufferAdmin ring = asynchronous.createRingBufferAdmin();
                while (ring.getRemainingCapacity() < ring.getBufferSize()) {
                    LockSupport.parkNanos(POLLING_NS);
                }
            }
        }

        @Override
        public long bytes() {
            return configuration.countedBytes();
        }

        @Override
        public long dropped() {
            return CountingDiscardPolicy.latestCount();
        }

        @Override
        public void close() {
            if (!context.stop(job.sink().isAsynchronous() ? 10 : 0, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the logger's thread did not end");
            }
        }
    }
}
