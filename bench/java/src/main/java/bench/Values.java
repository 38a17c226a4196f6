package bench;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.logging.log4j.util.StringBuilderFormattable;

/** What the lines hold (bench/README.md). Not final, so that the compiler cannot take them for constants. */
final class Values {
    static final String EVENT = "request received";

    static String requestId = "5f1c9e1c-7d2e-4c1b";
    static String method = "GET";
    static String path = "/orders/7781";
    static String client = "127.0.0.1";
    static int userId = 7781;
    static String tenant = "acme";
    static int attempt = 1;
    static boolean cached = false;
    static double ratio = 0.25;
    static String region = "eu-west";
    static int overridingAttempt = 2;

    static int status = 200;
    static int bytes = 5120;
    static double durationMs = 1.5;

    static String traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
    static String spanId = "00f067aa0ba902b7";
    static String session = "s-20418";
    static String locale = "en-GB";
    static int shard = 7;

    static int number = 1;
    static List<Integer> numbers = IntStream.rangeClosed(1, 10).boxed().toList();
    static String text = "a";
    static List<String> texts = List.of("a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
    static Time time = new Time(Instant.parse("1980-01-01T12:00:00Z"));
    static List<Time> times = Collections.nCopies(10, time);
    static Map<String, Object> user = user();
    static List<Map<String, Object>> users = Collections.nCopies(10, user);
    static Exception error = new Exception("file does not exist");

    private Values() {}

    static Map<String, Object> five() {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("request_id", requestId);
        fields.put("method", method);
        fields.put("path", path);
        fields.put("client", client);
        fields.put("user_id", userId);
        return fields;
    }

    static Map<String, Object> ten() {
        final Map<String, Object> fields = five();
        fields.put("tenant", tenant);
        fields.put("attempt", attempt);
        fields.put("cached", cached);
        fields.put("ratio", ratio);
        fields.put("region", region);
        return fields;
    }

    static Map<String, Object> context5() {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("trace_id", traceId);
        fields.put("span_id", spanId);
        fields.put("session", session);
        fields.put("locale", locale);
        fields.put("shard", shard);
        return fields;
    }

    static Map<String, Object> context20() {
        final Map<String, Object> fields = context5();
        for (int i = 5; i < 20; i++) {
            fields.put("context_%02d".formatted(i), i);
        }
        return fields;
    }

    /** Of bound-N and context-N. */
    static Map<String, Object> numbered(final int count) {
        final Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            fields.put("field_%03d".formatted(i), i % 2 == 0 ? (Object) "value_%03d".formatted(i) : (Object) i);
        }
        return fields;
    }

    private static Map<String, Object> user() {
        final Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", "Jane Doe");
        fields.put("email", "jane@example.com");
        fields.put("created_at", time);
        return fields;
    }

    /** Written with six digits of a second, which an Instant's toString() leaves out where they are zeros. */
    record Time(Instant instant) implements StringBuilderFormattable {
        @Override
        public void formatTo(final StringBuilder out) {
            final LocalDateTime utc =
                    LocalDateTime.ofEpochSecond(instant.getEpochSecond(), instant.getNano(), ZoneOffset.UTC);
            appendPadded(out, utc.getYear(), 1000);
            appendPadded(out, utc.getMonthValue(), 10, '-');
            appendPadded(out, utc.getDayOfMonth(), 10, '-');
            appendPadded(out, utc.getHour(), 10, 'T');
            appendPadded(out, utc.getMinute(), 10, ':');
            appendPadded(out, utc.getSecond(), 10, ':');
            appendPadded(out, utc.getNano() / 1000, 100_000, '.');
            out.append('Z');
        }

        private static void appendPadded(
                final StringBuilder out, final int number, final int highestPlace, final char before) {
            out.append(before);
            appendPadded(out, number, highestPlace);
        }

        private static void appendPadded(final StringBuilder out, final int number, final int highestPlace) {
            for (int place = highestPlace; place > 0; place /= 10) {
                out.append((char) ('0' + number / place % 10));
            }
        }
    }
}
