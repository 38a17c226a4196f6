package bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.logging.log4j.layout.template.json.util.JsonWriter;

/** The protocol of bench/README.md: a command a line on standard input, an answer a line on standard output. */
final class Runner {
    private static final int MOST_THREADS = 64;
    private static final int MOST_FIELDS = 100;
    private static final int MOST_PAYLOAD = 16 << 20;
    private static final int MOST_BURSTS = 1_000_000;
    private static final int SHOWN_LINES = 3;
    private static final List<String> SINKS = List.of("discard", "null", "file", "async");
    private static final Pattern SCENARIO = Pattern.compile("[a-l]|(bound|context|length)-(\\d{1,9})");

    private static final class Cannot extends Exception {
        private static final long serialVersionUID = 1;

        Cannot(final String why) {
            super(why);
        }
    }

    private final Contestant contestant;
    private final JsonWriter json = JsonWriter.newBuilder()
            .setMaxStringLength(64 * 1024)
            .setTruncatedStringSuffix("...")
            .build();

    Runner(final Contestant contestant) {
        this.contestant = contestant;
    }

    void serve() throws IOException {
        final BufferedReader commands =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = commands.readLine(); line != null; line = commands.readLine()) {
            if (line.strip().equals("quit")) {
                return;
            }
            System.out.println(json.use(asRunnable(answer(line))));
        }
    }

    private Runnable asRunnable(final Map<String, Object> answer) {
        return () -> json.writeObject(answer);
    }

    private Map<String, Object> answer(final String line) {
        final String[] words = line.strip().split("\\s+");
        try {
            return carryOut(words[0], Arrays.copyOfRange(words, 1, words.length));
        } catch (final Cannot cannot) {
            return Map.of("cannot", cannot.getMessage());
        } catch (final UncheckedIOException error) {
            return Map.of("error", error.getCause().getMessage());
        } catch (final Exception error) {
            return Map.of("error", error.getMessage() == null ? error.toString() : error.getMessage());
        }
    }

    private Map<String, Object> carryOut(final String command, final String[] rest) throws Exception {
        return switch (command) {
            case "hello" -> hello();
            case "run" -> {
                need(rest, "run SCENARIO SINK THREADS COUNT PATH", 5);
                final int threads = number(rest[2], "THREADS", MOST_THREADS);
                yield run(job(rest[0], sink(rest[1]), threads, rest[4]), count(rest[3]));
            }
            case "show" -> {
                need(rest, "show SCENARIO PATH", 2);
                yield show(job(rest[0], Job.Sink.FILE, 1, rest[1]));
            }
            case "latency" -> {
                need(rest, "latency SCENARIO PATH BURSTS", 3);
                yield latency(job(rest[0], Job.Sink.ASYNC, 1, rest[1]), number(rest[2], "BURSTS", MOST_BURSTS));
            }
            case "overload" -> {
                need(rest, "overload COUNT PATH", 2);
                yield overload(job("d", Job.Sink.OVERLOAD, 1, rest[1]), count(rest[0]));
            }
            default -> throw new IllegalArgumentException(
                    "no command '" + command + "'; there are hello, run, show, latency, overload, quit");
        };
    }

    // -- what was asked for --

    private static void need(final String[] rest, final String usage, final int words) {
        if (rest.length != words) {
            throw new IllegalArgumentException("wanted: " + usage);
        }
    }

    private static long count(final String text) {
        if (!text.matches("[1-9]\\d{0,17}")) {
            throw new IllegalArgumentException("COUNT is '" + text + "', should be a number from 1");
        }
        return Long.parseLong(text);
    }

    private static int number(final String text, final String what, final int most) {
        final int number = text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
        if (number < 1 || number > most) {
            throw new IllegalArgumentException(what + " is '" + text + "', should be 1 to " + most);
        }
        return number;
    }

    private static Job.Sink sink(final String text) {
        if (!SINKS.contains(text)) {
            throw new IllegalArgumentException("no sink '" + text + "'; there are " + String.join(", ", SINKS));
        }
        return Job.Sink.valueOf(text.toUpperCase());
    }

    private static Job job(final String scenario, final Job.Sink sink, final int threads, final String path) {
        final Matcher parts = SCENARIO.matcher(scenario);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "no scenario '" + scenario + "'; there are a to l, bound-N, context-N, length-N");
        }
        if (parts.group(1) == null) {
            return new Job(scenario, scenario, 0, sink, threads, path);
        }
        final int number = Integer.parseInt(parts.group(2));
        final int most = parts.group(1).equals("length") ? MOST_PAYLOAD : MOST_FIELDS;
        if (number > most) {
            throw new IllegalArgumentException("N of " + parts.group(1) + "-N is " + number + ", at most " + most);
        }
        return new Job(scenario, parts.group(1), number, sink, threads, path);
    }

    // -- answers --

    private Map<String, Object> hello() {
        final Map<String, Object> about = new LinkedHashMap<>();
        about.put("name", contestant.name());
        about.put("version", contestant.version());
        about.put("language", "Java");
        about.put("cannot", Map.of());
        about.put("notes", contestant.notes());
        about.put("sinks", SINKS);
        return about;
    }

    private Map<String, Object> run(final Job job, final long count) throws Exception {
        final long lines = count * job.threads();
        final long before = size(job);
        final Crew.Result result;
        long bytes;
        try (Session session = contestant.begin(job)) {
            result = Crew.run(session, job, count);
            bytes = session.bytes();
        }
        if (job.sink().isFile()) {
            bytes = size(job) - before;
        } else if (job.sink() == Job.Sink.NULL && job.makesLines()) {
            bytes = lines * bytesOfALine(job);
        }
        final Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("ns", result.ns());
        answer.put("lines", lines);
        answer.put("bytes", bytes);
        answer.put("allocations", null);
        answer.put("allocated_bytes", result.allocatedBytes());
        return answer;
    }

    private Map<String, Object> show(final Job job) throws Exception {
        try (Session session = contestant.begin(job)) {
            Crew.run(session, job, SHOWN_LINES);
        }
        return Map.of();
    }

    private Map<String, Object> latency(final Job job, final int bursts) throws Exception {
        if (job.handsOver()) {
            throw new Cannot("a line of scenario l is made by two threads");
        }
        final Latencies latencies = new Latencies(bursts);
        try (Session session = contestant.begin(job)) {
            Crew.alone(session, () -> latencies.measure(session));
        }
        final Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("samples", latencies.count());
        answer.put("p50", latencies.percentile(0.5));
        answer.put("p99", latencies.percentile(0.99));
        answer.put("p999", latencies.percentile(0.999));
        return answer;
    }

    private Map<String, Object> overload(final Job job, final long count) throws Exception {
        try (Session session = contestant.begin(job)) {
            final long ns = Crew.run(session, job, count).ns();
            return Map.of("lines", count, "ns", ns, "told", session.dropped());
        }
    }

    // -- for runs --

    private static long size(final Job job) {
        return job.sink().isFile() ? new File(job.path()).length() : 0;
    }

    /** One line of a scenario is as long as another. */
    private long bytesOfALine(final Job job) throws Exception {
        final Job one = job.with(Job.Sink.DISCARD, "-");
        try (Session session = contestant.begin(one)) {
            Crew.run(session, one, 1);
            return session.bytes();
        }
    }
}
