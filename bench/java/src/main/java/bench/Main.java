package bench;

/** bench-java LOGGER: the benchmark's contestants that run on Java. */
public final class Main {
    private Main() {}

    public static void main(final String[] arguments) throws Exception {
        if (arguments.length != 1 || !arguments[0].equals("log4j2")) {
            System.err.println("usage: bench-java LOGGER, which is one of: log4j2");
            System.exit(2);
        }
        new Runner(new Log4j2()).serve();
    }
}
